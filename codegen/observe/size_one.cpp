#include "codegen/observe/size_one.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "codegen/graph/text.h"
#include "codegen/observe/unify.h"

namespace octavo::observe {

using base::Error;
using base::Exit;
using graph::Dim;

namespace {

bool is_copy(const Trace& trace, const TracedCall& call) {
  static const std::set<std::string> kCopies = {"aten.contiguous", "aten.clone", "aten.alias", "aten.detach"};
  if (!kCopies.contains(call.op) || call.operands.size() != 1 || call.results.size() != 1) return false;
  const TracedValue& from = trace.values[static_cast<size_t>(call.operands[0])];
  const TracedValue& to = trace.values[static_cast<size_t>(call.results[0])];
  return from.dtype == to.dtype && from.shape == to.shape;
}

// Numbers values in the order in which the calls meet them.
class Renumbering {
 public:
  Renumbering(const Trace& from, WithoutCopies& to) : from_(from), to_(to), number_(from.values.size(), graph::kNone) {}

  int operator()(int value) {
    if (value < 0) return value;
    while (same_as_.contains(value)) value = same_as_.at(value);
    int& number = number_[static_cast<size_t>(value)];
    if (number != graph::kNone) return number;
    number = static_cast<int>(to_.trace.values.size());
    to_.trace.values.push_back(from_.values[static_cast<size_t>(value)]);
    to_.original.push_back(value);
    if (const auto parameter = from_.parameters.find(value); parameter != from_.parameters.end())
      to_.trace.parameters[number] = parameter->second;
    return number;
  }
  std::vector<int> operator()(const std::vector<int>& values) {
    std::vector<int> result;
    for (const int value : values) result.push_back((*this)(value));
    return result;
  }
  void alias(int copy, int of) { same_as_[copy] = of; }

 private:
  const Trace& from_;
  WithoutCopies& to_;
  std::vector<int> number_;
  std::map<int, int> same_as_;
};

// Whether the forward ends at these sizes at all. It runs in a process of its own: what a source reads beyond the end of
// a list (the second of chunk(2) of one row) would end this one.
bool survives(const RecordAt& record_at, const Dim::Sizes& sizes) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) return true;  // no process to be had: then not apart
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO), dup2(nowhere, STDOUT_FILENO);
    try {
      (void)record_at(sizes);
    } catch (...) {  // an error is no crash, and shows again in the parent
    }
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status);
}

// Compares runs at a size of 1 with the probes, without copies.
class Comparison {
 public:
  explicit Comparison(const std::vector<Recording>& probes) : first_(probes.front()) {
    for (const Recording& probe : probes) {
      WithoutCopies bare = without_copies(probe.trace);
      if (traces_.empty()) original_ = std::move(bare.original);
      traces_.push_back(std::move(bare.trace));
    }
    text_ = graph::print(unified().graph);
  }

  // Throws base::Error (refused) where the run is another one.
  void check(const Recording& one) {
    WithoutCopies bare = without_copies(one.trace);
    traces_.push_back(std::move(bare.trace));
    Unified with;
    try {
      with = unified();
    } catch (...) {
      traces_.pop_back();
      throw;
    }
    traces_.pop_back();
    if (graph::print(with.graph) != text_) {
      throw Error(Exit::refused, {}, "its sizes are other expressions of the dims");
    }
    for (const int value : with.weight_values) {
      const at::Tensor& a = first_.tensors[static_cast<size_t>(original_[static_cast<size_t>(value)])];
      const at::Tensor& b = one.tensors[static_cast<size_t>(bare.original[static_cast<size_t>(value)])];
      const bool same = a.is_same(b) || (a.sizes() == b.sizes() && at::allclose(a, b, 0, 0, /*equal_nan=*/true));
      if (!same) throw Error(Exit::refused, {}, "a tensor that is constant at other sizes has other values");
    }
  }

 private:
  const Recording& first_;
  std::vector<Trace> traces_;
  std::vector<int> original_;
  std::string text_;

  [[nodiscard]] Unified unified() const {
    std::vector<std::string> dims, inputs, outputs;
    for (const auto& [name, size] : traces_[0].sizes) dims.push_back(name);
    for (size_t i = 0; i < traces_[0].inputs.size(); ++i) inputs.push_back("input" + std::to_string(i));
    for (size_t i = 0; i < traces_[0].outputs.size(); ++i) outputs.push_back("output" + std::to_string(i));
    return unify("one", dims, traces_, inputs, outputs);
  }
};

}  // namespace

WithoutCopies without_copies(const Trace& trace) {
  WithoutCopies result;
  result.trace.sizes = trace.sizes;
  Renumbering number(trace, result);
  result.trace.inputs = number(trace.inputs);
  for (const TracedCall& call : trace.calls) {
    if (is_copy(trace, call)) {
      number.alias(call.results[0], call.operands[0]);
      continue;
    }
    TracedCall kept = call;
    kept.operands = number(call.operands);
    kept.results = number(call.results);
    result.trace.calls.push_back(std::move(kept));
  }
  result.trace.outputs = number(trace.outputs);
  return result;
}

std::vector<graph::Requirement> size_one_requirements(const std::vector<Recording>& probes, const RecordAt& record_at) {
  std::vector<graph::Requirement> result;
  const Dim::Sizes& usual = probes.front().trace.sizes;
  if (usual.empty()) return result;
  Comparison comparison(probes);
  // `dim`, which is 1 at these sizes, must be more where the run is another one.
  const auto try_at = [&](const Dim::Sizes& sizes, const Dim& dim) {
    try {
      if (!survives(record_at, sizes)) throw Error(Exit::refused, {}, "the forward crashes");
      comparison.check(record_at(sizes));
    } catch (const Error& error) {
      // -S <= -2: more than 1.
      result.push_back({Dim(0) - dim, -2, "where " + dim.text() + " is 1, " + error.cause, error.place});
    }
  };
  Dim all(1);
  Dim::Sizes ones;
  for (const auto& [name, size] : usual) {
    Dim::Sizes sizes = usual;
    sizes[name] = ones[name] = 1;
    all = all * Dim::named(name);
    try_at(sizes, Dim::named(name));
  }
  if (usual.size() > 1 && result.empty()) try_at(ones, all);
  return result;
}

}  // namespace octavo::observe

#include "codegen/observe/recorder.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

#include "codegen/graph/products.h"
#include "codegen/observe/arguments.h"
#include "codegen/observe/fallback.h"
#include "codegen/observe/problems.h"
#include "codegen/observe/registered.h"

namespace octavo::observe {

using base::Error;
using base::Exit;

std::string first_line(const std::exception& error) {
  std::string text = error.what();
  if (const auto* torch_error = dynamic_cast<const c10::Error*>(&error)) text = torch_error->what_without_backtrace();
  return text.substr(0, text.find('\n'));
}

namespace {

// Of the elements as they lie in memory, NaN among them.
size_t hash_of(const at::Tensor& tensor) {
  if (!tensor.has_storage() || tensor.numel() == 0) return 0;
  const at::Tensor whole = tensor.contiguous();
  return std::hash<std::string_view>()({static_cast<const char*>(whole.const_data_ptr()), whole.nbytes()});
}

class Recorder : public Listener {
 public:
  Recorder(const torch::nn::Module& root, const RecorderOptions& options) : registered_(root), options_(options) {
    if (options.earlier == nullptr) return;
    for (size_t i = 0; i < options.earlier->tensors.size(); ++i) {
      const at::Tensor& tensor = options.earlier->tensors[i];
      if (options.earlier->tainted[i] && tensor.has_storage() && registered_.in_storage_of(tensor) == nullptr)
        state_.insert(tensor.storage().unsafeGetStorageImpl());
    }
  }

  Recording run(const Forward& forward, const std::vector<at::Tensor>& inputs, const graph::Dim::Sizes& sizes) {
    recording_.trace.sizes = sizes;
    for (const at::Tensor& input : inputs) recording_.trace.inputs.push_back(define(input, true));
    std::vector<at::Tensor> outputs;
    try {
      const torch::NoGradGuard no_grad;
      const Hook hook(*this);
      outputs = forward(inputs);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw Error(Exit::usage, place(failed_), "the forward does not take the declared inputs: " + first_line(error),
                  "check --input against forward's parameters" + sizes_text(sizes));
    }
    if (outputs.empty() || !outputs[0].defined()) {  // of several, those that are undefined are not among them
      throw Error(Exit::refused, {}, "the forward returns no tensor that is defined",
                  "return at least one tensor that is always there");
    }
    for (const at::Tensor& output : outputs) {
      recording_.trace.outputs.push_back(use(output, last_));
    }
    add_places();
    recording_.tainted = std::move(tainted_);
    return std::move(recording_);
  }

  void call(const c10::OperatorHandle& op, torch::jit::Stack* stack) override {
    const c10::FunctionSchema& schema = op.schema();
    const Frames frames = capture_frames();
    last_ = frames;
    const auto count = schema.arguments().size();
    const std::vector<c10::IValue> arguments(stack->end() - static_cast<long>(count), stack->end());
    const std::vector<at::Tensor> operands = operands_in(schema, arguments);
    check(op, operands, arguments, frames);
    const std::vector<at::Tensor> mutated = mutated_by(schema, arguments, frames);
    std::vector<int> ids;
    for (const at::Tensor& operand : operands) ids.push_back(operand.defined() ? use(operand, frames) : graph::kNone);
    for (const at::Tensor& tensor : mutated) before_mutation(tensor);

    TracedCall traced;
    traced.op = graph_name(mutated.empty() ? schema.operator_name() : *functional_form(schema));
    placed([&] { traced.arguments = arguments_of(schema, arguments); }, schema, frames);
    note_parameter(traced, operands);
    traced.bounds = bounds(traced, operands, ids);
    try {
      op.callBoxed(stack);
    } catch (const Error&) {
      throw;
    } catch (...) {
      failed_ = frames;
      throw;
    }
    traced.operands = std::move(ids);
    finish(std::move(traced), operands, mutated, tensors_in(torch::jit::last(*stack, schema.returns().size())), frames);
  }

 private:
  Registered registered_;
  RecorderOptions options_;
  Recording recording_;
  std::unordered_map<const c10::TensorImpl*, int> ids_;
  std::unordered_map<const c10::StorageImpl*, std::vector<int>> in_storage_;
  std::vector<bool> tainted_;                // by value: depends on an input
  std::vector<size_t> contents_;             // by value: the hash of its elements when it was made
  std::set<const c10::StorageImpl*> state_;  // kept from an earlier run, whose inputs it depends on
  std::map<int, std::vector<int>> stale_;    // value -> the mutated values it shares its storage with
  std::map<int, Frames> mutated_at_;         // value that an in-place call defined -> where
  std::map<size_t, int> refreshes_;          // call -> the mutation it follows
  std::vector<Frames> frames_;               // by call
  // Identities stay unique while their tensors live. live_ is by value; recording_.tensors may hold a copy instead.
  std::vector<at::Tensor> live_, handles_;
  Frames failed_, last_;

  static std::string sizes_text(const graph::Dim::Sizes& sizes) {
    std::string text;
    for (const auto& [name, size] : sizes)
      text += (text.empty() ? " (run at " : ", ") + name + "=" + std::to_string(size);
    return text.empty() ? text : text + ")";
  }
  [[nodiscard]] base::Place place(const Frames& frames) const { return places_of({frames}, options_.sources).front(); }
  [[noreturn]] void refuse(const Problem& problem, const Frames& frames) const {
    throw Error(Exit::refused, place(frames), problem.cause, problem.fix);
  }
  // Gives errors of `work` the place of the call.
  template <typename Work>
  void placed(Work work, const c10::FunctionSchema& schema, const Frames& frames) const {
    try {
      work();
    } catch (const Error& error) {
      if (!error.place.file.empty()) throw;
      refuse({graph_name(schema.operator_name()) + ": " + error.cause, error.fix}, frames);
    }
  }

  // A transposed weight folds to a constant, so that only here its name is known. Octavo's own operators carry a site.
  void note_parameter(TracedCall& traced, const std::vector<at::Tensor>& operands) const {
    if (!graph::is_product(traced.op) || traced.arguments.contains("site")) return;
    for (const at::Tensor& operand : operands) {
      if (!operand.defined() || !operand.has_storage()) continue;
      const Registered::Entry* entry = registered_.in_storage_of(operand);
      if (entry != nullptr) traced.arguments.try_emplace(graph::kParameter, entry->name);
    }
  }

  int define(const at::Tensor& tensor, bool tainted) {
    const int id = static_cast<int>(recording_.trace.values.size());
    recording_.trace.values.push_back({dtype_of(tensor), tensor.sizes().vec()});
    recording_.tensors.push_back(tensor);
    tainted_.push_back(tainted);
    contents_.push_back(tainted ? hash_of(tensor) : 0);
    live_.push_back(tensor);
    ids_[tensor.unsafeGetTensorImpl()] = id;
    if (tensor.has_storage()) in_storage_[tensor.storage().unsafeGetStorageImpl()].push_back(id);
    return id;
  }

  // The value of a tensor that is read now.
  int use(const at::Tensor& tensor, const Frames& frames) {
    const auto known = ids_.find(tensor.unsafeGetTensorImpl());
    if (known == ids_.end()) return define_constant(tensor, frames);
    const auto stale = stale_.find(known->second);
    if (stale == stale_.end()) {
      check_contents(tensor, known->second, frames);
      return known->second;
    }
    // Its contents are those after the mutations: known, if nothing of it depends on an input or a dim.
    TracedCall refresh;
    refresh.op = kRefresh;
    refresh.operands.push_back(known->second);
    refresh.operands.insert(refresh.operands.end(), stale->second.begin(), stale->second.end());
    const int mutation = stale->second.back();
    const bool tainted = std::any_of(refresh.operands.begin(), refresh.operands.end(),
                                     [&](int id) { return tainted_[static_cast<size_t>(id)]; });
    stale_.erase(stale);
    const int id = define(tensor, tainted);
    refresh.results = {id};
    refreshes_[recording_.trace.calls.size()] = mutation;
    recording_.trace.calls.push_back(std::move(refresh));
    frames_.push_back(frames);
    return id;
  }

  // What is written through a pointer, no operator sees: the graph would leave it out.
  void check_contents(const at::Tensor& tensor, int id, const Frames& frames) const {
    if (!tainted_[static_cast<size_t>(id)] || hash_of(tensor) == contents_[static_cast<size_t>(id)]) return;
    refuse({"a tensor is read whose elements were written by no operator since it was computed, through data_ptr or an "
            "accessor: the compiled model would leave that out",
            "compute them with operators: torch::where, masked_fill, slice_scatter, or arithmetic"},
           frames);
  }

  // A tensor that no recorded call made: a parameter, a buffer, or one that the module keeps unregistered.
  int define_constant(const at::Tensor& tensor, const Frames& frames) {
    if (!tensor.has_storage()) refuse({"a tensor without storage is read", "use dense CPU tensors"}, frames);
    if (const Registered::Entry* entry = registered_.find(tensor)) {
      // Other handles of the same parameter are the same value.
      const auto known = ids_.find(entry->tensor.unsafeGetTensorImpl());
      const int id = known != ids_.end() ? known->second : define(entry->tensor, false);
      recording_.trace.parameters[id] = entry->name;
      ids_[tensor.unsafeGetTensorImpl()] = id;
      handles_.push_back(tensor);
      return id;
    }
    if (state_.contains(tensor.storage().unsafeGetStorageImpl())) {
      refuse(
          {"a tensor is read that an earlier call of forward computed from its inputs: a compiled model keeps no state "
           "between calls",
           "return it, and take it as an input of the next call"},
          frames);
    }
    if (const auto shared = in_storage_.find(tensor.storage().unsafeGetStorageImpl()); shared != in_storage_.end()) {
      return define_handle(tensor, shared->second, frames);
    }
    if (tensor.requires_grad() && registered_.in_storage_of(tensor) == nullptr) {
      refuse(
          {"a parameter is used that is not registered with the model", "register_module the submodule that owns it"},
          frames);
    }
    const int id = define(tensor, false);
    recording_.trace.constants.push_back(id);
    return id;
  }

  // Another handle of recorded elements that no operator made, such as Tensor::data().
  int define_handle(const at::Tensor& tensor, const std::vector<int>& candidates, const Frames& frames) {
    bool tainted = false;
    for (auto id = candidates.rbegin(); id != candidates.rend(); ++id) {
      const at::Tensor live = live_[static_cast<size_t>(*id)];
      tainted = tainted || tainted_[static_cast<size_t>(*id)];
      if (ids_.at(live.unsafeGetTensorImpl()) != *id || !same_elements(live, tensor)) continue;
      const int current = use(live, frames);
      ids_[tensor.unsafeGetTensorImpl()] = current;
      handles_.push_back(tensor);
      return current;
    }
    if (tainted) {
      refuse({"a tensor is read that shares its memory with another and that no operator made",
              "use view, slice or detach"},
             frames);
    }
    const int id = define(tensor, false);
    recording_.trace.constants.push_back(id);
    return id;
  }

  [[nodiscard]] bool depends_on_input(const at::Tensor& tensor) const {
    if (!tensor.defined()) return false;
    const auto known = ids_.find(tensor.unsafeGetTensorImpl());
    if (known == ids_.end()) return false;
    const auto stale = stale_.find(known->second);
    bool tainted = tainted_[static_cast<size_t>(known->second)];
    if (stale != stale_.end()) {
      for (const int id : stale->second) tainted = tainted || tainted_[static_cast<size_t>(id)];
    }
    return tainted;
  }

  void check(const c10::OperatorHandle& op, const std::vector<at::Tensor>& operands,
             const std::vector<c10::IValue>& arguments, const Frames& frames) const {
    std::vector<bool> from_input;
    for (const at::Tensor& operand : operands) from_input.push_back(depends_on_input(operand));
    if (const auto problem = problem_of(op, operands, from_input, arguments)) refuse(*problem, frames);
  }

  std::vector<at::Tensor> mutated_by(const c10::FunctionSchema& schema, const std::vector<c10::IValue>& arguments,
                                     const Frames& frames) const {
    std::vector<at::Tensor> mutated;
    for (size_t i = 0; i < arguments.size(); ++i) {
      const c10::AliasInfo* alias = schema.arguments()[i].alias_info();
      if (alias == nullptr || !alias->isWrite() || !arguments[i].isTensor()) continue;
      mutated.push_back(arguments[i].toTensor());
    }
    const std::string& name = schema.operator_name().name;
    if (name == "aten::requires_grad_" || name == "aten::retain_grad" || name == "aten::detach_")
      return {};  // no data changes
    if (mutated.empty()) return mutated;
    for (const at::Tensor& tensor : mutated) {
      if (const Registered::Entry* entry = registered_.in_storage_of(tensor)) {
        refuse({"the forward writes '" + entry->name + "': a compiled model keeps no state between calls",
                "compute a new tensor instead, or return the state and take it as an input"},
               frames);
      }
    }
    if (!functional_form(schema)) {
      refuse({graph_name(schema.operator_name()) + " writes into its argument and has no functional form",
              "use the operator that returns a new tensor"},
             frames);
    }
    return mutated;
  }

  // Constants keep their old contents for those who read them before.
  void before_mutation(const at::Tensor& tensor) {
    for (const int id : in_storage_[tensor.storage().unsafeGetStorageImpl()]) {
      at::Tensor& kept = recording_.tensors[static_cast<size_t>(id)];
      const bool shares =
          kept.has_storage() && kept.storage().unsafeGetStorageImpl() == tensor.storage().unsafeGetStorageImpl();
      if (!tainted_[static_cast<size_t>(id)] && shares) kept = kept.clone();
    }
  }

  std::vector<TracedBound> bounds(TracedCall& traced, const std::vector<at::Tensor>& operands,
                                  const std::vector<int>& ids) const {
    if (operands.empty() || !operands[0].defined()) return {};
    const auto registered = recording_.trace.parameters.find(ids[0]);
    const std::string name = registered == recording_.trace.parameters.end() ? "" : registered->second;
    const bool embedding = traced.op == "octavo.embedding" || traced.op == "aten.embedding";
    const bool index_select = traced.op == "aten.index_select";
    if (!embedding && !index_select) return resolve_positions(traced.op, traced.arguments, operands[0], name);
    // Positions that depend on sizes alone are known now.
    const at::Tensor& positions = operands[1];
    if (tainted_[static_cast<size_t>(ids[1])] || positions.numel() == 0) return {};
    const int64_t dim = embedding ? 0 : std::get<int64_t>(traced.arguments.at("dim"));
    return {{positions.max().item<int64_t>() + 1, operands[0].size(dim), name.empty() ? "rows of the table" : name}};
  }

  void finish(TracedCall traced, const std::vector<at::Tensor>& operands, const std::vector<at::Tensor>& mutated,
              const std::vector<at::Tensor>& results, const Frames& frames) {
    bool tainted = false;
    for (const int id : traced.operands) tainted = tainted || (id >= 0 && tainted_[static_cast<size_t>(id)]);
    if (mutated.empty()) {
      const auto unchanged = [&](const at::Tensor& result) {
        return std::any_of(operands.begin(), operands.end(),
                           [&](const at::Tensor& operand) { return operand.is_same(result); });
      };
      // contiguous() of a contiguous tensor, dropout in eval mode: nothing happened.
      if (results.empty() || std::all_of(results.begin(), results.end(), unchanged)) return;
    }
    for (const at::Tensor& tensor : mutated) traced.results.push_back(redefine(tensor, tainted, frames));
    for (const at::Tensor& result : results) {
      const bool is_mutated =
          std::any_of(mutated.begin(), mutated.end(), [&](const at::Tensor& other) { return other.is_same(result); });
      if (is_mutated || !result.defined()) continue;
      int id = 0;
      placed([&] { id = define(result, tainted); }, traced, frames);
      traced.results.push_back(id);
    }
    recording_.trace.calls.push_back(std::move(traced));
    frames_.push_back(frames);
  }
  template <typename Work>
  void placed(Work work, const TracedCall& traced, const Frames& frames) const {
    try {
      work();
    } catch (const Error& error) {
      refuse({traced.op + ": " + error.cause, error.fix}, frames);
    }
  }

  // A mutated tensor is a new value; every other value in its storage is stale.
  int redefine(const at::Tensor& tensor, bool tainted, const Frames& frames) {
    const int old = ids_.at(tensor.unsafeGetTensorImpl());
    const int id = define(tensor, tainted);
    mutated_at_[id] = frames;
    for (const int other : in_storage_[tensor.storage().unsafeGetStorageImpl()]) {
      const bool current = ids_[live_[static_cast<size_t>(other)].unsafeGetTensorImpl()] == other;
      if (other != id && other != old && current) stale_[other].push_back(id);
    }
    return id;
  }

  void add_places() {
    std::vector<TracedCall>& calls = recording_.trace.calls;
    std::vector<Frames> stacks;
    if (options_.places) stacks = frames_;
    std::vector<base::Place> places = places_of(stacks, options_.sources);
    for (size_t i = 0; i < places.size(); ++i) calls[i].where = places[i];
    for (const auto& [call, mutation] : refreshes_) {
      const base::Place changed = options_.places ? place(mutated_at_.at(mutation)) : base::Place{};
      if (options_.places) calls[call].where = place(frames_[call]);
      calls[call].refusal =
          "in-place on a view: a tensor is read here whose elements were changed through another one" +
          (changed.file.empty() ? "" : " at " + changed.text());
      calls[call].fix = "build the tensor out of place, for example with torch::cat, torch::where or slice_scatter";
    }
  }
};

}  // namespace

Recording record(const torch::nn::Module& root, const Forward& forward, const std::vector<at::Tensor>& inputs,
                 const graph::Dim::Sizes& sizes, const RecorderOptions& options) {
  return Recorder(root, options).run(forward, inputs, sizes);
}

}  // namespace octavo::observe

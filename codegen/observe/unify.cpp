#include "codegen/observe/unify.h"

#include <algorithm>
#include <set>

#include "codegen/observe/fit.h"

namespace octavo::observe {

using base::Error;
using base::Exit;
using graph::Attribute;
using graph::Dim;
using graph::Shape;

namespace {

std::string sizes_text(const Dim::Sizes& sizes) {
  std::string result;
  for (const auto& [name, size] : sizes) result += (result.empty() ? "" : ", ") + name + "=" + std::to_string(size);
  return result;
}

// Turns what all traces say about one thing into one expression or attribute.
class Unifier {
 public:
  explicit Unifier(const std::vector<Trace>& traces) : traces_(traces) {
    for (const Trace& trace : traces) sizes_.push_back(trace.sizes);
  }

  // `what` names the number in the error, e.g. "argument 'end' of aten.slice.Tensor".
  Dim dim(const std::vector<int64_t>& values, const std::string& what, const base::Place& where) const {
    if (auto found = fit(sizes_, values, quotients_)) {
      remember_quotients(*found);
      return *found;
    }
    std::string seen;
    for (size_t i = 0; i < values.size(); ++i) {
      seen += (i > 0 ? "; " : "") + std::to_string(values[i]) + " at " + sizes_text(sizes_[i]);
    }
    throw Error(Exit::refused, where, what + " is no sum, product or quotient of the dims: " + seen,
                "compute it from the sizes with +, -, * and division by a constant up to 64");
  }

  Shape shape(int value, const std::string& what, const base::Place& where) const {
    std::vector<std::vector<int64_t>> all;
    for (const Trace& trace : traces_) all.push_back(trace.values[static_cast<size_t>(value)].shape);
    return list(all, "the shape of " + what, where);
  }

  Attribute attribute(size_t call, const std::string& key, const base::Place& where) const {
    const TracedArgument& first = argument(0, call, key);
    const std::string what = "argument '" + key + "' of " + traces_[0].calls[call].op;
    if (std::holds_alternative<int64_t>(first)) return dim(collect<int64_t>(call, key, what, where), what, where);
    if (std::holds_alternative<std::vector<int64_t>>(first)) {
      return list(collect<std::vector<int64_t>>(call, key, what, where), what, where);
    }
    for (size_t i = 1; i < traces_.size(); ++i) {
      if (argument(i, call, key) == first) continue;
      throw Error(
          Exit::refused, where,
          what + " changes with the sizes (" + sizes_text(sizes_[0]) + " against " + sizes_text(sizes_[i]) + ")",
          "keep it independent of the input's sizes");
    }
    if (const bool* flag = std::get_if<bool>(&first)) return *flag;
    if (const double* number = std::get_if<double>(&first)) return *number;
    return std::get<std::string>(first);
  }

  // The bounds of a call, without those that always hold.
  std::vector<graph::Requirement> requirements(size_t call, const base::Place& where) const {
    std::vector<graph::Requirement> result;
    for (size_t b = 0; b < traces_[0].calls[call].bounds.size(); ++b) {
      const TracedBound& first = traces_[0].calls[call].bounds[b];
      std::vector<int64_t> values;
      bool same_limit = true;
      for (const Trace& trace : traces_) {
        if (trace.calls[call].bounds.size() <= b) return result;
        values.push_back(trace.calls[call].bounds[b].value);
        same_limit = same_limit && trace.calls[call].bounds[b].limit == first.limit;
      }
      const auto bound = fit(sizes_, values, quotients_);
      if (same_limit && bound && !bound->is_constant()) result.push_back({*bound, first.limit, first.reason, where});
    }
    return result;
  }

 private:
  const std::vector<Trace>& traces_;
  std::vector<Dim::Sizes> sizes_;
  mutable std::vector<Dim> quotients_;  // found so far: sizes of later tensors are sums and products of them

  void remember_quotients(const Dim& dim) const {
    for (const Dim& quotient : dim.quotients()) {
      if (std::find(quotients_.begin(), quotients_.end(), quotient) == quotients_.end()) quotients_.push_back(quotient);
    }
  }

  const TracedArgument& argument(size_t trace, size_t call, const std::string& key) const {
    return traces_[trace].calls[call].arguments.at(key);
  }
  template <typename T>
  std::vector<T> collect(size_t call, const std::string& key, const std::string& what, const base::Place& where) const {
    std::vector<T> values;
    for (size_t i = 0; i < traces_.size(); ++i) {
      const T* value = std::get_if<T>(&argument(i, call, key));
      if (value == nullptr)
        throw Error(Exit::refused, where, what + " is of one type at some sizes and of another at others");
      values.push_back(*value);
    }
    return values;
  }
  Shape list(const std::vector<std::vector<int64_t>>& all, const std::string& what, const base::Place& where) const {
    Shape result;
    for (size_t d = 0; d < all[0].size(); ++d) {
      std::vector<int64_t> values;
      for (const auto& one : all) {
        if (one.size() != all[0].size()) throw Error(Exit::refused, where, what + " changes its length with the sizes");
        values.push_back(one[d]);
      }
      result.push_back(dim(values, what + "[" + std::to_string(d) + "]", where));
    }
    return result;
  }
};

std::set<std::string> keys(const TracedCall& call) {
  std::set<std::string> result;
  for (const auto& [key, value] : call.arguments) result.insert(key);
  return result;
}

// Control flow on sizes shows as a difference between traces.
void check_same_calls(const Trace& a, const Trace& b) {
  const auto refuse = [&](const TracedCall* left, const TracedCall* right, const std::string& what) {
    const auto shown = [](const TracedCall* call) {
      return call == nullptr ? std::string("the forward ends")
                             : call->op + (call->where.file.empty() ? "" : " at " + call->where.text());
    };
    const TracedCall* placed = left != nullptr ? left : right;
    throw Error(Exit::refused, placed->where,
                "control flow depends on the input's sizes: " + what + shown(left) + " at " + sizes_text(a.sizes) +
                    ", " + shown(right) + " at " + sizes_text(b.sizes),
                "make the forward take the same steps at every size, or declare the dim as a number");
  };
  for (size_t i = 0; i < std::max(a.calls.size(), b.calls.size()); ++i) {
    const TracedCall* left = i < a.calls.size() ? &a.calls[i] : nullptr;
    const TracedCall* right = i < b.calls.size() ? &b.calls[i] : nullptr;
    if (left == nullptr || right == nullptr || left->op != right->op) refuse(left, right, "");
    if (left->operands != right->operands) refuse(left, right, "other operands, ");
    if (left->results != right->results || keys(*left) != keys(*right)) refuse(left, right, "other arguments, ");
  }
  const bool same_values = a.values.size() == b.values.size() && a.inputs == b.inputs && a.outputs == b.outputs;
  if (!same_values || a.parameters != b.parameters || a.constants != b.constants) {
    throw Error(Exit::refused, {},
                "control flow depends on the input's sizes: other tensors are read or returned at " +
                    sizes_text(a.sizes) + " than at " + sizes_text(b.sizes),
                "make the forward take the same steps at every size, or declare the dim as a number");
  }
}

bool varies(const Attribute& attribute) {
  if (const Dim* dim = std::get_if<Dim>(&attribute)) return !dim->is_constant();
  if (const Shape* shape = std::get_if<Shape>(&attribute)) {
    return std::any_of(shape->begin(), shape->end(), [](const Dim& dim) { return !dim.is_constant(); });
  }
  return false;
}

class Builder {
 public:
  Builder(const std::vector<Trace>& traces)
      : unifier_(traces), first_(traces[0]), ids_(first_.values.size(), graph::kNone) {}

  Unified build(const std::string& name, const std::vector<std::string>& dims,
                const std::vector<std::string>& input_names, const std::vector<std::string>& output_names) {
    result_.graph.name = name;
    result_.graph.dims = dims;
    fixed_.assign(first_.values.size(), true);
    for (size_t i = 0; i < first_.inputs.size(); ++i) add_input(first_.inputs[i], input_names.at(i));
    for (size_t i = 0; i < first_.calls.size(); ++i) add_call(i);
    for (size_t i = 0; i < first_.outputs.size(); ++i) {
      result_.graph.outputs.push_back({output_names.at(i), use(first_.outputs[i], {})});
    }
    drop_dead();
    return std::move(result_);
  }

 private:
  Unifier unifier_;
  const Trace& first_;
  Unified result_;
  std::vector<graph::ValueId> ids_;  // of traced values in the graph; kNone: not there (yet)
  std::vector<bool> fixed_;          // depends on no input and no dim: folds
  std::map<int, size_t> folded_by_;  // value -> the call that folded into it
  int constants_ = 0;
  std::map<graph::ValueId, std::pair<base::Place, std::pair<std::string, std::string>>> refusals_;

  graph::Type type(int value, const std::string& what, const base::Place& where) const {
    return {first_.values[static_cast<size_t>(value)].dtype, unifier_.shape(value, what, where)};
  }
  void add_input(int value, const std::string& name) {
    const graph::ValueId id = result_.graph.add_value(type(value, "input '" + name + "'", {}), name);
    ids_[static_cast<size_t>(value)] = id;
    fixed_[static_cast<size_t>(value)] = false;
    result_.graph.inputs.push_back(id);
  }
  // A parameter, turned or through its Quantizer, keeps its name: a tied head shares the bytes of its embedding, and the
  // Quantizer its policy. The calls stand where they are read; everything else that folds is a constant.
  bool is_turned_parameter(int value) const {
    static const std::set<std::string> kTurns = {
        "aten.t",     "aten.transpose.int", "aten.permute",  "aten.numpy_T",  "aten.mT",         "octavo.quantize",
        "aten.alias", "aten.detach",        "aten.swapaxes", "aten.swapdims", "aten.contiguous", "aten.clone"};
    while (!first_.parameters.contains(value)) {
      const auto by = folded_by_.find(value);
      if (by == folded_by_.end()) return false;
      const TracedCall& call = first_.calls[by->second];
      if (!kTurns.contains(call.op) || call.operands.size() != 1) return false;
      value = call.operands[0];
    }
    return true;
  }
  // The graph's value for a traced one; a folded value becomes a weight at its first use.
  graph::ValueId use(int value, const base::Place& where) {
    if (value < 0) return graph::kNone;
    graph::ValueId& id = ids_[static_cast<size_t>(value)];
    if (id != graph::kNone) return id;
    const auto parameter = first_.parameters.find(value);
    if (parameter == first_.parameters.end() && is_turned_parameter(value)) {
      emit_call(folded_by_.at(value));
      return id;
    }
    const std::string name =
        parameter != first_.parameters.end() ? parameter->second : "constant." + std::to_string(constants_++);
    id = result_.graph.add_value(type(value, "'" + name + "'", where),
                                 "w" + std::to_string(result_.graph.weights.size()));
    result_.graph.weights.push_back({id, {name}});
    result_.weight_values.push_back(value);
    return id;
  }
  void add_call(size_t index) {
    const TracedCall& traced = first_.calls[index];
    bool folds = std::all_of(traced.operands.begin(), traced.operands.end(),
                             [&](int value) { return value < 0 || fixed_[static_cast<size_t>(value)]; });
    for (const auto& [key, value] : traced.arguments) {
      folds = folds && !varies(unifier_.attribute(index, key, traced.where));
    }
    for (const int value : traced.results) folds = folds && !varies(type(value, traced.op, traced.where).shape);
    for (const int value : traced.results) {
      if (folds) {
        folded_by_[value] = index;
      } else {
        fixed_[static_cast<size_t>(value)] = false;
      }
    }
    if (!folds) emit_call(index);
  }
  void emit_call(size_t index) {
    const TracedCall& traced = first_.calls[index];
    graph::Call call{traced.op, {}, {}, {}, traced.where};
    for (const auto& [key, value] : traced.arguments)
      call.attributes[key] = unifier_.attribute(index, key, traced.where);
    std::vector<graph::Type> types;
    for (const int value : traced.results) types.push_back(type(value, traced.op, traced.where));
    for (const int value : traced.operands) call.operands.push_back(use(value, traced.where));
    for (size_t i = 0; i < traced.results.size(); ++i) {
      const auto value = static_cast<size_t>(traced.results[i]);
      call.results.push_back(ids_[value] = result_.graph.add_value(types[i]));
      if (!traced.refusal.empty()) refusals_[ids_[value]] = {traced.where, {traced.refusal, traced.fix}};
    }
    add_requirements(index, traced.where);
    result_.graph.calls.push_back(std::move(call));
  }
  void add_requirements(size_t index, const base::Place& where) {
    for (graph::Requirement& requirement : unifier_.requirements(index, where)) {
      auto& all = result_.graph.requirements;
      const auto same = std::find_if(all.begin(), all.end(), [&](const graph::Requirement& other) {
        return other.dim == requirement.dim && other.limit == requirement.limit;
      });
      if (same == all.end()) all.push_back(std::move(requirement));
    }
  }
  // Calls nobody reads go; what stands must be compilable.
  void drop_dead() {
    std::map<graph::ValueId, int> traced;
    for (size_t i = 0; i < result_.graph.weights.size(); ++i)
      traced[result_.graph.weights[i].value] = result_.weight_values[i];
    graph::remove_dead(result_.graph);
    result_.weight_values.clear();
    for (const graph::Weight& weight : result_.graph.weights) result_.weight_values.push_back(traced.at(weight.value));
    int next = 0;  // constants stay numbered without gaps
    for (graph::Weight& weight : result_.graph.weights) {
      const int value = traced.at(weight.value);
      if (!first_.parameters.contains(value)) weight.tensors = {"constant." + std::to_string(next++)};
    }
    for (const graph::Call& call : result_.graph.calls) {
      const auto found = refusals_.find(call.results.front());
      if (found == refusals_.end()) continue;
      throw Error(Exit::refused, found->second.first, found->second.second.first, found->second.second.second);
    }
  }
};

}  // namespace

Unified unify(const std::string& name, const std::vector<std::string>& dims, const std::vector<Trace>& traces,
              const std::vector<std::string>& input_names, const std::vector<std::string>& output_names) {
  for (size_t i = 1; i < traces.size(); ++i) check_same_calls(traces[0], traces[i]);
  return Builder(traces).build(name, dims, input_names, output_names);
}

}  // namespace octavo::observe

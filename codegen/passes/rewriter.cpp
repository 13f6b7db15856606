#include "codegen/passes/rewriter.h"

#include <algorithm>

namespace octavo::passes {

Rewriter::Rewriter(Graph graph) : graph_(std::move(graph)), uses_(graph_), values_before_(graph_.values.size()) {}

const Call* Rewriter::producer(ValueId id, std::string_view op) const {
  if (id == kNone || static_cast<size_t>(id) >= values_before_) return nullptr;
  const int at = uses_.producer[static_cast<size_t>(id)];
  if (at < 0) return nullptr;
  const Call& call = graph_.calls[static_cast<size_t>(at)];
  return op.empty() || call.op == op ? &call : nullptr;
}

std::vector<const Call*> Rewriter::consumers(ValueId id) const {
  std::vector<const Call*> calls;
  for (const int at : uses_.consumers.at(static_cast<size_t>(id))) {
    calls.push_back(&graph_.calls[static_cast<size_t>(at)]);
  }
  return calls;
}

bool Rewriter::is_output(ValueId id) const { return uses_.is_output.at(static_cast<size_t>(id)); }
bool Rewriter::single_use(ValueId id) const { return uses_.single_use(id); }

ValueId Rewriter::now(ValueId id) const {
  for (auto found = moved_.find(id); found != moved_.end(); found = moved_.find(id)) id = found->second;
  return id;
}

std::vector<ValueId> Rewriter::emit_many(const std::string& op, std::vector<ValueId> operands, Attributes attributes) {
  for (ValueId& id : operands) id = now(id);
  Call call{op, std::move(operands), std::move(attributes), {}, where_};
  for (Type& type : infer(graph_, call)) call.results.push_back(graph_.add_value(std::move(type)));
  emitted_.push_back(call);
  return call.results;
}

ValueId Rewriter::emit(const std::string& op, std::vector<ValueId> operands, Attributes attributes) {
  return emit_many(op, std::move(operands), std::move(attributes)).at(0);
}

ValueId Rewriter::emit_typed(const std::string& op, std::vector<ValueId> operands, Attributes attributes, Type type) {
  for (ValueId& id : operands) id = now(id);
  const ValueId result = graph_.add_value(std::move(type));
  emitted_.push_back({op, std::move(operands), std::move(attributes), {result}, where_});
  return result;
}

ValueId Rewriter::cast(ValueId id, DType dtype) {
  if (type(id).dtype == dtype) return id;
  return emit("cast", {id}, {{"dtype", std::string(graph::name(dtype))}});
}

ValueId Rewriter::reshape(ValueId id, const Shape& shape) {
  return type(id).shape == shape ? id : emit("reshape", {id}, {{"shape", shape}});
}

ValueId Rewriter::permute(ValueId id, const std::vector<int64_t>& dims) {
  return std::is_sorted(dims.begin(), dims.end()) ? id : emit("permute", {id}, {{"dims", to_shape(dims)}});
}

ValueId Rewriter::add_weight(Type type, std::vector<std::string> tensors, std::vector<int64_t> order) {
  for (const graph::Weight& weight : graph_.weights) {
    if (weight.tensors == tensors && weight.order == order && graph_.type(weight.value) == type) return weight.value;
  }
  const ValueId id = graph_.add_value(std::move(type));
  graph_.weights.push_back({id, std::move(tensors), std::move(order)});
  return id;
}

void Rewriter::replace(const Call& call, const std::vector<ValueId>& by) {
  if (call.results.size() != by.size()) {
    throw base::Error(
        base::Exit::internal, call.where,
        call.op + " has " + std::to_string(call.results.size()) + " results, not " + std::to_string(by.size()));
  }
  replaced_ = by;
}

// Gives the emitted value `by` the identity of `result`, so that names in the text stay those of the trace.
void Rewriter::settle(ValueId result, ValueId by) {
  by = now(by);
  const Type &was = graph_.type(result), &is = graph_.type(by);
  if (!(was == is)) {
    throw base::Error(base::Exit::internal, where_,
                      "%" + graph_.value_name(result) + " was " + name(was.dtype) + text(was.shape) +
                          " and would become " + name(is.dtype) + text(is.shape));
  }
  for (size_t i = begin_; i < emitted_.size(); ++i) {
    const auto at = std::find(emitted_[i].results.begin(), emitted_[i].results.end(), by);
    if (at == emitted_[i].results.end()) continue;
    if (static_cast<size_t>(by) < values_before_) break;  // it stands for another result already
    *at = result;
    for (size_t reader = i + 1; reader < emitted_.size(); ++reader) {
      std::replace(emitted_[reader].operands.begin(), emitted_[reader].operands.end(), by, result);
    }
    moved_[by] = result;
    return;
  }
  // Emitted for an earlier call: it takes the name, and keeps its own number otherwise.
  if (static_cast<size_t>(by) >= values_before_) {
    std::swap(graph_.values[static_cast<size_t>(by)].name, graph_.values[static_cast<size_t>(result)].name);
  }
  moved_[result] = by;
}

void Rewriter::step(const Call& call, const Rule& rule) {
  begin_ = emitted_.size();
  where_ = call.where;
  replaced_.reset();
  try {
    rule(*this, call);
  } catch (base::Error& error) {
    if (error.place.file.empty()) error.place = call.where;  // size arithmetic does not know its place
    throw;
  }
  if (!replaced_) {
    emitted_.resize(begin_);
    Call kept = call;
    for (ValueId& id : kept.operands) id = now(id);
    emitted_.push_back(std::move(kept));
    return;
  }
  changed_ = true;
  for (size_t i = 0; i < call.results.size(); ++i) settle(call.results[i], (*replaced_)[i]);
}

Graph Rewriter::finish() {
  graph_.calls = std::move(emitted_);
  for (graph::Output& output : graph_.outputs) output.value = now(output.value);
  remove_dead(graph_);
  return std::move(graph_);
}

Graph rewrite(Graph graph, const Rule& rule, bool* changed) {
  Rewriter rewriter(std::move(graph));
  for (size_t i = 0; i < rewriter.graph_.calls.size(); ++i) rewriter.step(rewriter.graph_.calls[i], rule);
  if (changed != nullptr) *changed = rewriter.changed_;
  return rewriter.finish();
}

ValueId permuted_weight(Rewriter& r, ValueId id, const std::vector<int64_t>& dims) {
  const graph::Weight weight = *r.graph().weight_of(id);
  const Type was = r.type(id);
  Type type{was.dtype, {}};
  std::vector<int64_t> order;
  for (const int64_t dim : dims) {
    type.shape.push_back(was.shape.at(static_cast<size_t>(dim)));
    order.push_back(weight.order.empty() ? dim : weight.order.at(static_cast<size_t>(dim)));
  }
  if (std::is_sorted(order.begin(), order.end())) order.clear();  // back as it is stored
  return r.add_weight(std::move(type), weight.tensors, std::move(order));
}

Shape to_shape(const std::vector<int64_t>& numbers) { return {numbers.begin(), numbers.end()}; }

std::vector<int64_t> integers(const Call& call, const std::string& key) {
  std::vector<int64_t> result;
  for (const Dim& dim : call.shape(key)) {
    const auto number = dim.constant();
    if (!number) throw base::Error(base::Exit::refused, call.where, call.op + ": '" + key + "' must be constants");
    result.push_back(*number);
  }
  return result;
}

}  // namespace octavo::passes

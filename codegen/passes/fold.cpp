#include <algorithm>

#include "codegen/passes/passes.h"
#include "codegen/passes/rewriter.h"

namespace octavo::passes {

namespace {

bool scalar_is(const Call& call, double value) {
  if (!call.has("scalar") || call.has("reversed") || call.operands.size() != 1) return false;
  const Attribute& scalar = call.attributes.at("scalar");
  if (const Dim* size = std::get_if<Dim>(&scalar)) return size->is(static_cast<int64_t>(value));
  const double* number = std::get_if<double>(&scalar);
  return number != nullptr && *number == value;
}

bool does_nothing(const Rewriter& r, const Call& call) {
  const auto same_type = [&] { return r.type(call.operands[0]) == r.type(call.results[0]); };
  if (call.op == "reshape" || call.op == "expand" || call.op == "cast" || call.op == "copy") return same_type();
  if (call.op == "permute") {
    const std::vector<int64_t> dims = integers(call, "dims");
    return std::is_sorted(dims.begin(), dims.end());
  }
  if (call.op == "slice") return call.dim("start").is(0) && call.integer("step") == 1 && same_type();
  if (call.op == "cat") return call.operands.size() == 1;
  if (call.op == "mul" || call.op == "div") return scalar_is(call, 1);
  if (call.op == "sub") return scalar_is(call, 0);
  // -0 + 0 is +0, so adding zero is nothing for integers only.
  if (call.op == "add") return scalar_is(call, 0) && r.type(call.results[0]).dtype != DType::f32;
  return false;
}

// Two moves of one kind are one.
bool join_moves(Rewriter& r, const Call& call) {
  const Call* before = call.operands.empty() ? nullptr : r.producer(call.operands[0], call.op);
  if (before == nullptr) return false;
  const ValueId x = before->operands.empty() ? graph::kNone : before->operands[0];
  if (call.op == "reshape" || call.op == "expand") {
    r.replace(call, r.emit(call.op, {x}, call.attributes));
    return true;
  }
  if (call.op == "permute") {
    const std::vector<int64_t> first = integers(*before, "dims");
    std::vector<int64_t> dims;
    for (const int64_t dim : integers(call, "dims")) dims.push_back(first[static_cast<size_t>(dim)]);
    r.replace(call, r.permute(x, dims));
    return true;
  }
  if (call.op == "slice" && call.dim("dim") == before->dim("dim") && before->integer("step") == 1) {
    Attributes attributes = call.attributes;
    attributes["start"] = before->dim("start") + call.dim("start");
    attributes["end"] = before->dim("start") + call.dim("end");
    r.replace(call, r.emit("slice", {x}, std::move(attributes)));
    return true;
  }
  return false;
}

// An operand that is expanded only to meet the other one broadcasts by itself.
bool drop_expand(Rewriter& r, const Call& call) {
  const bool pairwise = call.operands.size() == 2 && call.op != "matmul" && call.op != "cat";
  if (!pairwise && call.op != "where") return false;
  for (size_t i = 0; i < call.operands.size(); ++i) {
    const Call* expanded = r.producer(call.operands[i], "expand");
    if (expanded == nullptr) continue;
    Call narrow = call;
    narrow.operands[i] = expanded->operands[0];
    Shape shape;
    for (const ValueId id : narrow.operands) {
      if (id != graph::kNone) shape = broadcast(shape, r.type(id).shape, call.where);
    }
    if (!(shape == r.type(call.results[0]).shape)) continue;
    r.replace(call, r.emit_typed(call.op, narrow.operands, call.attributes, r.type(call.results[0])));
    return true;
  }
  return false;
}

// The one number that a value is full of, as a scalar argument.
const Attribute* filled_with(const Rewriter& r, ValueId id) {
  const Call* full = r.producer(id, "full");
  if (full == nullptr) return nullptr;
  const Attribute& value = full->attributes.at("value");
  const Dim* size = std::get_if<Dim>(&value);
  return size == nullptr || size->is_constant() ? &value : nullptr;
}

// op(full, x) is op(x) with a scalar, where x has the result's shape by itself.
bool take_scalar(Rewriter& r, const Call& call) {
  if (call.operands.size() != 2 || call.op == "where" || call.op.starts_with("logical")) return false;
  for (const size_t side : {0U, 1U}) {
    const ValueId other = call.operands[1 - side];
    const Attribute* value = filled_with(r, call.operands[side]);
    if (value == nullptr || !(r.type(other).shape == r.type(call.results[0]).shape)) continue;
    Attributes attributes = {{"scalar", *value}};
    if (side == 0) attributes["reversed"] = true;
    r.replace(call, r.emit(call.op, {other}, std::move(attributes)));
    return true;
  }
  return false;
}

// where(c, full, x) and where(c, x, full)
bool take_choice(Rewriter& r, const Call& call) {
  if (call.op != "where" || call.operands.size() != 3) return false;
  for (const size_t side : {1U, 2U}) {
    const ValueId other = call.operands[3 - side];
    const Attribute* value = filled_with(r, call.operands[side]);
    const Type type = r.type(call.results[0]);
    if (value == nullptr ||
        !(broadcast(r.type(call.operands[0]).shape, r.type(other).shape, call.where) == type.shape)) {
      continue;
    }
    r.replace(call, r.emit("where", {call.operands[0], other}, {{side == 1 ? "scalar_a" : "scalar_b", *value}}));
    return true;
  }
  return false;
}

bool is_elementwise(const std::string& op) {
  for (const char* name : {"add", "sub", "mul", "div", "maximum", "minimum", "pow", "fmod", "floor_divide", "eq", "ne",
                           "lt", "le", "gt", "ge", "logical_and", "logical_or", "where"}) {
    if (op == name) return true;
  }
  return false;
}

// A weight that is turned is stored turned. One that was seen in another shape before is left: its order is that of the
// tensor's dims.
bool turn_weight(Rewriter& r, const Call& call) {
  if (call.op != "permute") return false;
  const graph::Weight* weight = r.graph().weight_of(call.operands[0]);
  if (weight == nullptr || weight->tensors.size() != 1) return false;
  if (!weight->order.empty() && std::is_sorted(weight->order.begin(), weight->order.end())) return false;
  r.replace(call, permuted_weight(r, call.operands[0], integers(call, "dims")));
  return true;
}

void fold_call(Rewriter& r, const Call& call) {
  if (does_nothing(r, call)) return r.replace(call, call.operands[0]);
  if (turn_weight(r, call)) return;
  if (join_moves(r, call)) return;
  if (!is_elementwise(call.op)) return;
  if (!drop_expand(r, call) && !take_scalar(r, call)) take_choice(r, call);
}

}  // namespace

Graph fold(Graph graph) {
  // Each rule leaves a simpler list, and may open the way for another: reshape(permute(permute(reshape(x)))).
  for (bool changed = true; changed;) graph = rewrite(std::move(graph), fold_call, &changed);
  return graph;
}

}  // namespace octavo::passes

#include <map>

#include "codegen/emit/cpp_text.h"
#include "codegen/emit/ops/operators.h"

namespace octavo::emit {

namespace {

bool is_comparison(const std::string& op) {
  return op == "eq" || op == "ne" || op == "lt" || op == "le" || op == "gt" || op == "ge";
}

bool is_float(DType dtype) { return dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16; }

// The dtype a kernel computes in for operands of these dtypes: booleans and small integers count as int64.
DType arithmetic(DType dtype) { return is_float(dtype) ? DType::f32 : DType::i64; }

// A scalar is integral when the source wrote an integer.
bool integral(const Call& call, const std::string& key) {
  return !std::holds_alternative<double>(call.attributes.at(key));
}

// const float scalar = 0.5f;   and the view of it
std::string scalar_view(Body& body, const Call& call, const std::string& key, DType dtype) {
  const std::string name = body.unique(key);
  std::string value;
  if (const auto* size = std::get_if<Dim>(&call.attributes.at(key)); size != nullptr && !size->is_constant()) {
    value = dtype == DType::f32 ? "static_cast<float>(" + expression(*size) + ")" : expression(*size);
  } else if (dtype == DType::f32) {
    value = float_literal(call.number(key));
  } else if (dtype == DType::boolean) {
    value = call.number(key) != 0 ? "true" : "false";
  } else {
    value = int64_literal(static_cast<int64_t>(call.number(key)));
  }
  body.declare("const " + cpp_type(dtype, call.where) + " " + name + " = ", {value}, ";");
  return "scalar_view(&" + name + ")";
}

// The result of a kernel that computes in `dtype`, cast when the graph wants another.
void finish(Body& body, const Call& call, const std::string& function, std::vector<std::string> arguments,
            DType computed) {
  const ValueId result = call.results[0];
  const ValueId target =
      body.type(result).dtype == computed ? result : body.temporary({computed, body.shape(result)}, {});
  body.define(target);
  arguments.insert(arguments.begin() + (function == "where" ? 0 : 1), body.view(target));
  body.call(function, arguments);
  if (target != result) body.alias(result, body.layout(body.converted(target, body.type(result).dtype)));
  body.observe(call, result, call.op);
}

void check_broadcast(Body& body, const Call& call, ValueId operand) {
  const Shape& to = body.shape(call.results[0]);
  if (!broadcast(body.shape(operand), body.layout(operand), to)) {
    refuse(call, graph::text(body.shape(operand)) + " does not broadcast to " + graph::text(to));
  }
}

}  // namespace

void emit_unary(Body& body, const Call& call) {
  std::string op = call.op;
  if (op == "gelu") {
    const std::string approximate = call.string_or("approximate", "none");
    if (approximate != "none" && approximate != "tanh") refuse(call, "unknown approximation '" + approximate + "'");
    op = approximate == "tanh" ? "gelu_tanh" : "gelu_erf";
  }
  ValueId from = call.operands[0];
  DType computed = DType::boolean;
  if (op != "logical_not") {
    const bool whole_numbers = (op == "neg" || op == "abs") && !is_float(body.type(from).dtype);
    computed = whole_numbers ? DType::i64 : DType::f32;
    from = body.converted(from, computed);
  }
  finish(body, call, "unary", {"UnaryOp::" + op, body.view(from)}, computed);
}

void emit_binary(Body& body, const Call& call) {
  const bool scalar = call.operands.size() == 1;
  if (scalar && !call.has("scalar")) refuse(call, "one operand and no scalar");
  const DType wanted = body.type(call.results[0]).dtype;
  const bool logical = call.op == "logical_and" || call.op == "logical_or";
  DType operands = DType::boolean;
  if (is_comparison(call.op)) {
    // Comparing promotes as arithmetic does: a float on either side makes both float.
    bool floats = scalar && !integral(call, "scalar");
    for (const ValueId operand : call.operands) floats = floats || is_float(body.type(operand).dtype);
    operands = floats ? DType::f32 : DType::i64;
  } else if (!logical) {
    operands = arithmetic(wanted);
  }
  std::vector<std::string> views;
  for (const ValueId operand : call.operands) {
    check_broadcast(body, call, operand);
    views.push_back(body.view(body.converted(operand, operands)));
  }
  if (scalar) views.push_back(scalar_view(body, call, "scalar", operands));
  if (call.has("reversed") && call.boolean("reversed")) std::swap(views[0], views[1]);
  const DType computed = is_comparison(call.op) || logical ? DType::boolean : operands;
  finish(body, call, "binary", {"BinaryOp::" + call.op, views[0], views[1]}, computed);
}

void emit_where(Body& body, const Call& call) {
  const DType wanted = body.type(call.results[0]).dtype;
  const size_t tensors = call.operands.size() - 1;
  const size_t scalars = (call.has("scalar_a") ? 1U : 0U) + (call.has("scalar_b") ? 1U : 0U);
  if (tensors + scalars != 2) refuse(call, "a choice needs two values");
  for (const ValueId operand : call.operands) check_broadcast(body, call, operand);
  std::vector<std::string> arguments = {body.view(body.converted(call.operands[0], DType::boolean))};
  size_t next = 1;
  for (const char* key : {"scalar_a", "scalar_b"}) {
    arguments.push_back(call.has(key) ? scalar_view(body, call, key, wanted)
                                      : body.view(body.converted(call.operands[next++], wanted)));
  }
  finish(body, call, "where", arguments, wanted);
}

void emit_cast(Body& body, const Call& call) {
  const ValueId from = call.operands[0], to = call.results[0];
  if (body.type(from).dtype == body.type(to).dtype) return body.alias(to, body.layout(from));
  const std::string source = body.view(from);
  body.define(to);
  body.call("copy", {body.view(to), source});
}

}  // namespace octavo::emit

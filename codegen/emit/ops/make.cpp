#include "codegen/emit/cpp_text.h"
#include "codegen/emit/ops/operators.h"

namespace octavo::emit {

namespace {

// A number or a size as the double that the kernel takes.
std::string double_text(const Call& call, const std::string& key, double otherwise) {
  if (!call.has(key)) return double_literal(otherwise);
  if (const auto* size = std::get_if<Dim>(&call.attributes.at(key)); size != nullptr && !size->is_constant()) {
    return "static_cast<double>(" + expression(*size) + ")";
  }
  return double_literal(call.number(key));
}

}  // namespace

void emit_arange(Body& body, const Call& call) {
  const ValueId to = call.results[0];
  const DType wanted = body.type(to).dtype;
  if (wanted != DType::i64 && wanted != DType::f32) {
    refuse(call, std::string("counts in int64 or float32, not in ") + graph::name(wanted));
  }
  body.define(to);
  body.call("arange", {body.view(to), double_text(call, "start", 0), double_text(call, "step", 1)});
}

// One element, which strides of 0 spread over the shape.
void emit_full(Body& body, const Call& call) {
  const ValueId to = call.results[0];
  const ValueId one = body.temporary({body.type(to).dtype, {}}, {});
  body.define(one);
  body.call("fill", {body.view(one), double_text(call, "value", 0)});
  body.alias(to, *broadcast({}, body.layout(one), body.shape(to)));
}

}  // namespace octavo::emit

#include "codegen/emit/cpp_text.h"
#include "codegen/emit/ops/operators.h"

namespace octavo::emit {

// layer_norm(x, gamma|none, beta|none[, residual|none]) -> y, or with quantize: y, q, q_scale
void emit_layer_norm(Body& body, const Call& call) {
  const ValueId x = call.operands[0];
  const auto width = body.shape(x).empty() ? std::nullopt : body.shape(x).back().constant();
  if (!width) refuse(call, "the width of a row must be a number, it is in " + graph::text(body.shape(x)));
  const bool quantise = call.has("quantize") && call.boolean("quantize");
  if (call.results.size() != (quantise ? 3U : 1U)) refuse(call, "a wrong number of results");

  const auto operand = [&](size_t i) { return i < call.operands.size() ? call.operands[i] : kNone; };
  for (const size_t i : {size_t{1}, size_t{2}}) {
    if (operand(i) != kNone && !(body.shape(operand(i)) == Shape{Dim(*width)})) {
      refuse(call,
             "a gain or offset of " + graph::text(body.shape(operand(i))) + " for rows of " + std::to_string(*width));
    }
  }
  if (operand(3) != kNone && !(body.shape(operand(3)) == body.shape(x))) {
    refuse(call, "a residual of " + graph::text(body.shape(operand(3))) + " for " + graph::text(body.shape(x)));
  }

  const Body::RowsText rows = body.rows(x, *width);
  std::vector<std::string> fields = {".rows = " + rows.rows, ".width = " + std::to_string(*width),
                                     ".x = " + rows.pointer};
  if (operand(3) != kNone) fields.push_back(".residual = " + body.contiguous_pointer(operand(3)));
  if (operand(1) != kNone) fields.push_back(".gamma = " + body.contiguous_pointer(operand(1)));
  if (operand(2) != kNone) fields.push_back(".beta = " + body.contiguous_pointer(operand(2)));
  fields.push_back(".eps = " + float_literal(call.number("eps")));
  fields.push_back(".y = " + body.define(call.results[0]));
  if (quantise) {
    fields.push_back(".q = " + body.define(call.results[1], (*width + 3) / 4 * 4));
    fields.push_back(".q_scale = " + body.define(call.results[2]));
    if (call.has("static_scale")) fields.push_back(".static_scale = " + float_literal(call.number("static_scale")));
  }
  fields.front() = "{" + fields.front();
  fields.back() += "}";
  body.call("layer_norm", fields);
  body.observe(call, call.results[0], call.op);
}

}  // namespace octavo::emit

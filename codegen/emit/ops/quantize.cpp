#include "codegen/emit/cpp_text.h"
#include "codegen/emit/ops/operators.h"

namespace octavo::emit {

void emit_quantize_rows(Body& body, const Call& call) {
  const ValueId x = call.operands[0], q = call.results[0], scale = call.results[1];
  const auto width = body.shape(x).empty() ? std::nullopt : body.shape(x).back().constant();
  if (!width) refuse(call, "the width of a row must be a number, it is in " + graph::text(body.shape(x)));
  const Body::RowsText rows = body.rows(x);
  const std::string q_out = body.define(q, (*width + 3) / 4 * 4);
  const std::string scale_out = body.define(scale);
  std::vector<std::string> arguments = {rows.rows, std::to_string(*width), rows.pointer, rows.pitch, q_out, scale_out};
  if (call.has("static_scale") || call.has("zero_point")) {
    arguments.push_back(float_literal(call.has("static_scale") ? call.number("static_scale") : 0.0));
  }
  if (call.has("zero_point")) arguments.push_back(std::to_string(call.integer("zero_point")));
  body.call("quantize_rows", arguments);
}

void emit_fake_quantize(Body& body, const Call& call) {
  const ValueId y = call.results[0];
  const std::string from = body.view(call.operands[0]);
  body.define(y);
  std::vector<std::string> arguments = {body.view(y), from};
  if (call.has("static_scale")) arguments.push_back(float_literal(call.number("static_scale")));
  body.call("fake_quantize", arguments);
  body.observe(call, y, call.op);
}

}  // namespace octavo::emit

#include <fmt/format.h>

#include "codegen/emit/bounded_pack.h"
#include "codegen/emit/cpp_text.h"
#include "codegen/emit/ops/operators.h"
#include "codegen/emit/site.h"

namespace octavo::emit {

namespace {

std::string section(int index, const char* type) {
  if (index < 0) return "nullptr";
  return "run.section<" + std::string(type) + ">(" + std::to_string(index) + ")";
}

// x [..., k] times [n, k] -> [..., n]
void check_shapes(Body& body, const Call& call, ValueId x, int64_t n, int64_t k) {
  const Shape& in = body.shape(x);
  const Shape& out = body.shape(call.results[0]);
  if (in.empty() || !in.back().is(k) || out.empty() || !out.back().is(n)) {
    refuse(call, graph::text(in) + " by [" + std::to_string(n) + ", " + std::to_string(k) + "] does not give " +
                     graph::text(out));
  }
}

// The arguments of a product, and its residual, which is this operand, if the call has one.
std::vector<std::string> with_residual(Body& body, const Call& call, size_t operand,
                                       std::vector<std::string> arguments) {
  if (call.operands.size() > operand) {
    const Body::RowsText rows = body.rows(call.operands[operand]);
    arguments.push_back("{" + rows.pointer + ", " + rows.pitch + "}");
  }
  return arguments;
}

// Each site of a merged product sees its own columns.
void observe_sites(Body& body, const Call& call, ValueId weight) {
  const ValueId y = call.results[0];
  const std::vector<std::string> sites = split_sites(body.path(call));
  const std::vector<int64_t> columns = body.weights().rows_of_tensors(weight);
  if (sites.size() == 1 || sites.size() != columns.size()) return body.observe(call, y, observed_name(call));
  const size_t last = body.shape(y).size() - 1;
  int64_t start = 0;
  for (size_t i = 0; i < sites.size(); ++i) {
    Shape part = body.shape(y);
    part[last] = columns[i];
    body.observe(sites[i], observed_name(call), body.view(y, part, sliced(body.layout(y), last, start, 1)));
    start += columns[i];
  }
}

}  // namespace

void emit_matmul(Body& body, const Call& call) {
  const ValueId to = call.results[0];
  for (const ValueId operand : call.operands) {
    if (body.shape(operand).size() < 2) refuse(call, "an operand of less than 2 dims");
  }
  const std::string a = body.view(body.converted(call.operands[0], DType::f32));
  const std::string b = body.view(body.converted(call.operands[1], DType::f32));
  body.define(to);
  body.call("matmul", {body.view(to), a, b});
  body.observe(call, to, call.op);
}

void emit_linear(Body& body, const Call& call) {
  const ValueId x = body.converted(call.operands[0], DType::f32), y = call.results[0];
  const ValueId bias = call.operands.size() > 2 ? call.operands[2] : kNone;
  const LinearF32Sections w = body.weights().linear_f32(call.operands[1], bias, call);
  check_shapes(body, call, x, w.n, w.k);
  const Body::RowsText rows = body.rows(x);
  const std::string out = body.define(y);
  const std::string weights = body.unique(identifier(out + "_w"));
  body.declare("const PackedF32 " + weights + "{",
               {section(w.panels, "float"), section(w.bias, "float"), std::to_string(w.n), std::to_string(w.k)}, "};");
  body.call("linear_f32", with_residual(body, call, 3,
                                        {rows.rows, rows.pointer, rows.pitch, weights, activation_text(call), out,
                                         std::to_string(w.n)}));
  observe_sites(body, call, call.operands[1]);
}

namespace {

std::string declare_weights(Body& body, const LinearS8Sections& w, const std::string& stem) {
  const std::string weights = body.unique(identifier(stem + "_w"));
  std::vector<std::string> fields = {section(w.panels, "int8_t"),
                                     section(w.offset, "int32_t"),
                                     section(w.scale, "float"),
                                     section(w.bias, "float"),
                                     std::to_string(w.n),
                                     std::to_string(w.k),
                                     std::string("LaneBound::") + emit::name(w.bound)};
  if (w.outliers >= 0) fields.push_back(section(w.outliers, "uint32_t"));
  body.declare("const PackedS8 " + weights + "{", fields, "};");
  return weights;
}

// As the runtime will see it.
float static_scale(const Call& call) {
  return call.has("static_scale") ? static_cast<float>(call.number("static_scale")) : 0.0F;
}

// What follows q and scale in QuantizedRowsOut, defaults left out.
std::string grid(const Call& call) {
  std::string text;
  if (call.has("static_scale") || call.has("quantize_zero_point")) text += ", " + float_literal(static_scale(call));
  if (call.has("quantize_zero_point")) text += ", " + std::to_string(call.integer("quantize_zero_point"));
  return text;
}

// The rows before they were quantised are not kept: an observer has them computed once more.
void observe_again(Body& body, const Call& call, const std::string& stem, std::vector<std::string> product, int64_t n) {
  Shape shape = body.shape(call.results[0]);
  const std::string rows = body.unique(identifier(stem + "_rows"));
  product.insert(product.begin(), "run.call.context");
  product.insert(product.end(), {rows + ".data()", std::to_string(n)});
  const std::string seen = "contiguous(" + rows + ".data(), " + list(shape) + ")";
  body.when_observed({wrapped("std::vector<float> " + rows + "(", {expression(graph::product(shape))}, ");", 4),
                      wrapped("linear_s8(", product, ");", 4),
                      wrapped("run.call.observe(",
                              {string_literal(body.path(call)), string_literal(observed_name(call)), seen}, ");", 4)});
}

}  // namespace

// linear_s8(q, q_scale, w[, bias|none[, residual]]) -> y, or without a residual and with quantize: the q and q_scale of y
void emit_linear_s8(Body& body, const Call& call) {
  const ValueId q = call.operands[0], scale = call.operands[1], y = call.results[0];
  const bool quantise = call.has("quantize") && call.boolean("quantize");
  if (call.results.size() != (quantise ? 2U : 1U)) refuse(call, "a wrong number of results");
  if (quantise && call.operands.size() > 4) refuse(call, "a residual of a product that is quantised at once");
  const ValueId bias = call.operands.size() > 3 ? call.operands[3] : kNone;
  const LinearS8Sections w = body.weights().linear_s8(call.operands[2], bias, call);
  check_shapes(body, call, q, w.n, w.k);
  const Body::RowsText rows = body.rows(q, (w.k + 3) / 4 * 4);
  const std::string row_scale = body.contiguous_pointer(scale);
  const std::string out = quantise ? body.define(y, (w.n + 3) / 4 * 4) : body.define(y);
  const std::string scale_out = quantise ? body.define(call.results[1]) : "";
  std::vector<std::string> arguments = {rows.rows, rows.pointer, row_scale, declare_weights(body, w, out),
                                        activation_text(call)};
  if (!quantise) {
    arguments.insert(arguments.end(), {out, std::to_string(w.n)});
    body.call("linear_s8", with_residual(body, call, 4, std::move(arguments)));
    return observe_sites(body, call, call.operands[2]);
  }
  std::vector<std::string> fused = arguments;
  fused.push_back("{" + out + ", " + scale_out + grid(call) + "}");
  fused.push_back(
      static_scale(call) > 0.0F
          ? "nullptr"
          : body.scratch(fmt::format("linear_s8_quantized_scratch_bytes({}, {}, threads)", rows.rows, w.n)));
  body.call("linear_s8_quantized", fused);
  observe_again(body, call, out, arguments, w.n);
}

}  // namespace octavo::emit

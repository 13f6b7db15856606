#include "codegen/emit/cpp_text.h"
#include "codegen/emit/ops/operators.h"

namespace octavo::emit {

namespace {

// q, k, v, out: [B, S, heads*D] seen as [B, heads, S, D], by strides over (batch, head, row).
std::string strides_text(const Layout& layout, int64_t head_dim) {
  return list({layout.stride[0], Dim(head_dim), layout.stride[1]});
}

// A value whose heads*D elements of a token lie side by side.
ValueId side_by_side(Body& body, ValueId id) {
  return body.layout(id).stride[2].is(1) || body.shape(id)[2].is(1) ? id : body.contiguous(id);
}

void check(Body& body, const Call& call, int64_t heads, const std::optional<int64_t>& hidden) {
  for (size_t i = 0; i < 3; ++i) {
    if (body.shape(call.operands[i]).size() != 3) refuse(call, "q, k and v must be [B, S, heads*D]");
  }
  const Shape& q = body.shape(call.operands[0]);
  const Shape& k = body.shape(call.operands[1]);
  if (!hidden || heads < 1 || *hidden % heads != 0) {
    refuse(call, graph::text(q) + " does not split into " + std::to_string(heads) + " heads");
  }
  if (!(body.shape(call.operands[2]) == k) || !(k[0] == q[0]) || !(k[2] == q[2])) {
    refuse(call, "q " + graph::text(q) + ", k " + graph::text(k) + " and v " +
                     graph::text(body.shape(call.operands[2])) + " do not belong together");
  }
}

void add_mask(Body& body, const Call& call, int64_t heads, std::vector<std::string>& fields) {
  if (call.operands.size() < 4 || call.operands[3] == kNone) return;
  const ValueId mask = body.converted(call.operands[3], DType::f32);
  const Shape full = {body.shape(call.operands[0])[0], heads, body.shape(call.operands[0])[1],
                      body.shape(call.operands[1])[1]};
  const auto seen = broadcast(body.shape(mask), body.layout(mask), full);
  if (!seen) refuse(call, "the mask " + graph::text(body.shape(mask)) + " does not broadcast to " + graph::text(full));
  fields.push_back(".mask = " + body.pointer(*seen));
  fields.push_back(".mask_stride = " + list({seen->stride[0], seen->stride[1], seen->stride[2]}));
  fields.push_back(".mask_key_stride = " + expression(seen->stride[3]));
}

bool flag(const Call& call, const char* name) { return call.has(name) && call.boolean(name); }

bool add_int8(const Call& call, std::vector<std::string>& fields) {
  for (const char* product : {"int8_scores", "int8_context"})
    if (flag(call, product)) fields.push_back("." + std::string(product) + " = true");
  for (const char* scale : {"q_scale", "k_scale", "v_scale"})
    if (call.has(scale)) fields.push_back("." + std::string(scale) + " = " + float_literal(call.number(scale)));
  return flag(call, "int8_scores") || flag(call, "int8_context");
}

}  // namespace

void emit_attention(Body& body, const Call& call) {
  const int64_t heads = call.integer("heads");
  const auto hidden =
      body.shape(call.operands[0]).empty() ? std::nullopt : body.shape(call.operands[0]).back().constant();
  check(body, call, heads, hidden);
  const int64_t head_dim = *hidden / heads;
  const ValueId out = call.results[0];
  const ValueId q = side_by_side(body, call.operands[0]), k = side_by_side(body, call.operands[1]),
                v = side_by_side(body, call.operands[2]);
  const std::string k_len = expression(body.shape(k)[1]);

  std::vector<std::string> fields = {"{.batch = " + expression(body.shape(q)[0]),
                                     ".heads = " + std::to_string(heads),
                                     ".q_len = " + expression(body.shape(q)[1]),
                                     ".k_len = " + k_len,
                                     ".head_dim = " + std::to_string(head_dim),
                                     ".q = " + body.pointer(body.layout(q)),
                                     ".k = " + body.pointer(body.layout(k)),
                                     ".v = " + body.pointer(body.layout(v)),
                                     ".out = " + body.define(out),
                                     ".q_stride = " + strides_text(body.layout(q), head_dim),
                                     ".k_stride = " + strides_text(body.layout(k), head_dim),
                                     ".v_stride = " + strides_text(body.layout(v), head_dim),
                                     ".out_stride = " + strides_text(body.layout(out), head_dim)};
  add_mask(body, call, heads, fields);
  fields.push_back(".scale = " + float_literal(call.number("scale")));
  if (flag(call, "causal")) fields.emplace_back(".causal = true");
  const std::string int8 = add_int8(call, fields) ? ", true" : "";
  const std::string bytes =
      "attention_scratch_bytes(" + k_len + ", " + std::to_string(head_dim) + ", threads" + int8 + ")";
  fields.push_back(".scratch = " + body.scratch(bytes) + "}");
  body.call("attention", fields);
  body.observe(call, out, call.op);
}

}  // namespace octavo::emit

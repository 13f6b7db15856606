#include "codegen/emit/cpp_text.h"
#include "codegen/emit/ops/operators.h"

namespace octavo::emit {

namespace {

DType summed(DType dtype) {
  return dtype == DType::i64 || dtype == DType::i32 || dtype == DType::boolean ? DType::i64 : DType::f32;
}

}  // namespace

void emit_reduce(Body& body, const Call& call) {
  const ValueId to = call.results[0];
  const size_t rank = body.shape(call.operands[0]).size();
  uint32_t mask = 0;
  if (call.has("dims")) {
    for (const Dim& dim : call.shape("dims")) {
      mask |= 1U << dim_index(call, dim.constant().value_or(static_cast<int64_t>(rank)), rank);
    }
  }
  if (mask == 0) mask = rank >= 32 ? ~0U : (1U << rank) - 1;  // no dims named: all of them
  const DType dtype = call.op == "mean" ? DType::f32 : summed(body.type(call.operands[0]).dtype);
  if (body.type(to).dtype != dtype) {
    refuse(call, std::string("gives ") + graph::name(dtype) + ", the graph says " + graph::name(body.type(to).dtype));
  }
  const std::string from = body.view(body.converted(call.operands[0], dtype));
  body.define(to);
  body.call("reduce", {"ReduceOp::" + call.op, body.view(to), from, std::to_string(mask) + "U"});
  body.observe(call, to, call.op);
}

void emit_softmax(Body& body, const Call& call) {
  const ValueId to = call.results[0];
  const size_t dim = dim_index(call, "dim", body.shape(to).size());
  const std::string from = body.view(body.converted(call.operands[0], DType::f32));
  body.define(to);
  body.call("softmax", {body.view(to), from, std::to_string(dim)});
  body.observe(call, to, call.op);
}

void emit_cumsum(Body& body, const Call& call) {
  const ValueId to = call.results[0];
  const size_t dim = dim_index(call, "dim", body.shape(to).size());
  const DType dtype = summed(body.type(call.operands[0]).dtype);
  if (body.type(to).dtype != dtype) {
    refuse(call, std::string("gives ") + graph::name(dtype) + ", the graph says " + graph::name(body.type(to).dtype));
  }
  const std::string from = body.view(body.converted(call.operands[0], dtype));
  body.define(to);
  body.call("cumsum", {body.view(to), from, std::to_string(dim)});
  body.observe(call, to, call.op);
}

}  // namespace octavo::emit

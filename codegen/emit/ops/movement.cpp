#include "codegen/emit/cpp_text.h"
#include "codegen/emit/ops/operators.h"

namespace octavo::emit {

void emit_reshape(Body& body, const Call& call) {
  const ValueId from = call.operands[0], to = call.results[0];
  if (!(graph::product(body.shape(from)) == graph::product(body.shape(to)))) {
    refuse(call, graph::text(body.shape(from)) + " has another number of elements than " + graph::text(body.shape(to)));
  }
  if (const auto view = reshaped(body.shape(from), body.layout(from), body.shape(to))) return body.alias(to, *view);
  const ValueId copy = body.contiguous(from);
  body.alias(to, {body.layout(copy).buffer, 0, row_major(body.shape(to))});
}

void emit_permute(Body& body, const Call& call) {
  const size_t rank = body.shape(call.operands[0]).size();
  std::vector<int64_t> order;
  std::vector<bool> seen(rank, false);
  for (const Dim& dim : call.shape("dims")) {
    const size_t from = dim_index(call, dim.constant().value_or(static_cast<int64_t>(rank)), rank);
    if (seen[from]) refuse(call, "a dim is named twice");
    seen[from] = true;
    order.push_back(static_cast<int64_t>(from));
  }
  if (order.size() != rank) refuse(call, "not every dim is named");
  body.alias(call.results[0], permuted(body.layout(call.operands[0]), order));
}

void emit_expand(Body& body, const Call& call) {
  const ValueId from = call.operands[0], to = call.results[0];
  const auto view = broadcast(body.shape(from), body.layout(from), body.shape(to));
  if (!view) refuse(call, graph::text(body.shape(from)) + " does not expand to " + graph::text(body.shape(to)));
  body.alias(to, *view);
}

namespace {

// An index counted from the end of `size` when it is a negative number.
Dim from_front(const Dim& index, const Dim& size) {
  const auto constant = index.constant();
  return constant && *constant < 0 ? size + index : index;
}

}  // namespace

void emit_slice(Body& body, const Call& call) {
  const ValueId from = call.operands[0];
  const size_t dim = dim_index(call, "dim", body.shape(from).size());
  const Dim start = call.has("start") ? from_front(call.dim("start"), body.shape(from)[dim]) : Dim(0);
  const int64_t step = call.has("step") ? call.integer("step") : 1;
  if (step < 1) refuse(call, "step " + std::to_string(step) + " is not positive");
  body.alias(call.results[0], sliced(body.layout(from), dim, start, step));
}

void emit_select(Body& body, const Call& call) {
  const ValueId from = call.operands[0];
  const size_t dim = dim_index(call, "dim", body.shape(from).size());
  Layout view = sliced(body.layout(from), dim, from_front(call.dim("index"), body.shape(from)[dim]), 1);
  view.stride.erase(view.stride.begin() + static_cast<std::ptrdiff_t>(dim));
  body.alias(call.results[0], std::move(view));
}

void emit_cat(Body& body, const Call& call) {
  const ValueId to = call.results[0];
  const size_t dim = dim_index(call, "dim", body.shape(to).size());
  body.define(to);
  Dim start = 0;
  for (const ValueId part : call.operands) {
    const Layout place = sliced(body.layout(to), dim, start, 1);
    const ValueId same = body.converted(part, body.type(to).dtype);
    body.write(to);
    body.call("copy", {body.view(to, body.shape(part), place), body.view(same)});
    start = start + body.shape(part)[dim];
  }
  body.observe(call, to, call.op);
}

void emit_copy(Body& body, const Call& call) {
  const std::string from = body.view(call.operands[0]);
  body.define(call.results[0]);
  body.call("copy", {body.view(call.results[0]), from});
}

void emit_gather(Body& body, const Call& call) {
  const ValueId to = call.results[0];
  const size_t dim = dim_index(call, "dim", body.shape(to).size());
  const std::string from = body.view(call.operands[0]);
  const std::string index = body.view(body.converted(call.operands[1], DType::i64));
  body.define(to);
  body.call("gather", {body.view(to), from, index, std::to_string(dim)});
  body.observe(call, to, call.op);
}

// A copy of x, and then the elements that are put into it.
void emit_scatter(Body& body, const Call& call) {
  const ValueId to = call.results[0];
  const size_t dim = dim_index(call, "dim", body.shape(to).size());
  const bool accumulate = call.has("accumulate") && call.boolean("accumulate");
  const std::string x = body.view(body.converted(call.operands[0], body.type(to).dtype));
  body.define(to);
  body.call("copy", {body.view(to), x});
  const std::string index = body.view(body.converted(call.operands[1], DType::i64));
  const std::string from = body.view(body.converted(call.operands[2], body.type(to).dtype));
  body.write(to);
  body.call("scatter", {body.view(to), index, from, std::to_string(dim), accumulate ? "true" : "false"});
  body.observe(call, to, call.op);
}

void emit_sort(Body& body, const Call& call) {
  const ValueId values = call.results[0], index = call.results[1];
  const size_t dim = dim_index(call, "dim", body.shape(values).size());
  const std::string from = body.view(call.operands[0]);
  body.define(values);
  body.define(index);
  const std::string size = expression(body.shape(call.operands[0])[dim]);
  body.call("sort",
            {body.view(values), body.view(index), from, std::to_string(dim),
             call.boolean("descending") ? "true" : "false", body.scratch("sort_scratch_bytes(" + size + ", threads)")});
  body.observe(call, values, call.op);
}

}  // namespace octavo::emit

#include "codegen/passes/passes.h"
#include "codegen/passes/rewriter.h"

namespace octavo::passes {

namespace {
// Its sites are shown to an observer one by one, as columns of rows that are kept.
bool is_merged(const Call& product) { return product.string_or("site", "").find(',') != std::string::npos; }
}  // namespace

Graph fuse_linear_quantise(Graph graph) {
  return rewrite(std::move(graph), [](Rewriter& r, const Call& call) {
    if (call.op != "quantize_rows" || !r.single_use(call.operands[0])) return;
    const Call* product = r.producer(call.operands[0], "linear_s8");
    if (product == nullptr || is_merged(*product)) return;
    Attributes attributes = product->attributes;
    attributes["quantize"] = true;
    if (call.has("static_scale")) attributes["static_scale"] = call.number("static_scale");
    if (call.has("zero_point")) attributes["quantize_zero_point"] = call.attributes.at("zero_point");
    r.place(product->where);
    r.replace(call, r.emit_many("linear_s8", product->operands, std::move(attributes)));
  });
}

}  // namespace octavo::passes

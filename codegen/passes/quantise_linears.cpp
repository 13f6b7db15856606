#include "codegen/passes/passes.h"
#include "codegen/passes/rewriter.h"

namespace octavo::passes {

namespace {
// The int32 accumulator holds any K products of u8 and s8: K * 255 * 128 < 2^31.
constexpr int64_t kLongestProduct = ((int64_t{1} << 31) - 1) / (255 * 128);
}  // namespace

Graph quantise_linears(Graph graph) {
  return rewrite(std::move(graph), [](Rewriter& r, const Call& call) {
    if (call.op != "linear" || call.string_or("precision", "fp32") != "int8") return;
    const auto k = r.type(call.operands[1]).shape[1].constant();
    if (!k || *k > kLongestProduct) {
      throw base::Error(base::Exit::refused, call.where,
                        call.string_or("site", "linear") + ": sums of more than " + std::to_string(kLongestProduct) +
                            " products do not fit an int32",
                        "set precision = \"float\" for this site in octavo.toml");
    }
    Attributes attributes = call.attributes, quantisation;
    attributes.erase("precision");
    if (call.has("static_scale")) {
      quantisation["static_scale"] = call.number("static_scale");
      attributes.erase("static_scale");
    }
    const std::vector<ValueId> rows = r.emit_many("quantize_rows", {call.operands[0]}, std::move(quantisation));
    r.replace(call, r.emit("linear_s8", {rows[0], rows[1], call.operands[1], call.operands[2]}, std::move(attributes)));
  });
}

}  // namespace octavo::passes

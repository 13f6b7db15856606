#include <algorithm>

#include "codegen/passes/passes.h"
#include "codegen/passes/rewriter.h"

namespace octavo::passes {

namespace {
// The int32 accumulator holds any K products of u8 and s8: K * 255 * 128 < 2^31.
constexpr int64_t kLongestProduct = ((int64_t{1} << 31) - 1) / (255 * 128);

// Activations that never fall below `least`: half of a grid about 128 would be theirs in vain. The zero point leaves
// steps below it for rows whose peak is -least * (255 - zero_point) / zero_point or more: 2.0 for GELU, 1.9 for SiLU.
struct OneSided {
  const char* name;
  double least;
  int64_t zero_point;
};
constexpr OneSided kOneSided[] = {{"gelu_erf", -0.1701, 20},
                                  {"gelu_tanh", -0.1701, 20},
                                  {"silu", -0.2785, 32},
                                  {"relu", 0.0, 1},
                                  {"sigmoid", 0.0, 1}};

const OneSided* one_sided(const Call* producer) {
  if (producer == nullptr) return nullptr;
  std::string name = producer->op == "linear" ? producer->string_or("activation", "") : producer->op;
  if (name == "gelu") name = producer->string_or("approximate", "none") == "tanh" ? "gelu_tanh" : "gelu_erf";
  for (const OneSided& known : kOneSided) {
    if (name == known.name) return &known;
  }
  return nullptr;
}

// The static scale of the policy is absmax / 127: the grid about another zero point must reach absmax and `least`.
double static_scale_about(const OneSided& range, double symmetric) {
  const auto zero_point = static_cast<double>(range.zero_point);
  return std::max(symmetric * 127 / (255 - zero_point), -range.least / zero_point);
}
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
    attributes.erase("static_scale");
    const OneSided* range = one_sided(r.producer(call.operands[0]));
    if (call.has("static_scale")) {
      const double scale = call.number("static_scale");
      quantisation["static_scale"] = range != nullptr ? static_scale_about(*range, scale) : scale;
    }
    if (range != nullptr) quantisation["zero_point"] = attributes["zero_point"] = Dim(range->zero_point);
    const std::vector<ValueId> rows = r.emit_many("quantize_rows", {call.operands[0]}, std::move(quantisation));
    r.replace(call, r.emit("linear_s8", {rows[0], rows[1], call.operands[1], call.operands[2]}, std::move(attributes)));
  });
}

}  // namespace octavo::passes

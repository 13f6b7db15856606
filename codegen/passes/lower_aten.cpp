#include <algorithm>
#include <array>

#include "codegen/passes/lower/lower.h"
#include "codegen/passes/passes.h"

namespace octavo::passes {

namespace {

struct Hint {
  const char* op;
  const char* fix;
};
// The smallest edit of the source, for operators that people do meet.
constexpr std::array<Hint, 7> kHints = {{
    {"aten.multinomial", "leave sampling to the caller: return the logits"},
    {"aten.multi_head_attention_forward", "write attention with Linear and scaled_dot_product_attention"},
    {"aten._transformer_encoder_layer_fwd", "call the layer's modules one by one"},
    {"aten.bernoulli", "call eval() on the module: nothing random can be compiled"},
    {"aten.rand", "pass the random tensor as an input"},
    {"aten.randn", "pass the random tensor as an input"},
    {"aten.item", "a value cannot become a number while compiling: keep it a tensor"},
}};
constexpr const char* kAddLowering = "write it with operators that have a lowering, or add one (docs/adding-a-pass.md)";

// "aten.add_.Tensor" -> {"aten.add.Tensor", "aten.add"}
std::pair<std::string, std::string> lookup_names(const std::string& op) {
  const size_t first = op.find('.');
  size_t second = first == std::string::npos ? std::string::npos : op.find('.', first + 1);
  std::string base = op.substr(0, second);
  const std::string overload = second == std::string::npos ? "" : op.substr(second);
  if (base.size() > 1 && base.back() == '_' && base[base.size() - 2] != '_') base.pop_back();
  return {base + overload, base};
}

Lowering find_lowering(const std::string& op) {
  const auto [full, base] = lookup_names(op);
  for (const std::string& key : {full, base}) {
    for (const Lowerings* table :
         {&movement_lowerings(), &indexing_lowerings(), &rearranging_lowerings(), &elementwise_lowerings(),
          &function_lowerings(), &creation_lowerings(), &selection_lowerings(), &pooling_lowerings(),
          &reduction_lowerings(), &normalisation_lowerings(), &product_lowerings(), &einsum_lowerings(),
          &convolution_lowerings()}) {
      if (const auto found = table->find(key); found != table->end()) return found->second;
    }
  }
  return nullptr;
}

base::Error unknown_operator(const Call& call) {
  const std::string base = lookup_names(call.op).second;
  const auto* hint = std::find_if(kHints.begin(), kHints.end(), [&](const Hint& row) { return base == row.op; });
  return {base::Exit::refused, call.where, "no lowering for " + call.op,
          hint == kHints.end() ? kAddLowering : hint->fix};
}

// f32 is the only arithmetic of floats; f64 sneaks in through numbers that became tensors.
void refuse_other_precisions(const Rewriter& r, const Call& call) {
  for (const ValueId id : call.results) {
    const DType dtype = r.type(id).dtype;
    if (dtype != DType::f64 && dtype != DType::f16 && dtype != DType::bf16) continue;
    throw base::Error(base::Exit::refused, call.where, call.op + ": its result is " + graph::name(dtype),
                      "compute in float: .to(torch::kFloat), or torch::kFloat in its options");
  }
}

// One error as it is; several as one error that lists them, at the place of the first.
void throw_all(const std::vector<base::Error>& errors) {
  if (errors.empty()) return;
  if (errors.size() == 1) throw errors.front();
  std::string cause = std::to_string(errors.size()) + " calls cannot be compiled";
  for (const base::Error& error : errors) cause += "\n  " + error.text();
  throw base::Error(base::Exit::refused, errors.front().place, cause, "see each above");
}

}  // namespace

Graph lower_aten(Graph graph) {
  std::vector<base::Error> errors;
  Graph lowered = rewrite(std::move(graph), [&](Rewriter& rewriter, const Call& call) {
    if (in_vocabulary(call.op)) return;
    const Lowering lowering = find_lowering(call.op);
    if (lowering == nullptr) {
      errors.push_back(unknown_operator(call));
      return;
    }
    try {
      refuse_other_precisions(rewriter, call);
      Lower lower(rewriter, call);
      lowering(lower);
    } catch (base::Error& error) {
      if (error.exit != base::Exit::refused) throw;
      if (error.place.file.empty()) error.place = call.where;  // size arithmetic does not know its place
      errors.push_back(error);
    }
  });
  throw_all(errors);
  return lowered;
}

ValueId Lower::in(size_t i) const {
  if (!given(i)) refuse("argument " + std::to_string(i) + " is missing", "pass a tensor");
  return call.operands[i];
}

int64_t Lower::integer_or(const std::string& key, int64_t otherwise) const {
  return call.has(key) ? call.integer(key) : otherwise;
}

double Lower::number_or(const std::string& key, double otherwise) const {
  return call.has(key) ? call.number(key) : otherwise;
}

bool Lower::flag(const std::string& key) const { return call.has(key) && call.boolean(key); }

int64_t Lower::dim(const std::string& key, int64_t otherwise, size_t rank) const {
  return wrap_dim(integer_or(key, otherwise), rank, call.where);
}

bool Lower::is_integral(const std::string& key) const {
  const auto found = call.attributes.find(key);
  return found != call.attributes.end() && !std::holds_alternative<double>(found->second);
}

Attribute Lower::scalar(const std::string& key, DType dtype) const {
  if (dtype == DType::f32) return call.number(key);
  const double value = call.number(key);
  if (is_integral(key)) return Dim(static_cast<int64_t>(value));
  refuse("a float " + key + " for " + std::string(name(dtype)) + " values", "cast the tensor to float first");
}

void Lower::refuse(const std::string& cause, const std::string& fix) const {
  throw base::Error(base::Exit::refused, call.where, call.op + ": " + cause, fix);
}

DType promote(const Type& a, const Type& b) {
  const auto category = [](DType dtype) {
    switch (dtype) {
      case DType::boolean:
        return 0;
      case DType::i64:
      case DType::i32:
      case DType::u8:
      case DType::s8:
        return 1;
      default:
        return 2;
    }
  };
  if (category(a.dtype) != category(b.dtype)) return category(a.dtype) > category(b.dtype) ? a.dtype : b.dtype;
  if (a.dtype == b.dtype) return a.dtype;
  if (a.shape.empty() != b.shape.empty()) return a.shape.empty() ? b.dtype : a.dtype;
  return category(a.dtype) == 1 ? DType::i64 : DType::f32;
}

}  // namespace octavo::passes

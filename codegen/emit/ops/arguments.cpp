#include <array>

#include "codegen/emit/ops/operators.h"

namespace octavo::emit {

void refuse(const Call& call, const std::string& cause, const std::string& fix) {
  throw base::Error(base::Exit::refused, call.where, call.op + ": " + cause, fix);
}

size_t dim_index(const Call& call, int64_t dim, size_t rank) {
  const auto signed_rank = static_cast<int64_t>(rank);
  if (dim < -signed_rank || dim >= signed_rank) {
    refuse(call, "dim " + std::to_string(dim) + " of a tensor of " + std::to_string(rank) + " dims");
  }
  return static_cast<size_t>(dim < 0 ? dim + signed_rank : dim);
}

size_t dim_index(const Call& call, const std::string& key, size_t rank) {
  return dim_index(call, call.integer(key), rank);
}

std::string activation_text(const Call& call) {
  static constexpr std::array kNames = {"none", "relu", "gelu_erf", "gelu_tanh", "tanh", "silu", "sigmoid"};
  const std::string name = call.string_or("activation", "none");
  for (const char* known : kNames) {
    if (name == known) return "Activation::" + name;
  }
  refuse(call, "unknown activation '" + name + "'");
}

std::string observed_name(const Call& call) {
  const std::string activation = call.string_or("activation", "none");
  const bool residual = call.operands.size() > (call.op == "linear_s8" ? 4 : 3);
  return call.op + (activation == "none" ? "" : "+" + activation) + (residual ? "+add" : "");
}

}  // namespace octavo::emit

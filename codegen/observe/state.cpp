#include "codegen/observe/state.h"

#include <nlohmann/json.hpp>
#include <set>

namespace octavo::observe {

std::string module_types_json(const torch::nn::Module& root) {
  nlohmann::ordered_json types = {{"", root.name()}};
  for (const auto& child : root.named_modules({}, /*include_self=*/false)) types[child.key()] = child.value()->name();
  return types.dump(1) + "\n";
}

std::vector<std::pair<std::string, at::Tensor>> state_of(const torch::nn::Module& root) {
  std::vector<std::pair<std::string, at::Tensor>> state;
  std::set<const void*> seen;
  const auto add = [&](const std::string& name, const at::Tensor& tensor) {
    if (!tensor.defined()) return;
    if (tensor.numel() > 0 && !seen.insert(tensor.data_ptr()).second) return;
    state.emplace_back(name, tensor.detach().contiguous());
  };
  for (const auto& parameter : root.named_parameters()) add(parameter.key(), parameter.value());
  for (const auto& buffer : root.named_buffers()) add(buffer.key(), buffer.value());
  return state;
}

}  // namespace octavo::observe

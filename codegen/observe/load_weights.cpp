#include "codegen/observe/load_weights.h"

#include <cstring>
#include <map>

#include "codegen/observe/names.h"
#include "codegen/observe/probe.h"

namespace octavo::observe {

namespace {

std::string file_dtype(const at::Tensor& tensor) { return to_write({{"", tensor}}).front().info.dtype; }

struct Target {
  ModelTensor described;
  at::Tensor tensor;
};

std::vector<Target> targets_of(const torch::nn::Module& module) {
  std::vector<Target> targets;
  std::map<const void*, std::string> first_name;  // by storage and offset
  const auto add = [&](const std::string& name, const at::Tensor& tensor, bool buffer) {
    if (!tensor.defined()) return;
    const auto [first, fresh] = first_name.emplace(tensor.data_ptr(), name);
    targets.push_back({{name, tensor.sizes().vec(), buffer, tensor.is_floating_point(), file_dtype(tensor),
                        fresh ? "" : first->second},
                       tensor});
  };
  for (const auto& parameter : module.named_parameters()) add(parameter.key(), parameter.value(), false);
  for (const auto& buffer : module.named_buffers()) add(buffer.key(), buffer.value(), true);
  return targets;
}

void fill(const at::Tensor& target, const base::Safetensors& file, const std::string& name) {
  if (target.is_floating_point()) {
    const std::vector<float> values = file.floats(name);
    target.copy_(at::from_blob(const_cast<float*>(values.data()), target.sizes(), at::kFloat));
    return;
  }
  const auto bytes = file.bytes(name);
  at::Tensor values = at::empty(target.sizes(), target.options());
  if (!bytes.empty()) std::memcpy(values.data_ptr(), bytes.data(), bytes.size());
  target.copy_(values);
}

}  // namespace

std::vector<std::string> load_weights(torch::nn::Module& module, const std::filesystem::path& path) {
  const base::Safetensors file = base::Safetensors::open(path);
  const std::vector<Target> targets = targets_of(module);
  std::vector<ModelTensor> described;
  for (const Target& target : targets) described.push_back(target.described);
  Matching matching = match_names(described, file.tensors(), path.string());
  const torch::NoGradGuard no_grad;
  for (const Target& target : targets) {
    const auto name = matching.file_name.find(target.described.name);
    if (name != matching.file_name.end()) fill(target.tensor, file, name->second);
  }
  return std::move(matching.notes);
}

}  // namespace octavo::observe

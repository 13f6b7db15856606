#include "codegen/observe/registered.h"

namespace octavo::observe {

Registered::Registered(const torch::nn::Module& root) {
  for (const auto& parameter : root.named_parameters()) add(parameter.key(), parameter.value());
  for (const auto& buffer : root.named_buffers()) add(buffer.key(), buffer.value());
}

void Registered::add(const std::string& name, const at::Tensor& tensor) {
  if (tensor.defined() && tensor.has_storage()) {
    by_storage_[tensor.storage().unsafeGetStorageImpl()].push_back({name, tensor});
  }
}

bool same_elements(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() && a.strides() == b.strides() &&
         a.storage_offset() == b.storage_offset();
}

const Registered::Entry* Registered::find(const at::Tensor& tensor) const {
  const auto found = by_storage_.find(tensor.storage().unsafeGetStorageImpl());
  if (found == by_storage_.end()) return nullptr;
  for (const Entry& entry : found->second) {
    if (same_elements(entry.tensor, tensor)) return &entry;
  }
  return nullptr;
}

const Registered::Entry* Registered::in_storage_of(const at::Tensor& tensor) const {
  const auto found = by_storage_.find(tensor.storage().unsafeGetStorageImpl());
  return found == by_storage_.end() ? nullptr : &found->second.front();
}

}  // namespace octavo::observe

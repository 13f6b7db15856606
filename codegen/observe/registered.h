// Registered paths of parameters and buffers, found by the storage they live in.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "octavo/torch.h"

namespace octavo::observe {

class Registered {
 public:
  struct Entry {
    std::string name;
    at::Tensor tensor;
  };
  explicit Registered(const torch::nn::Module& root);
  // The registered tensor that is the same elements in the same order; the first name of a tied one. Null: there is none.
  [[nodiscard]] const Entry* find(const at::Tensor& tensor) const;
  // Any registered tensor that shares the storage.
  [[nodiscard]] const Entry* in_storage_of(const at::Tensor& tensor) const;

 private:
  std::unordered_map<const c10::StorageImpl*, std::vector<Entry>> by_storage_;
  void add(const std::string& name, const at::Tensor& tensor);
};

// Same elements of one storage in the same order.
[[nodiscard]] bool same_elements(const at::Tensor& a, const at::Tensor& b);

}  // namespace octavo::observe

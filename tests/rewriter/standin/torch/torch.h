// Just enough of LibTorch for the rewriter: the same canonical names, no bodies, parsed in a millisecond.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace at {
struct Tensor {
  Tensor matmul(const Tensor& other) const;
  Tensor mm(const Tensor& other) const;
  Tensor bmm(const Tensor& other) const;
  Tensor mv(const Tensor& other) const;
  Tensor addmm(const Tensor& a, const Tensor& b, double beta = 1, double alpha = 1) const;
  Tensor& baddbmm_(const Tensor& a, const Tensor& b, double beta = 1, double alpha = 1) const;
  Tensor add(const Tensor& other, double alpha = 1) const;
  Tensor transpose(int64_t a, int64_t b) const;
  Tensor t() const;
  Tensor select(int64_t dim, int64_t index) const;
  Tensor argmax(int64_t dim) const;
  int64_t size(int64_t dim) const;
};
struct TensorList {
  TensorList(std::initializer_list<Tensor> list);
};
Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator+(const Tensor& a, double b);
Tensor operator*(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, double b);
Tensor operator/(const Tensor& a, double b);
Tensor operator-(const Tensor& a);
Tensor matmul(const Tensor& a, const Tensor& b);
Tensor mm(const Tensor& a, const Tensor& b);
Tensor bmm(const Tensor& a, const Tensor& b);
Tensor dot(const Tensor& a, const Tensor& b);
Tensor addmm(const Tensor& added, const Tensor& a, const Tensor& b, double beta = 1, double alpha = 1);
Tensor tensordot(const Tensor& a, const Tensor& b, std::vector<int64_t> dims_a, std::vector<int64_t> dims_b);
Tensor conv1d(const Tensor& x, const Tensor& weight);
Tensor add(const Tensor& a, const Tensor& b, double alpha = 1);
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = {});
Tensor einsum(const char* equation, TensorList operands);
Tensor softmax(const Tensor& a, int64_t dim);
Tensor layer_norm(const Tensor& input, std::vector<int64_t> shape);
Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const Tensor& mask = {});
}  // namespace at

namespace torch {
using namespace at;

namespace nn {
class Module {
 public:
  virtual ~Module();
  template <class T>
  T register_module(std::string name, T module);
  template <class T>
  T* as();
  std::vector<std::shared_ptr<Module>> modules();
};

template <class Contained>
class ModuleHolder {
 public:
  ModuleHolder();
  ModuleHolder(std::nullptr_t);
  ModuleHolder(std::shared_ptr<Contained> module);
  template <class Head, class... Tail>
  explicit ModuleHolder(Head&& head, Tail&&... tail);
  Contained* operator->();
  const Contained* operator->() const;
  Contained& operator*();
  template <class... Args>
  at::Tensor operator()(Args&&... args);

 private:
  std::shared_ptr<Contained> impl_;
};

template <class Derived>
class Cloneable : public Module {};

struct LinearOptions {
  LinearOptions(int64_t in, int64_t out);
  LinearOptions& bias(bool on);
};

#define TORCH_MODULE(Name)                                   \
  class Name : public torch::nn::ModuleHolder<Name##Impl> {  \
   public:                                                   \
    using torch::nn::ModuleHolder<Name##Impl>::ModuleHolder; \
  }

class LinearImpl : public Module {
 public:
  LinearImpl(int64_t in, int64_t out);
  explicit LinearImpl(const LinearOptions& options);
  at::Tensor forward(const at::Tensor& input);
  at::Tensor weight;
};
TORCH_MODULE(Linear);

class EmbeddingImpl : public Module {
 public:
  EmbeddingImpl(int64_t rows, int64_t width);
  at::Tensor forward(const at::Tensor& ids);
};
class Embedding : public ModuleHolder<EmbeddingImpl> {
 public:
  using ModuleHolder<EmbeddingImpl>::ModuleHolder;
  static Embedding from_pretrained(const at::Tensor& weight);
};

class LayerNormImpl : public Module {
 public:
  explicit LayerNormImpl(std::vector<int64_t> shape);
  at::Tensor forward(const at::Tensor& input);
};
TORCH_MODULE(LayerNorm);

class DropoutImpl : public Module {
 public:
  explicit DropoutImpl(double p = 0.5);
  at::Tensor forward(const at::Tensor& input);
};
TORCH_MODULE(Dropout);

class MultiheadAttentionImpl : public Module {
 public:
  MultiheadAttentionImpl(int64_t width, int64_t heads);
  std::tuple<at::Tensor, at::Tensor> forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v);
};
TORCH_MODULE(MultiheadAttention);

class Conv2dImpl : public Module {
 public:
  Conv2dImpl(int64_t in, int64_t out, int64_t kernel);
  at::Tensor forward(const at::Tensor& x);
};
TORCH_MODULE(Conv2d);

class SequentialImpl : public Module {
 public:
  template <class... Modules>
  explicit SequentialImpl(Modules&&... modules);
  template <class T>
  void push_back(T module);
  template <class T>
  void push_back(std::string name, T module);
  at::Tensor forward(const at::Tensor& input);
};
TORCH_MODULE(Sequential);

namespace functional {
at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias = {});
at::Tensor layer_norm(const at::Tensor& input, std::vector<int64_t> shape);
}  // namespace functional
}  // namespace nn
}  // namespace torch

// What the generated source of an observed program uses:
//
//   #include <octavo/observe.h>
//   #include "bert.octavo.cpp"
//   int main(int argc, char** argv) {
//     return octavo::observe::main(argc, argv, [] {
//       return octavo::observe::wrap<2>(BertModel(BertConfig{}));      // 2: the number of declared inputs
//     });
//   }
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "octavo/torch.h"

namespace octavo::observe {

// What a forward returned, in order. `single`: one tensor, not in a tuple or list.
struct Outputs {
  std::vector<torch::Tensor> tensors;
  bool single = false;
};

struct Program {
  std::shared_ptr<torch::nn::Module> module;  // root of the names of parameters
  std::function<Outputs(const std::vector<torch::Tensor>&)> forward;
};

// Subcommands trace, calibrate, run, weights and bench; returns the exit code. docs/tracing.md has the options.
int main(int argc, char** argv, const std::function<Program()>& make);

namespace detail {

template <typename T>
inline constexpr bool kUnknown = false;

// Beside others, a tensor that is undefined is no result: `return {logits, loss}` without targets.
inline void append(Outputs& outputs, const torch::Tensor& tensor) {
  if (tensor.defined() || outputs.single) outputs.tensors.push_back(tensor);
}
template <typename T>
void append(Outputs& outputs, const std::optional<T>& value);
template <typename T>
void append(Outputs& outputs, const std::vector<T>& values);
template <typename T, size_t N>
void append(Outputs& outputs, const std::array<T, N>& values);
template <typename A, typename B>
void append(Outputs& outputs, const std::pair<A, B>& values);
template <typename... T>
void append(Outputs& outputs, const std::tuple<T...>& values);

template <typename T>
void append(Outputs& outputs, const std::optional<T>& value) {
  if (value) append(outputs, *value);
}
template <typename T>
void append(Outputs& outputs, const std::vector<T>& values) {
  for (const T& value : values) append(outputs, value);
}
template <typename T, size_t N>
void append(Outputs& outputs, const std::array<T, N>& values) {
  for (const T& value : values) append(outputs, value);
}
template <typename A, typename B>
void append(Outputs& outputs, const std::pair<A, B>& values) {
  append(outputs, values.first);
  append(outputs, values.second);
}
template <typename... T>
void append(Outputs& outputs, const std::tuple<T...>& values) {
  std::apply([&](const auto&... value) { (append(outputs, value), ...); }, values);
}

template <typename Result>
inline constexpr bool kSingle =
    std::is_same_v<Result, torch::Tensor> || std::is_same_v<Result, std::optional<torch::Tensor>>;

// Calls impl.forward(x[0], …, x[N-1]).
template <typename Impl, size_t... I>
Outputs forward(Impl& impl, const std::vector<torch::Tensor>& inputs, std::index_sequence<I...>) {
  constexpr bool callable = requires { impl.forward(inputs[I]...); };
  static_assert(callable, "octavo: forward cannot be called with N tensors (N is the number of --input)");
  if constexpr (callable) {
    auto result = impl.forward(inputs[I]...);
    Outputs outputs;
    outputs.single = kSingle<std::decay_t<decltype(result)>>;
    append(outputs, result);
    return outputs;
  } else {
    return {};
  }
}

template <size_t N, typename Impl>
Program program(std::shared_ptr<Impl> impl) {
  Program result;
  if constexpr (std::is_base_of_v<torch::nn::Module, Impl>) {
    result.module = impl;
  } else {
    result.module = std::make_shared<torch::nn::Module>();  // a plain class has no registered names
  }
  result.forward = [impl](const std::vector<torch::Tensor>& inputs) {
    return forward(*impl, inputs, std::make_index_sequence<N>());
  };
  return result;
}

}  // namespace detail

// `model` is a module holder, a shared_ptr to a module or to any class with a forward, or such an object by value.
template <size_t N, typename Model>
Program wrap(Model model) {
  if constexpr (requires { typename Model::ContainedType; }) {
    return detail::program<N>(model.ptr());
  } else if constexpr (requires {
                         model.get();
                         *model;
                       }) {
    return detail::program<N>(std::shared_ptr(std::move(model)));
  } else {
    return detail::program<N>(std::make_shared<Model>(std::move(model)));
  }
}

}  // namespace octavo::observe

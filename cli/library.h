// A model that `octavo build` made, loaded through its C ABI: octavo itself links no model. Failures of the model are base::Error:
// (refused) for bad inputs, weights or instruction sets.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/octavo_model.h"

namespace octavo::cli {

struct Tensor {
  octavo_dtype dtype = OCTAVO_F32;
  std::vector<int64_t> shape;
  std::vector<std::byte> bytes;  // row-major

  [[nodiscard]] int64_t elements() const;
  [[nodiscard]] std::vector<float> floats() const;
};
using Tensors = std::map<std::string, Tensor>;  // by input or output name

[[nodiscard]] size_t size_of(octavo_dtype dtype);
[[nodiscard]] const char* safetensors_name(octavo_dtype dtype);
[[nodiscard]] octavo_dtype dtype_from_safetensors(const std::string& name);  // throws for what the ABI lacks

// DIR/manifest.json says the name; DIR/NAME.so and DIR/NAME.weights are opened.
class Library {
 public:
  struct Options {
    int threads = 0;  // 0: one per CPU
    std::string isa;  // empty: the best of this CPU
  };
  explicit Library(const std::filesystem::path& folder, const Options& options);

  [[nodiscard]] const octavo_description& description() const { return *api_->description; }
  [[nodiscard]] const octavo_api& api() const { return *api_; }
  [[nodiscard]] const octavo_model* model() const { return model_.get(); }
  [[nodiscard]] Tensors run(const Tensors& inputs);
  // Runs once more into the same memory: what a benchmark times.
  [[nodiscard]] std::function<void()> repeat(const Tensors& inputs);
  using Observer = std::function<void(const octavo_observation&)>;
  void observe(Observer observer);  // null removes it
  using Profiler = std::function<void(const octavo_step_profile&)>;
  void profile(Profiler profiler);  // null removes it
  // Throws base::Error (refused) when the model was built before its steps could be timed.
  void require_profiler() const;

 private:
  std::shared_ptr<void> handle_;
  const octavo_api* api_ = nullptr;
  std::shared_ptr<octavo_model> model_;
  std::shared_ptr<octavo_session> session_;
  std::filesystem::path object_;
  Observer observer_;
  Profiler profiler_;

  void check(octavo_status status) const;
  [[nodiscard]] std::vector<octavo_tensor> input_tensors(const Tensors& inputs) const;
};

}  // namespace octavo::cli

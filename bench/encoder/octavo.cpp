// A model compiled by Octavo, INT8 or FP32, through its C ABI.
#include <dlfcn.h>

#include <filesystem>
#include <stdexcept>

#include "bench/encoder/task.h"
#include "runtime/octavo_model.h"

namespace {

namespace fs = std::filesystem;

fs::path only_file(const fs::path& folder, const char* extension) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == extension) return entry.path();
  }
  throw std::runtime_error(folder.string() + ": holds no " + extension);
}

octavo_tensor tensor(octavo_dtype dtype, std::initializer_list<int64_t> shape, void* data, size_t bytes) {
  octavo_tensor t{dtype, static_cast<int32_t>(shape.size()), {}, data, bytes};
  std::copy(shape.begin(), shape.end(), t.shape);
  return t;
}

class Octavo {
 public:
  Octavo(bench::Arguments arguments, int threads) {
    const fs::path folder = arguments[0];
    void* library = dlopen(only_file(folder, ".so").c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    api_ = reinterpret_cast<decltype(&octavo_get_api)>(dlsym(library, "octavo_get_api"))();
    const octavo_options options{threads, nullptr};
    check(api_->load(api_, only_file(folder, ".weights").c_str(), &options, &model_));
    check(api_->create_session(model_, &session_));
  }

  void prepare(const bench::Inputs& inputs) {
    current_ = inputs;
    auto of = [&](std::vector<int64_t>& values) {
      return tensor(OCTAVO_I64, {inputs.B, inputs.S}, values.data(), values.size() * sizeof(int64_t));
    };
    inputs_[0] = of(current_.ids);
    inputs_[1] = of(current_.mask);
    check(api_->output_shapes(session_, inputs_, 2, &output_, 1));
    values_.resize(output_.bytes / sizeof(float));
    output_.data = values_.data();
  }

  void run() { check(api_->run(session_, inputs_, 2, &output_, 1)); }

  bench::Output output() const { return {output_.shape[2], values_.data()}; }

  // The mapped weights and the largest arena so far.
  double planned_mb() const {
    return static_cast<double>(api_->model_weights_bytes(model_) + api_->session_arena_bytes(session_)) / (1 << 20);
  }

 private:
  void check(octavo_status status) const {
    if (status != OCTAVO_OK) throw std::runtime_error(api_->last_error());
  }

  const octavo_api* api_ = nullptr;
  octavo_model* model_ = nullptr;
  octavo_session* session_ = nullptr;
  bench::Inputs current_;
  std::vector<float> values_;
  octavo_tensor inputs_[2] = {}, output_ = {};
};

}  // namespace

int main(int argc, char** argv) { return bench::main<Octavo>(argc, argv, 1, "bench_encoder_octavo BUILD_DIR THREADS"); }

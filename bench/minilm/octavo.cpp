// A model compiled by Octavo, INT8 or FP32, through its C ABI.
#include <dlfcn.h>

#include <filesystem>
#include <stdexcept>

#include "bench/minilm/task.h"
#include "runtime/octavo_model.h"

namespace {

namespace fs = std::filesystem;

fs::path only_file(const fs::path& folder, const char* extension) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == extension) return entry.path();
  }
  throw std::runtime_error(folder.string() + ": holds no " + extension);
}

class Octavo {
 public:
  Octavo(const char* folder, int threads) {
    void* library = dlopen(only_file(folder, ".so").c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    api_ = reinterpret_cast<decltype(&octavo_get_api)>(dlsym(library, "octavo_get_api"))();
    const octavo_options options{threads, nullptr};
    check(api_->load(api_, only_file(folder, ".weights").c_str(), &options, &model_));
    check(api_->create_session(model_, &session_));
  }

  void prepare(const bench::Inputs& inputs) {
    current_ = inputs;
    output_.resize(static_cast<size_t>(inputs.B * inputs.S * 384));
    inputs_[0] = tensor(OCTAVO_I64, {inputs.B, inputs.S}, current_.ids.data(), current_.ids.size() * sizeof(int64_t));
    inputs_[1] = tensor(OCTAVO_I64, {inputs.B, inputs.S}, current_.mask.data(), current_.mask.size() * sizeof(int64_t));
    result_ = tensor(OCTAVO_F32, {inputs.B, inputs.S, 384}, output_.data(), output_.size() * sizeof(float));
  }

  void run() { check(api_->run(session_, inputs_, 2, &result_, 1)); }

  const float* output() const { return output_.data(); }

 private:
  static octavo_tensor tensor(octavo_dtype dtype, std::initializer_list<int64_t> shape, void* data, size_t bytes) {
    octavo_tensor t{dtype, static_cast<int32_t>(shape.size()), {}, data, bytes};
    std::copy(shape.begin(), shape.end(), t.shape);
    return t;
  }
  void check(octavo_status status) const {
    if (status != OCTAVO_OK) throw std::runtime_error(api_->last_error());
  }

  const octavo_api* api_ = nullptr;
  octavo_model* model_ = nullptr;
  octavo_session* session_ = nullptr;
  bench::Inputs current_;
  std::vector<float> output_;
  octavo_tensor inputs_[2] = {}, result_ = {};
};

}  // namespace

int main(int argc, char** argv) { return bench::main<Octavo>(argc, argv, "octavo BUILD_DIR THREADS"); }

// Runs an emitted program through its C ABI, and the helpers that references are written with.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "base/safetensors.h"
#include "runtime/c_api.h"

namespace octavo::emit::test {

// Row-major bytes with a shape.
struct Array {
  octavo_dtype dtype = OCTAVO_F32;
  std::vector<int64_t> shape;
  std::vector<std::byte> bytes;

  template <typename T>
  static Array of(octavo_dtype dtype, std::vector<int64_t> shape, const std::vector<T>& values) {
    Array array{dtype, std::move(shape), std::vector<std::byte>(values.size() * sizeof(T))};
    if (!values.empty()) std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
    return array;
  }
  template <typename T>
  [[nodiscard]] std::vector<T> as() const {
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
};

// One loaded model with one session. Failures are GoogleTest failures with last_error().
class Runner {
 public:
  Runner(const octavo_api* api, const std::string& weights, int threads = 2);
  Runner(const Program& program, const std::string& name);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // By output name.
  std::map<std::string, Array> run(const std::vector<Array>& inputs);
  [[nodiscard]] const octavo_api* api() const { return api_; }
  [[nodiscard]] octavo_session* session() const { return session_; }

 private:
  std::unique_ptr<CApi> own_;
  const octavo_api* api_ = nullptr;
  octavo_model* model_ = nullptr;
  octavo_session* session_ = nullptr;
  void load(const std::string& weights, int threads);
};

// The tensors a fixture was made from.
[[nodiscard]] std::vector<float> tensor(const std::string& fixture, const std::string& name);

// Prints the worst element. `bound` is per element.
void expect_near(const std::vector<float>& got, const std::vector<double>& expected, double bound);

}  // namespace octavo::emit::test

#include "tests/emit/running.h"

#include <algorithm>
#include <cmath>

namespace octavo::emit::test {

Runner::Runner(const octavo_api* api, const std::string& weights, int threads) : api_(api) { load(weights, threads); }

Runner::Runner(const Program& program, const std::string& name)
    : own_(std::make_unique<CApi>(program)), api_(own_->get()) {
  load(std::string(EMITTED_FOLDER) + "/" + name + ".weights", 2);
}

void Runner::load(const std::string& weights, int threads) {
  const octavo_options options{threads, nullptr};
  if (api_->load(api_, weights.c_str(), &options, &model_) != OCTAVO_OK ||
      api_->create_session(model_, &session_) != OCTAVO_OK) {
    ADD_FAILURE() << api_->last_error();
  }
}

Runner::~Runner() {
  api_->destroy_session(session_);
  api_->unload(model_);
}

std::map<std::string, Array> Runner::run(const std::vector<Array>& inputs) {
  std::vector<octavo_tensor> in, out(api_->description->output_count);
  for (const Array& array : inputs) {
    octavo_tensor tensor{array.dtype,
                         static_cast<int32_t>(array.shape.size()),
                         {},
                         const_cast<std::byte*>(array.bytes.data()),
                         array.bytes.size()};
    std::ranges::copy(array.shape, tensor.shape);
    in.push_back(tensor);
  }
  std::map<std::string, Array> results;
  if (api_->output_shapes(session_, in.data(), in.size(), out.data(), out.size()) != OCTAVO_OK) {
    ADD_FAILURE() << api_->last_error();
    return results;
  }
  for (size_t i = 0; i < out.size(); ++i) {
    Array& array = results[api_->description->outputs[i].name];
    array.dtype = static_cast<octavo_dtype>(out[i].dtype);
    array.shape.assign(out[i].shape, out[i].shape + out[i].rank);
    array.bytes.resize(out[i].bytes);
    out[i].data = array.bytes.data();
  }
  if (api_->run(session_, in.data(), in.size(), out.data(), out.size()) != OCTAVO_OK) {
    ADD_FAILURE() << api_->last_error();
  }
  return results;
}

std::vector<float> tensor(const std::string& fixture, const std::string& name) {
  return base::Safetensors::open(std::string(EMITTED_FOLDER) + "/" + fixture + ".tensors.safetensors").floats(name);
}

void expect_near(const std::vector<float>& got, const std::vector<double>& expected, double bound) {
  ASSERT_EQ(got.size(), expected.size());
  size_t worst = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    if (!(std::abs(got[i] - expected[i]) <= std::abs(got[worst] - expected[worst]))) worst = i;
  }
  if (got.empty()) return;
  EXPECT_LE(std::abs(got[worst] - expected[worst]), bound)
      << "element " << worst << ": " << got[worst] << ", expected " << expected[worst];
}

}  // namespace octavo::emit::test

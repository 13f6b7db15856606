// Small models as graph text, with tensors from a fixed generator. make_fixtures emits them at build time; the tests
// link the emitted C++ and compute the same things with plain loops.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/safetensors.h"
#include "codegen/emit/emit.h"

namespace octavo::emit::test {

struct Fixture {
  std::string name, graph;
};
[[nodiscard]] const std::vector<Fixture>& fixtures();
[[nodiscard]] const Fixture& fixture(const std::string& name);

// Makes folder/NAME.tensors.safetensors with a value for every weight of the graph, and opens it.
[[nodiscard]] base::Safetensors make_tensors(const graph::Graph& graph, const std::filesystem::path& folder);
// Emits into `folder` (made when missing).
Emitted emit_fixture(const Fixture& fixture, const std::filesystem::path& folder);

// Reproducible numbers, the same on every machine.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed * 2 + 1) {}
  uint32_t next();
  float uniform(float low, float high);
  int64_t below(int64_t limit);

 private:
  uint64_t state_;
};

}  // namespace octavo::emit::test

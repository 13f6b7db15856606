// What the kernel tests share: random data with a fixed seed, every instruction set this CPU runs, exact comparison.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "runtime/context.h"
#include "runtime/isa.h"
#include "runtime/kernels/kernels.h"
#include "runtime/threads.h"

namespace octavo::testing {

inline constexpr float kInf = std::numeric_limits<float>::infinity();
inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
inline constexpr double kEps = 0x1p-24;  // half an ulp of 1.0f: the relative error of one correctly rounded operation

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  std::vector<float> normal(int64_t n, float scale = 1.0f) {
    std::normal_distribution<float> d(0.0f, scale);
    std::vector<float> v(static_cast<size_t>(n));
    for (float& x : v) x = d(engine_);
    return v;
  }
  std::vector<int64_t> integers(int64_t n, int64_t low, int64_t high) {
    std::uniform_int_distribution<int64_t> d(low, high);
    std::vector<int64_t> v(static_cast<size_t>(n));
    for (int64_t& x : v) x = d(engine_);
    return v;
  }
  int64_t integer(int64_t low, int64_t high) { return integers(1, low, high)[0]; }
  // Any bit pattern: subnormals, infinities and NaN included.
  std::vector<float> any_bits(int64_t n) {
    std::vector<float> v(static_cast<size_t>(n));
    for (float& x : v) x = std::bit_cast<float>(static_cast<uint32_t>(engine_()));
    return v;
  }
  std::mt19937_64& engine() { return engine_; }

 private:
  std::mt19937_64 engine_;
};

inline Threads& pool(int threads) {
  static Threads one(1), two(2), three(3);
  return threads == 1 ? one : threads == 2 ? two : three;
}

inline Context context(const char* isa, int threads = 1) { return {choose_kernels(isa), pool(threads)}; }

// Every instruction set of this build that this CPU can run.
inline std::vector<const char*> runnable() {
  std::vector<const char*> names;
  for (const Isa& isa : isas())
    if (isa.supported) names.push_back(isa.name);
  return names;
}

// The contexts whose answers must all have the same bits; the first is the definition.
inline std::vector<Context> contexts() {
  std::vector<Context> all;
  for (const char* isa : runnable())
    for (int threads : {1, 2, 3}) all.push_back(context(isa, threads));
  return all;
}

inline bool same_bits(float a, float b) {
  return (a != a && b != b) || std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
}

// NaN equals NaN (its payload is not specified); everything else, -0 too, bit by bit.
inline ::testing::AssertionResult same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return ::testing::AssertionFailure() << a.size() << " and " << b.size() << " elements";
  for (size_t i = 0; i < a.size(); ++i)
    if (!same_bits(a[i], b[i]))
      return ::testing::AssertionFailure() << "element " << i << ": " << std::hexfloat << a[i] << " and " << b[i];
  return ::testing::AssertionSuccess();
}

// run(context) -> outputs as floats; asserts that every context gives what the first gives, and returns it.
template <typename Run>
std::vector<float> same_everywhere(Run run) {
  std::vector<float> expected;
  bool first = true;
  for (const Context& ctx : contexts()) {
    std::vector<float> got = run(ctx);
    if (first) {
      expected = got;
    } else {
      EXPECT_TRUE(same_bits(expected, got)) << ctx.kernels.name << ", " << ctx.threads.count() << " threads";
    }
    first = false;
  }
  return expected;
}

}  // namespace octavo::testing

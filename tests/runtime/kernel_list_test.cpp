// linear_s8/kernels.inc: each kernel of the list against the scalar one, and what dispatch relies on.
#include "runtime/kernels/linear_s8/lane_bound.h"
#include "runtime/kernels/linear_s8/pack.h"
#include "runtime/tensor.h"
#include "tests/runtime/support.h"

namespace octavo::testing {
namespace {

TEST(KernelList, TheLastOfEachInstructionSetTakesEverything) {
  for (const Isa& isa : isas()) {
    const LinearS8Kernel& last = isa.kernels->linear_s8.back();
    EXPECT_EQ(last.bound, LaneBound::none) << isa.name;
    EXPECT_EQ(last.most_rows, kAnyRows) << isa.name;
  }
}

TEST(KernelList, NamesFollowTheGrammar) {
  for (const Isa& isa : isas())
    for (const LinearS8Kernel& k : isa.kernels->linear_s8) {
      const std::string name = k.name;
      EXPECT_TRUE(name.starts_with("linear_s8_")) << name;
      const std::string tile = "_" + std::to_string(k.tile_rows) + "x" + std::to_string(k.tile_columns) + "__" + k.isa;
      EXPECT_TRUE(name.ends_with(tile)) << name << " ends with " << tile;
      EXPECT_EQ(k.tile_columns % 16, 0) << name;
    }
}

TEST(KernelList, DispatchTakesTheFirstThatIsProvenAndTrusted) {
  for (const Isa& isa : isas())
    for (const LaneBound proven : {LaneBound::none, LaneBound::pairs, LaneBound::fours})
      for (const int64_t rows : {1, 4, 5, 1000}) {
        const LinearS8Kernel& taken = choose_linear_s8(*isa.kernels, proven, rows);
        EXPECT_LE(taken.bound, std::min(proven, isa.kernels->trusted)) << isa.name << ": " << taken.name;
        for (const LinearS8Kernel& k : isa.kernels->linear_s8) {
          if (&k == &taken) break;
          EXPECT_TRUE(k.bound > std::min(proven, isa.kernels->trusted) || rows > k.most_rows) << k.name;
        }
      }
}

struct Product {
  PackedS8Data packed;
  int64_t rows;
  std::vector<uint8_t> q;
  std::vector<float> scale;

  // Columns outside [panel_begin, panel_end) keep the mark.
  std::vector<float> run(const LinearS8Kernel& kernel, int64_t panel_begin, int64_t panel_end) const {
    const PackedS8 w = packed.view();
    std::vector<std::byte> scratch(Threads::kScratchBytes + 64);
    std::vector<float> y(static_cast<size_t>(rows * w.n), 123.0f);
    void* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64);
    kernel.run(
        {rows, q.data(), scale.data(), &w, panel_begin, panel_end, Activation::gelu_erf, y.data(), w.n, aligned});
    return y;
  }

  // The same under a static scale: u8, and which rows are marked as poisoned.
  std::vector<float> run_u8(const LinearS8Kernel& kernel, int64_t panel_begin, int64_t panel_end) const {
    const PackedS8 w = packed.view();
    std::vector<std::byte> scratch(Threads::kScratchBytes + 64);
    std::vector<uint8_t> q_out(static_cast<size_t>(rows * round_up(w.n, 4)), 123);
    std::vector<float> out(static_cast<size_t>(rows), 1.0f);
    void* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64);
    LinearS8Block block = {rows,    q.data(), scale.data(), &w, panel_begin, panel_end, Activation::gelu_erf,
                           nullptr, 0,        aligned};
    block.u8 = {q_out.data(), out.data(), 1 / 0.03f, 20};
    kernel.run(block);
    out.insert(out.end(), q_out.begin(), q_out.end());
    return out;
  }
};

Product product(Random& random, LaneBound bound, int64_t rows, int64_t n, int64_t k) {
  const auto weights = random.normal(n * k, 0.05f), bias = random.normal(n);
  Product p{pack_linear_s8(weights.data(), bias.data(), n, k, bound), rows, {}, {}};
  for (int64_t v : random.integers(rows * round_up(k, 4), 0, 255)) p.q.push_back(static_cast<uint8_t>(v));
  for (float v : random.normal(rows)) p.scale.push_back(std::abs(v) * 0.01f);
  return p;
}

// Every kernel, its most_rows aside: what it is not chosen for must still be right.
TEST(KernelList, EachKernelGivesTheBitsOfTheScalarOne) {
  Random random(11);
  const LinearS8Kernel& scalar = choose_kernels("scalar").linear_s8.back();
  for (const char* isa : runnable())
    for (const LinearS8Kernel& kernel : choose_kernels(isa).linear_s8)
      for (int64_t rows = 1; rows <= 2 * kernel.tile_rows + 1; ++rows)
        for (const auto& [n, k] : std::initializer_list<std::pair<int64_t, int64_t>>{{16, 8}, {61, 31}, {112, 260}}) {
          const Product p = product(random, kernel.bound, rows, n, k);
          const int64_t panels = round_up(n, 16) / 16;
          EXPECT_TRUE(same_bits(p.run(scalar, 0, panels), p.run(kernel, 0, panels)))
              << kernel.name << ": " << rows << " x " << n << " x " << k;
          const int64_t begin = panels / 3, end = panels - panels / 4;
          EXPECT_TRUE(same_bits(p.run(scalar, begin, end), p.run(kernel, begin, end)))
              << kernel.name << " on some panels: " << rows << " x " << n << " x " << k;
          EXPECT_TRUE(same_bits(p.run_u8(scalar, begin, end), p.run_u8(kernel, begin, end)))
              << kernel.name << " to u8: " << rows << " x " << n << " x " << k;
        }
}

}  // namespace
}  // namespace octavo::testing

// Integers that are kept: chosen, reported, proven, and multiplied to the bits of full-range W8.
#include <fmt/format.h>

#include <cmath>
#include <span>

#include "base/files.h"
#include "codegen/emit/exact_pack.h"
#include "codegen/emit/weights_file.h"
#include "kept.h"
#include "runtime/error.h"
#include "runtime/kernels/linear_s8/outliers.h"
#include "runtime/weights.h"
#include "tests/emit/fixtures.h"
#include "tests/emit/running.h"

namespace octavo::emit::test {
namespace {

namespace fs = std::filesystem;
using base::WeightRule;

constexpr size_t kWidth = 60;

// y = fma(float(acc) * q_scale, scale, bias) over the integers themselves.
void expect_w8(const std::vector<float>& got, const std::vector<uint8_t>& codes, const std::vector<float>& scales,
               int zero_point, const WeightGrid& w, const std::vector<float>& bias) {
  const size_t n = w.scale.size();
  ASSERT_EQ(got.size(), scales.size() * n);
  for (size_t row = 0; row < scales.size(); ++row) {
    for (size_t c = 0; c < n; ++c) {
      int sum = 0;
      for (size_t k = 0; k < kWidth; ++k) sum += (int{codes[row * kWidth + k]} - zero_point) * w.q[c * kWidth + k];
      EXPECT_EQ(got[row * n + c],
                std::fma(static_cast<float>(sum) * scales[row], w.scale[c], bias.empty() ? 0 : bias[c]))
          << row << ", " << c;
    }
  }
}

TEST(Exact, TheEmittedProductIsW8BitForBit) {
  Numbers numbers(11);
  const int64_t N = 21;
  std::vector<float> x(static_cast<size_t>(N) * kWidth);
  for (float& value : x) value = numbers.uniform(-3, 3);
  Runner runner(kept_program(), "kept");
  auto out = runner.run({Array::of(OCTAVO_F32, {N, static_cast<int64_t>(kWidth)}, x)});
  const auto grid = find_grid(tensor("kept", "grid.weight"), 40, kWidth);
  ASSERT_TRUE(grid);
  const auto bias = tensor("kept", "dense.bias");
  const auto codes = out["codes"].as<uint8_t>();
  const auto scales = out["scales"].as<float>();
  expect_w8(out["grid"].as<float>(), codes, scales, 128, *grid, bias);
  expect_w8(out["low"].as<float>(), out["low_codes"].as<uint8_t>(), out["low_scales"].as<float>(), 20, *grid, bias);
  // absmax / 127 and nothing else.
  const auto w = tensor("kept", "float.weight");
  WeightGrid full;
  for (size_t row = 0; row < 24; ++row) {
    float absmax = 0;
    for (size_t i = 0; i < kWidth; ++i) absmax = std::max(absmax, std::abs(w[row * kWidth + i]));
    full.scale.push_back(absmax / 127.0F);
    for (size_t i = 0; i < kWidth; ++i)
      full.q.push_back(static_cast<int8_t>(std::nearbyint(w[row * kWidth + i] * (127.0F / absmax))));
  }
  expect_w8(out["float"].as<float>(), codes, scales, 128, full, {});
}

TEST(Exact, TheReportSaysSo) {
  const Emitted emitted = emit_fixture(fixture("kept"), fs::path(testing::TempDir()) / "octavo_emit_kept");
  ASSERT_EQ(emitted.report.matrices.size(), 2U);
  const MatrixReport& grid = emitted.report.matrices[0];
  EXPECT_EQ(grid.weights, "exact");
  EXPECT_GT(grid.outliers, 0);
  EXPECT_NE(grid.lane_bound, "none");
  EXPECT_GT(grid.sqnr_db, 120);  // the rounding of floats
  EXPECT_EQ(emitted.report.matrices[1].weights, "exact");
  const std::string table = matrix_table(report_json(emitted.report), "r.json");
  EXPECT_NE(table.find(fmt::format("exact    {:<6} {:>8}", grid.lane_bound,
                                   fmt::format("{:.2f} %", 100.0 * static_cast<double>(grid.outliers) / 2400))),
            std::string::npos)
      << table;
}

// A share of the rows' weights, at 100 beside neighbours of 60.
WeightGrid with_outliers(int64_t n, int64_t k, int every) {
  WeightGrid grid{std::vector<int8_t>(static_cast<size_t>(n * k)), std::vector<float>(static_cast<size_t>(n), 0.5F)};
  for (size_t i = 0; i < grid.q.size(); ++i)
    grid.q[i] = static_cast<int8_t>(i % static_cast<size_t>(every) == 0 ? 100 : 29);
  return grid;
}

std::vector<float> floats(const WeightGrid& grid, int64_t k) {
  std::vector<float> w(grid.q.size());
  for (size_t i = 0; i < w.size(); ++i) w[i] = grid.scale[i / static_cast<size_t>(k)] * static_cast<float>(grid.q[i]);
  return w;
}

TEST(Exact, TheFastestOfBoundAndOutliersIsTaken) {
  const int64_t n = 32, k = 128;
  const auto pack = [&](const WeightGrid& grid) { return pack_exact(floats(grid, k), grid, nullptr, n, k).pack; };
  const PackedS8Data few = pack(with_outliers(n, k, 64));
  EXPECT_EQ(few.bound, LaneBound::fours);
  EXPECT_FALSE(few.outliers.empty());
  WeightGrid dense = with_outliers(n, k, 64);
  for (int8_t& q : dense.q) q = 127;
  EXPECT_EQ(pack(dense).bound, LaneBound::none);
  EXPECT_TRUE(pack(dense).outliers.empty());
  WeightGrid none = with_outliers(n, k, 64);
  for (int8_t& q : none.q) q = 31;
  EXPECT_EQ(pack(none).bound, LaneBound::fours);
  EXPECT_TRUE(pack(none).outliers.empty());
  // Pairs that hold, fours that do not.
  WeightGrid pairs = none;
  for (int8_t& q : pairs.q) q = 64;
  EXPECT_EQ(pack(pairs).bound, LaneBound::pairs);
  EXPECT_TRUE(pack(pairs).outliers.empty());
}

TEST(Exact, TheRuleDecides) {
  const int64_t n = 16, k = 64;
  const WeightGrid grid = with_outliers(n, k, 8);
  const std::vector<float> on = floats(grid, k);
  const auto kept = pack_weights(WeightRule::automatic, on, nullptr, n, k);
  EXPECT_TRUE(kept.exact);
  EXPECT_EQ(unpack_linear_s8(kept.pack.view()), grid.q);
  EXPECT_EQ(std::vector<float>(kept.pack.scale.begin(), kept.pack.scale.begin() + n), grid.scale);
  EXPECT_TRUE(pack_weights(WeightRule::exact, on, nullptr, n, k).exact);
  const auto bounded = pack_weights(WeightRule::bounded, on, nullptr, n, k);
  EXPECT_FALSE(bounded.exact);
  EXPECT_TRUE(bounded.pack.outliers.empty());
  Numbers numbers(5);
  std::vector<float> off(on.size());
  for (float& w : off) w = numbers.uniform(-1, 1);
  EXPECT_FALSE(pack_weights(WeightRule::automatic, off, nullptr, n, k).exact);
  const auto full = pack_weights(WeightRule::exact, off, nullptr, n, k);
  EXPECT_TRUE(full.exact);
  EXPECT_EQ(unpack_linear_s8(full.pack.view()), unpack_linear_s8(pack_linear_s8(off.data(), nullptr, n, k).view()));
}

TEST(Exact, OtherIntegersAreRefused) {
  const int64_t n = 16, k = 64;
  const WeightGrid grid = with_outliers(n, k, 64);
  BoundedPack kept = pack_exact(floats(grid, k), grid, nullptr, n, k);
  ASSERT_FALSE(kept.pack.outliers.empty());
  check_integers(kept.pack.view(), kept.integers, "w");
  kept.pack.outliers.back() ^= 1U << 24;
  EXPECT_THROW(check_integers(kept.pack.view(), kept.integers, "w"), base::Error);
  kept.pack.outliers.back() ^= 1U << 24;
  kept.pack.panels[5] ^= 1;
  EXPECT_THROW(check_integers(kept.pack.view(), kept.integers, "w"), base::Error);
}

// Checksums that are right over an index that is not: refused when the model is loaded, before anything is multiplied.
TEST(Exact, AListThatLeavesTheMatrixIsNotLoaded) {
  const std::string file = base::read_file(fs::path(EMITTED_FOLDER) / "kept.weights");
  std::vector<Section> sections;
  for (const auto& s : read_sections(std::as_bytes(std::span(file)), kept_program().build_id, "kept.weights"))
    sections.push_back({std::string(s.name), {s.bytes.begin(), s.bytes.end()}});
  const fs::path path = fs::path(testing::TempDir()) / "octavo_emit_kept_damaged.weights";
  const auto load = [&] {
    base::write_if_different(path, weights_file(sections, kept_program().build_id));
    const Model model(kept_program(), path.string());
  };
  load();
  for (Section& section : sections) {
    if (!section.name.ends_with("/outliers")) continue;
    section.bytes[section.bytes.size() - 3] = std::byte{7};  // the last k is now 7 * 256 or more
    try {
      load();
      FAIL() << "loaded";
    } catch (const octavo::Error& error) {
      EXPECT_EQ(error.status, Status::bad_weights);
      EXPECT_NE(std::string(error.what()).find("outlier list, has an index out of range"), std::string::npos)
          << error.what();
    }
    return;
  }
  FAIL() << "no list of outliers";
}

}  // namespace
}  // namespace octavo::emit::test

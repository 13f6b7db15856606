#include "codegen/emit/exact_pack.h"

#include "base/error.h"
#include "runtime/kernels/linear_s8/outliers.h"

namespace octavo::emit {

namespace {

WeightGrid full_range(const PackedS8Data& pack) {
  return {unpack_linear_s8(pack.view()), {pack.scale.begin(), pack.scale.begin() + pack.n}};
}

// The integers as they are, or panels under a bound with their outliers: whatever is faster.
PackedS8Data fastest(const WeightGrid& grid, const float* bias, int64_t n, int64_t k, int32_t zero_point) {
  PackedS8Data best = pack_linear_s8(grid.q.data(), grid.scale.data(), bias, n, k, zero_point);
  double least = relative_time(best.bound, 0);
  for (const LaneBound bound : {LaneBound::pairs, LaneBound::fours}) {
    if (best.outliers.empty() && best.bound >= bound) continue;
    PackedS8Data split = pack_linear_s8_bounded(grid.q.data(), grid.scale.data(), bias, n, k, bound, zero_point);
    const double share = static_cast<double>(outlier_entries(split.view().outliers, n)) / static_cast<double>(n * k);
    if (const double time = relative_time(split.bound, share); time < least) {
      least = time;
      best = std::move(split);
    }
  }
  return best;
}

}  // namespace

double relative_time(LaneBound bound, double outliers) {
  const double kernel = bound == LaneBound::fours ? 0.78 : bound == LaneBound::pairs ? 1.0 : 1.26;
  return kernel + (outliers > 0 ? 0.04 + 6 * outliers : 0);
}

BoundedPack pack_exact(const std::vector<float>& w, const WeightGrid& grid, const float* bias, int64_t n, int64_t k,
                       int32_t zero_point) {
  BoundedPack result;
  result.exact = true;
  result.pack = fastest(grid, bias, n, k, zero_point);
  result.sqnr_db = sqnr_db(w, grid.q, grid.scale, k);
  result.full_range_sqnr_db = result.sqnr_db;
  result.integers = grid.q;
  return result;
}

BoundedPack pack_weights(base::WeightRule rule, const std::vector<float>& w, const float* bias, int64_t n, int64_t k,
                         int32_t zero_point) {
  if (rule != base::WeightRule::bounded) {
    if (const auto grid = find_grid(w, n, k)) return pack_exact(w, *grid, bias, n, k, zero_point);
  }
  if (rule == base::WeightRule::exact)
    return pack_exact(w, full_range(pack_linear_s8(w.data(), bias, n, k)), bias, n, k, zero_point);
  return pack_bounded(w, bias, n, k, zero_point);
}

void check_integers(const PackedS8& pack, const std::vector<int8_t>& integers, const std::string& matrix) {
  if (unpack_linear_s8(pack) == integers) return;
  throw base::Error(base::Exit::internal, {}, matrix + ": panels and outliers do not give the integers asked for");
}

}  // namespace octavo::emit

#include "codegen/emit/bounded_pack.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "runtime/kernels/linear_s8/lane_bound.h"

namespace octavo::emit {

double sqnr_db(const std::vector<float>& exact, const std::vector<int8_t>& q, const std::vector<float>& scale,
               int64_t columns) {
  double signal = 0, noise = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double stored = static_cast<double>(q[i]) * scale[i / static_cast<size_t>(columns)];
    signal += double{exact[i]} * exact[i];
    noise += (exact[i] - stored) * (exact[i] - stored);
  }
  return noise == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(signal / noise);
}

double output_sqnr_db(double weight_sqnr_db) {
  return -10 * std::log10(std::pow(10, -kActivationSqnrDb / 10) + std::pow(10, -weight_sqnr_db / 10));
}

BoundedPack pack_bounded(const std::vector<float>& w, const float* bias, int64_t n, int64_t k, int32_t zero_point) {
  const auto make = [&](LaneBound bound) {
    BoundedPack result;
    result.pack = pack_linear_s8(w.data(), bias, n, k, bound, zero_point);
    result.sqnr_db = sqnr_db(w, unpack_linear_s8(result.pack.view()), result.pack.scale, k);
    return result;
  };
  BoundedPack full = make(LaneBound::none);
  full.full_range_sqnr_db = full.sqnr_db;
  for (const LaneBound bound : {LaneBound::fours, LaneBound::pairs}) {
    if (full.pack.bound >= bound) break;  // it holds without any price
    BoundedPack bounded = make(bound);
    bounded.full_range_sqnr_db = full.sqnr_db;
    if (output_sqnr_db(bounded.sqnr_db) >= output_sqnr_db(full.sqnr_db) - kBoundPriceDb) return bounded;
  }
  return full;
}

void check_proof(const PackedS8& pack, const std::string& matrix) {
  const LaneBound proven = proven_bound(pack);
  if (proven >= pack.bound) return;
  throw base::Error(base::Exit::internal, {},
                    matrix + ": its kernel trusts " + name(pack.bound) + ", the packed bytes prove " + name(proven));
}

const char* name(LaneBound bound) {
  switch (bound) {
    case LaneBound::fours:
      return "fours";
    case LaneBound::pairs:
      return "pairs";
    case LaneBound::none:
      break;
  }
  return "none";
}

}  // namespace octavo::emit

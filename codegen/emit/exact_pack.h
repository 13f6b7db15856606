// Packs an INT8 matrix whose integers must stay as they are: those of a checkpoint that is on a grid (weight_grid.h), or
// full-range absmax / 127 where the policy asks for it. What breaks the lane bound becomes a list of outliers
// (runtime/kernels/linear_s8/outliers.h), unless that costs more than the bound saves.
#pragma once

#include "base/policy.h"
#include "codegen/emit/bounded_pack.h"
#include "codegen/emit/weight_grid.h"

namespace octavo::emit {

// Time of an AVX2 product over that with weights under `pairs`, with such a share of outliers (docs/quantization.md): that of
// the kernel, and of the list at about eight rows. More rows would pay less for it, fewer and the instruction sets
// with VNNI more.
[[nodiscard]] double relative_time(LaneBound bound, double outliers);

[[nodiscard]] BoundedPack pack_exact(const std::vector<float>& w, const WeightGrid& grid, const float* bias, int64_t n,
                                     int64_t k, int32_t zero_point = 128);

// As the policy has it. exact: without a grid, the integers of absmax / 127. automatic: exact on a grid, else bounded.
[[nodiscard]] BoundedPack pack_weights(base::WeightRule rule, const std::vector<float>& w, const float* bias, int64_t n,
                                       int64_t k, int32_t zero_point = 128);

// Reads the weights back from panels and outliers as they will be written: throws base::Error (internal) naming the matrix
// when they are not `integers`, [n, k] row-major.
void check_integers(const PackedS8& pack, const std::vector<int8_t>& integers, const std::string& matrix);

}  // namespace octavo::emit

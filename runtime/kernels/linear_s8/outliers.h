// Weights whose integers must be kept, though they break the lane bound (lane_bound.h): W = B + D. The panels hold B, which
// keeps it; D is sparse, the part of outliers beyond the bound. Its products are added to the int32 sums, so the product is
// that of W, exactly:
//
//   acc[r,n] = offset[n] + sum_k q[r,k] B[n,k] + sum_{(k,d) of n} q[r,k] d
//
// A list is one section of the weights file, in u32:
//
//   [round_up(n,16) + 1]   where the entries of each column begin; the last is their number
//   [number]               k | d << 24, d as a byte of two's complement; k ascending within a column
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/kernels/kernels.h"
#include "runtime/kernels/linear_s8/linear_s8.h"

namespace octavo {

inline constexpr uint32_t kOutliersK = 0xffffff;  // the bits of an entry that are k
static_assert(kMaxLinearS8K <= kOutliersK);

// Takes out of each lane of w [n, k] that is too full for `bound` what is too much, from as few weights as will do: what is
// left of w keeps the bound. Returns the list, or nothing when w was within the bound.
std::vector<uint32_t> take_outliers(int8_t* w, int64_t n, int64_t k, LaneBound bound);

// Its inverse: w [n, k] becomes what it was.
void add_outliers(const uint32_t* list, int64_t n, int64_t k, int8_t* w);

// How many weights of a matrix with n columns the list corrects.
int64_t outlier_entries(const uint32_t* list, int64_t n);

// What is wrong with a list that comes from a file, for a matrix [n, k]; null: nothing, and every index it holds is within
// the list and within k.
const char* outliers_complaint(std::span<const std::byte> list, int64_t n, int64_t k);

// A block of a product with the kernel that is chosen for it. With an outlier list, rows by rows and panels by panels, each
// part starting from the sums of its entries; uses block.scratch.
void run_linear_s8(const Kernels& kernels, const LinearS8Block& block);

}  // namespace octavo

// What the two forms of the INT8 product share: the block that is all of it, and its way over the threads.
#pragma once

#include "runtime/kernels/kernels.h"
#include "runtime/profile.h"

namespace octavo {

// Without a place for its outputs.
LinearS8Block whole_product(int64_t rows, const uint8_t* q, const float* q_scale, const PackedS8& w,
                            Activation activation);

Work work_of(const Context& ctx, const LinearS8Block& all, int64_t bytes_of_output_row);

// Rows [begin, end) of a block.
LinearS8Block rows_of(LinearS8Block block, int64_t begin, int64_t end);

// By panels, so that each weight is read by one thread only; by rows where there are fewer panels than threads.
void run_on_threads(const Context& ctx, const LinearS8Block& all);

}  // namespace octavo

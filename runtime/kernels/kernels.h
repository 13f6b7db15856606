// The functions of one instruction set. Each works on one thread, on the rows, panels or heads it is given; the file
// <kernel>/<kernel>.cpp checks the arguments and splits the work. To add an instruction set, fill one of these tables
// (kernels/tables.cpp) and list it in isa.cpp; docs/adding-a-kernel.md walks through it.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "runtime/context.h"
#include "runtime/inner_loop.h"
#include "runtime/kernels/attention/attention.h"
#include "runtime/kernels/elementwise/elementwise.h"
#include "runtime/kernels/layer_norm/layer_norm.h"
#include "runtime/kernels/linear_f32/linear_f32.h"
#include "runtime/kernels/linear_s8/linear_s8.h"

namespace octavo {

// Outputs of an INT8 product as quantize_rows makes them of its rows, under a scale that is known beforehand.
struct StaticRowsU8 {
  uint8_t* q = nullptr;    // [rows, round_up(n, 4)]
  float* scale = nullptr;  // [rows]: NaN is written for a row with an output that poisons it, nothing for others
  float inverse = 0.0f;    // of the scale
  int32_t zero_point = 0;
};

// A block of an INT8 product: `rows` rows (the pointers are already at the first) by panels [panel_begin, panel_end).
struct LinearS8Block {
  int64_t rows;
  const uint8_t* q;
  const float* q_scale;
  const PackedS8* w;
  int64_t panel_begin, panel_end;
  Activation activation;
  float* y;
  int64_t ldy;
  void* scratch;  // Threads::kScratchBytes, of which a kernel takes no more than kLinearS8ScratchBytes
  Residual residual = {};
  // Where the accumulators start: those of row r and panel p at start + (p - panel_begin) * start_panel + r * 16; null: at
  // the offsets of their columns.
  const int32_t* start = nullptr;
  int64_t start_panel = 0;
  StaticRowsU8 u8 = {};  // where it has a q, instead of y, and there is no residual
};
inline constexpr int64_t kLinearS8ScratchBytes = 264 * 1024;

// One line of linear_s8/kernels.inc: the entries of outlier lists (linear_s8/outliers.h).
//
//   start[(p - panel_begin) * start_panel + r * 16 + c] = offset[p * 16 + c] + the products of its entries
//
// for tile_rows rows, whose activations are transposed: [k][tile_rows].
struct OutliersS8Block {
  int64_t rows;  // that are needed; the others may hold anything
  const uint8_t* transposed;
  const PackedS8* w;
  int64_t panel_begin, panel_end;
  int32_t* start;
  int64_t start_panel;
};
struct OutliersS8Kernel {
  const char* isa;
  const char* name;  // "outliers_s8_16x16__avx2"
  int tile_rows, tile_columns;
  // to[k][r] = q[r][k] for up to tile_rows rows of q [rows, k4]; rows that do not exist are 0.
  void (*transpose)(int64_t rows, int64_t k4, const uint8_t* q, uint8_t* to);
  void (*sum)(const OutliersS8Block& block);
};

struct LinearF32Block {
  int64_t rows;
  const float* x;
  int64_t ldx;
  const PackedF32* w;
  int64_t panel_begin, panel_end;
  Activation activation;
  float* y;
  int64_t ldy;
  Residual residual = {};
};

// c[r, 0..15] = (accumulate ? c : 0) + sum_k a[r, k] * b[k, 0..15], k ascending, fma. rows <= kTileRows.
struct TileF32 {
  int64_t rows, k;
  const float* a;
  int64_t a_row, a_k;  // strides
  const float* b;
  int64_t b_k;  // stride; the 16 columns are contiguous
  float* c;
  int64_t c_row;
  bool accumulate;
};
inline constexpr int64_t kTileRows = 6;

// Rows of tile t of as few tiles as hold n rows, and where it begins. They differ by one at most: a tile of one or two rows
// would wait for its own sums.
struct RowTiles {
  int64_t rows, count;

  explicit RowTiles(int64_t rows, int64_t most = kTileRows) : rows(rows), count((rows + most - 1) / most) {}
  int64_t begin(int64_t tile) const { return rows * tile / count; }
};

// Query rows [row_begin, row_end) of one head. scratch: attention_scratch_bytes(k_len, head_dim, 1, int8).
struct AttentionBlock {
  const Attention* args;
  int64_t batch, head, row_begin, row_end;
  void* scratch;
};

// One line of linear_s8/kernels.inc.
struct LinearS8Kernel {
  const char* isa;
  const char* name;  // "linear_s8_fours_4x16__avx2"
  int tile_rows, tile_columns;
  LaneBound bound;  // what it needs of the weights
  int64_t most_rows;
  InnerLoop loop;
  void (*run)(const LinearS8Block& block);  // called by run_linear_s8 (linear_s8/outliers.h), which fills block.start
};
inline constexpr int64_t kAnyRows = std::numeric_limits<int64_t>::max();

struct Kernels {
  const char* name;
  LaneBound trusted;  // linear_s8 takes no kernel that needs more
  InnerLoop f32;      // of its products in f32
  InnerLoop s16;      // of its products of int16
  void (*quantize_rows)(int64_t rows, int64_t k, const float* x, int64_t ldx, uint8_t* q, float* scale,
                        float static_scale, int32_t zero_point);
  std::span<const LinearS8Kernel> linear_s8;  // choose_linear_s8 takes one
  OutliersS8Kernel outliers_s8;
  void (*linear_f32)(const LinearF32Block& block);
  void (*tile_f32)(const TileF32& tile);
  void (*layer_norm)(const LayerNorm& args);
  void (*attention)(const AttentionBlock& block);
  void (*attention_int8)(const AttentionBlock& block);
  // y = scale * q or, when add, fma(scale, q, y)
  void (*embedding_row)(int64_t width, const int8_t* q, float scale, bool add, float* y);
  void (*unary)(UnaryOp op, int64_t n, float* y, const float* x);  // the ops of vec/math.h
  void (*softmax)(int64_t n, float* y, const float* x);
};

// The first kernel of the list that is exact for weights with this bound and takes so many rows.
const LinearS8Kernel& choose_linear_s8(const Kernels& kernels, LaneBound proven, int64_t rows);

}  // namespace octavo

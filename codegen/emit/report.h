// What the compiler decided, for people and for manifest.json.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace octavo::emit {

// One matrix or table of the weights file.
struct MatrixReport {
  std::string site;     // "encoder.layer.0.attention.self.query"; several joined by ", "
  std::string kernel;   // linear_s8, linear_f32, embedding_s8, embedding_f32
  int64_t rows = 0;     // outputs of a linear, entries of an embedding
  int64_t columns = 0;  // inputs of a linear, width of an embedding
  uint64_t bytes = 0;   // in the weights file, with scales
  double sqnr_db = 0;   // of the stored weights against FP32; infinite when they are the same
  // linear_s8: how the integers were chosen ("bounded", "exact"), how many of them the list of outliers corrects, which
  // int16 sums the packed bytes are proven to fit ("fours", "pairs", "none"), what full-range weights would give, the
  // estimate for the product's output (bounded_pack.h), how many steps the bound moved weights, and the output
  // channels with clamped weights.
  std::string weights;
  int64_t outliers = 0;
  std::string lane_bound;
  double full_range_sqnr_db = 0;
  double output_sqnr_db = 0;
  int64_t lowered = 0;
  int64_t clamped_columns = 0;
};

struct TensorReport {
  std::string name;
  std::string dtype;               // float32, int64, …
  std::vector<std::string> shape;  // "B", "S", "384"
};

struct Report {
  std::string precision;
  uint64_t build_id = 0;
  uint64_t graph_hash = 0;
  uint64_t weights_bytes = 0;
  std::vector<std::string> dims;
  std::vector<TensorReport> inputs, outputs;
  std::vector<std::string> requirements;  // "S <= 512: position table (bert.cpp:31)"
  std::vector<MatrixReport> matrices;     // in execution order
  std::vector<std::string> slots;         // bytes of each slot of the arena, as C++ over the dims
  int calls = 0;                          // kernel calls of one run
};

// {"schema": 1, "precision", "matrices": [{"site", "kernel", "rows", "columns", "bytes", "sqnr_db", …}], …}; an infinite
// SQNR is null. Keys and order are fixed.
[[nodiscard]] std::string report_json(const Report& report);

// The matrices of such a file as a table for people, one line a matrix. Throws base::Error (refused) naming `file` when
// the text is not a report.
[[nodiscard]] std::string matrix_table(const std::string& report, const std::string& file);

}  // namespace octavo::emit

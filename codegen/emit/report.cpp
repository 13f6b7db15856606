#include "codegen/emit/report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "codegen/emit/bounded_pack.h"

namespace octavo::emit {

namespace {

using Json = nlohmann::ordered_json;

Json tensors_json(const std::vector<TensorReport>& tensors) {
  Json result = Json::array();
  for (const TensorReport& tensor : tensors) {
    result.push_back({{"name", tensor.name}, {"dtype", tensor.dtype}, {"shape", tensor.shape}});
  }
  return result;
}

// Two decimals say all that a signal-to-noise ratio can.
Json decibels(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::round(value * 100) / 100;
}

Json matrix_json(const MatrixReport& matrix) {
  Json result = {{"site", matrix.site},
                 {"kernel", matrix.kernel},
                 {"rows", matrix.rows},
                 {"columns", matrix.columns},
                 {"bytes", matrix.bytes}};
  result["sqnr_db"] = decibels(matrix.sqnr_db);
  if (!matrix.lane_bound.empty()) {
    result["weights"] = matrix.weights;
    result["lane_bound"] = matrix.lane_bound;
    result["outliers"] = matrix.outliers;
    result["full_range_sqnr_db"] = decibels(matrix.full_range_sqnr_db);
    result["output_sqnr_db"] = decibels(matrix.output_sqnr_db);
    result["lowered"] = matrix.lowered;
    result["clamped_columns"] = matrix.clamped_columns;
  }
  return result;
}

std::string cell(const Json& matrix, const char* key) {
  if (!matrix.contains(key)) return "";
  const Json& value = matrix[key];
  if (value.is_null()) return "exact";
  if (value.is_number_float()) return fmt::format("{:.1f}", value.get<double>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// In percent of the weights.
std::string outlier_share(const Json& matrix) {
  if (!matrix.contains("outliers")) return "";
  const double weights = matrix["rows"].get<double>() * matrix["columns"].get<double>();
  return fmt::format("{:.2f} %", 100 * matrix["outliers"].get<double>() / weights);
}

}  // namespace

std::string report_json(const Report& report) {
  Json matrices = Json::array();
  for (const MatrixReport& matrix : report.matrices) matrices.push_back(matrix_json(matrix));
  const Json result = {{"schema", 1},
                       {"precision", report.precision},
                       {"build_id", fmt::format("{:016x}", report.build_id)},
                       {"graph_hash", fmt::format("{:016x}", report.graph_hash)},
                       {"weights_bytes", report.weights_bytes},
                       {"calls", report.calls},
                       {"dims", report.dims},
                       {"inputs", tensors_json(report.inputs)},
                       {"outputs", tensors_json(report.outputs)},
                       {"requirements", report.requirements},
                       {"arena_slots", report.slots},
                       {"matrices", matrices}};
  return result.dump(2) + "\n";
}

std::string matrix_table(const std::string& report, const std::string& file) {
  const Json document = Json::parse(report, nullptr, false);
  if (!document.is_object() || !document.contains("matrices") || !document["matrices"].is_array()) {
    throw base::Error(base::Exit::refused, {file}, "is not a compile report", "run octavo compile again");
  }
  constexpr const char* kLine = "{:<13} {:>11} {:<8} {:<6} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}  {}\n";
  std::string table = fmt::format(
      "dB: signal to quantisation noise; W8: the same weights without a bound; output: "
      "estimate with activations of {:.1f} dB\n",
      kActivationSqnrDb);
  table += fmt::format(kLine, "kernel", "shape", "weights", "proof", "outliers", "dB", "W8 dB", "output", "lowered",
                       "clamped", "site");
  for (const Json& matrix : document["matrices"]) {
    const std::string shape = cell(matrix, "rows") + "x" + cell(matrix, "columns");
    table += fmt::format(kLine, cell(matrix, "kernel"), shape, cell(matrix, "weights"), cell(matrix, "lane_bound"),
                         outlier_share(matrix), cell(matrix, "sqnr_db"), cell(matrix, "full_range_sqnr_db"),
                         cell(matrix, "output_sqnr_db"), cell(matrix, "lowered"), cell(matrix, "clamped_columns"),
                         cell(matrix, "site"));
  }
  return table;
}

}  // namespace octavo::emit

#include "codegen/emit/report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

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
    result["lane_bound"] = matrix.lane_bound;
    result["full_range_sqnr_db"] = decibels(matrix.full_range_sqnr_db);
    result["lowered"] = matrix.lowered;
  }
  return result;
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

}  // namespace octavo::emit

// octavo bench --layers: each step of a model with its time, beside what this machine could do at most.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/roofline.h"
#include "cli/step_recorder.h"

namespace octavo::cli {

struct Layer {
  octavo_step step;
  octavo_step_profile profile;
  std::string kernel;              // "linear_s8_fours_4x16__avx2", "layer_norm__avx2", "binary"
  double min_s = 0, median_s = 0;  // of the calling thread, from call to return
  double macs_per_cycle = 0;       // of one thread; 0 where there are none
  Limit limit;
  [[nodiscard]] double share() const { return limit.seconds / min_s; }  // of the limit; 0 where none is known
  [[nodiscard]] std::string name() const;   // the site, or else the place in the source and the function
  [[nodiscard]] std::string shape() const;  // "128x1152x384"
};

// What the weights of one run add up to.
[[nodiscard]] int64_t weight_bytes(const RunRecord& run);
[[nodiscard]] std::string kernel_name(const octavo_step& step, const octavo_step_profile& profile);
[[nodiscard]] std::vector<Layer> layers_of(const octavo_description& about, const StepRecorder& recorder,
                                           Roofline& roofline, int threads);
[[nodiscard]] nlohmann::ordered_json json_of(const std::vector<Layer>& layers);
// A row a layer, then a row for each kind: layers that differ only in the numbers of their module path.
[[nodiscard]] std::string table_of(const std::vector<Layer>& layers);

}  // namespace octavo::cli

// What no implementation of a step can beat on this machine: its products at the rate of their instructions, and its bytes
// at the rate at which the place that holds them can be read. Measured on the first use of each figure.
#pragma once

#include <map>
#include <nlohmann/json.hpp>

#include "runtime/octavo_model.h"
#include "runtime/probe/probe.h"

namespace octavo::cli {

struct Limit {
  double seconds = 0;    // 0: nothing of the step is measured
  const char* by = "-";  // multiply, weights or activations
};

class Roofline {
 public:
  // weight_bytes: of one run. A model is run over and over here, so its weights come from the cache if all of them fit.
  Roofline(int threads, int64_t weight_bytes);

  [[nodiscard]] Limit of(const octavo_step_profile& step);
  [[nodiscard]] double clock_hz() const { return clock_hz_; }
  [[nodiscard]] nlohmann::ordered_json json() const;  // what was measured
  [[nodiscard]] std::string text() const;

 private:
  Threads threads_;
  double clock_hz_;
  int64_t weight_bytes_;
  std::map<InnerLoop, double> multiply_;  // MAC/s
  std::map<int64_t, double> read_;        // bytes -> bytes/s

  double multiply_rate(InnerLoop loop);
  double read_rate(int64_t bytes);
};

}  // namespace octavo::cli

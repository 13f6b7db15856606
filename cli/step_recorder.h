// What a model's profiler tells of its steps, kept: the times of every run, and the whole of the last few.
#pragma once

#include <vector>

#include "cli/library.h"

namespace octavo::cli {

struct StepRecord {
  octavo_step_profile profile;  // its spans are not valid any more; these are:
  std::vector<octavo_span> spans;
};
using RunRecord = std::vector<StepRecord>;  // in the order of the steps

class StepRecorder {
 public:
  // Whole runs beyond this many are forgotten, the oldest first: a trace of a thousand runs helps nobody.
  static constexpr size_t kKeptRuns = 10;

  explicit StepRecorder(Library& library);
  ~StepRecorder();
  StepRecorder(const StepRecorder&) = delete;
  StepRecorder& operator=(const StepRecorder&) = delete;

  // Before each run that counts; what comes before the first call is not kept.
  void begin_run();
  [[nodiscard]] const std::vector<RunRecord>& runs() const { return runs_; }
  // By step: the nanoseconds of every run.
  [[nodiscard]] const std::vector<std::vector<int64_t>>& times() const { return times_; }

 private:
  Library& library_;
  std::vector<RunRecord> runs_;
  std::vector<std::vector<int64_t>> times_;
};

}  // namespace octavo::cli

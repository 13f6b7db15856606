#include "cli/step_recorder.h"

namespace octavo::cli {

StepRecorder::StepRecorder(Library& library) : library_(library), times_(library.description().step_count) {
  library_.profile([this](const octavo_step_profile& step) {
    if (runs_.empty()) return;
    times_.at(step.step).push_back(step.end_ns - step.begin_ns);
    runs_.back().push_back({step, {step.spans, step.spans + step.span_count}});
  });
}

StepRecorder::~StepRecorder() { library_.profile({}); }

void StepRecorder::begin_run() {
  if (runs_.size() == kKeptRuns) runs_.erase(runs_.begin());
  runs_.emplace_back();
  runs_.back().reserve(times_.size());
}

}  // namespace octavo::cli

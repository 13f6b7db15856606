// octavo bench --trace: runs as a JSON object of the Trace Event Format, which ui.perfetto.dev and chrome://tracing open. One
// track a thread; on that of the caller, each run holds its steps and each step what the thread did of it.
#pragma once

#include <string>
#include <vector>

#include "cli/step_recorder.h"

namespace octavo::cli {

[[nodiscard]] std::string trace_events(const octavo_description& about, const std::vector<RunRecord>& runs,
                                       int threads);

}  // namespace octavo::cli

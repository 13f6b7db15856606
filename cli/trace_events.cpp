#include "cli/trace_events.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/layers.h"

namespace octavo::cli {

namespace {

using Json = nlohmann::ordered_json;
constexpr int kProcess = 1;

// The format's threads count from 1: 0 is the idle thread of a system trace.
int track(int thread) { return thread + 1; }

Json metadata(const char* what, int thread, Json arguments) {
  return {{"ph", "M"}, {"pid", kProcess}, {"tid", track(thread)}, {"name", what}, {"args", std::move(arguments)}};
}

// Times are microseconds from the start of the trace, to the nanosecond.
class Events {
 public:
  explicit Events(int64_t start_ns) : start_ns_(start_ns) {}

  void slice(const std::string& name, const char* category, int thread, int64_t begin_ns, int64_t end_ns,
             Json arguments = Json::object()) {
    list_.push_back({{"ph", "X"},
                     {"pid", kProcess},
                     {"tid", track(thread)},
                     {"ts", static_cast<double>(begin_ns - start_ns_) / 1e3},
                     {"dur", static_cast<double>(end_ns - begin_ns) / 1e3},
                     {"name", name},
                     {"cat", category},
                     {"args", std::move(arguments)}});
  }
  void name_tracks(const char* process, int threads) {
    list_.push_back(metadata("process_name", 0, {{"name", process}}));
    for (int thread = 0; thread < threads; ++thread) {
      const std::string name = "thread " + std::to_string(thread) + (thread == 0 ? " (the caller)" : "");
      list_.push_back(metadata("thread_name", thread, {{"name", name}}));
      list_.push_back(metadata("thread_sort_index", thread, {{"sort_index", thread}}));
    }
  }
  [[nodiscard]] std::string text() const {
    return Json{{"displayTimeUnit", "ns"}, {"traceEvents", list_}}.dump() + "\n";
  }

 private:
  int64_t start_ns_;
  Json list_ = Json::array();
};

void add_step(Events& events, const octavo_step& step, const StepRecord& record) {
  const octavo_step_profile& p = record.profile;
  const std::string kernel = kernel_name(step, p);
  const std::string name = *step.site != '\0' ? step.site : std::string(step.place) + " " + step.function;
  events.slice(name, "step", 0, p.begin_ns, p.end_ns,
               {{"place", step.place},
                {"kernel", kernel},
                {"m", p.m},
                {"n", p.n},
                {"k", p.k},
                {"macs", p.macs},
                {"weight_bytes", p.weight_bytes},
                {"activation_bytes", p.activation_bytes}});
  for (const octavo_span& span : record.spans)
    events.slice(kernel, "part", span.thread, span.begin_ns, span.end_ns, {{"site", name}});
}

}  // namespace

std::string trace_events(const octavo_description& about, const std::vector<RunRecord>& runs, int threads) {
  Events events(runs.front().front().profile.begin_ns);
  events.name_tracks(about.name, threads);
  for (size_t i = 0; i < runs.size(); ++i) {
    // Slices that begin together nest in the order of the file: the outer one first.
    events.slice("run " + std::to_string(i), "run", 0, runs[i].front().profile.begin_ns, runs[i].back().profile.end_ns);
    for (const StepRecord& record : runs[i]) add_step(events, about.steps[record.profile.step], record);
  }
  return events.text();
}

}  // namespace octavo::cli

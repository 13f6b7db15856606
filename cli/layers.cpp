#include "cli/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "cli/statistics.h"

namespace octavo::cli {

namespace {

constexpr double kMilli = 1e3;

double sum_of_least(const std::vector<Layer>& layers) {
  double sum = 0;
  for (const Layer& layer : layers) sum += layer.min_s;
  return sum;
}

// "encoder.layer.*.output.dense"
std::string without_numbers(const std::string& name) {
  std::string result;
  for (size_t i = 0; i < name.size(); ++i) {
    const auto digit = [&](size_t at) { return std::isdigit(static_cast<unsigned char>(name[at])) != 0; };
    if (!digit(i) || (i > 0 && name[i - 1] != '.')) {
      result += name[i];
      continue;
    }
    result += '*';
    while (i + 1 < name.size() && digit(i + 1)) ++i;
  }
  return result;
}

// Layers of one kind as one: times, products and limits add up.
struct Kind {
  Layer sum;
  std::string name;
  int count = 0;

  [[nodiscard]] bool takes(const Layer& layer) const {
    return name == without_numbers(layer.name()) && sum.kernel == layer.kernel && sum.shape() == layer.shape();
  }
  void add(const Layer& layer) {
    const double cycles = sum.macs_per_cycle * sum.min_s + layer.macs_per_cycle * layer.min_s;
    sum.min_s += layer.min_s;
    sum.median_s += layer.median_s;
    sum.macs_per_cycle = cycles / sum.min_s;
    sum.limit.seconds += layer.limit.seconds;
    ++count;
  }
};

std::vector<Kind> kinds_of(const std::vector<Layer>& layers) {
  std::vector<Kind> kinds;
  for (const Layer& layer : layers) {
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) { return kind.takes(layer); });
    if (found != kinds.end()) {
      found->add(layer);
    } else {
      kinds.push_back({layer, without_numbers(layer.name()), 1});
    }
  }
  return kinds;
}

std::string row(const std::string& name, size_t width, const std::string& count, const Layer& layer, double total) {
  const std::string rate = layer.macs_per_cycle > 0 ? fmt::format("{:.1f}", layer.macs_per_cycle) : "-";
  const std::string limit = layer.limit.seconds > 0 ? fmt::format("{:.4f}", layer.limit.seconds * kMilli) : "-";
  const std::string share = layer.limit.seconds > 0 ? fmt::format("{:.0f}%", layer.share() * 100) : "-";
  return fmt::format("{:<{}} {:>5} {:>16} {:<30} {:>8.4f} {:>8.4f} {:>6.1f}% {:>9} {:>8} {:>5} {}\n", name, width,
                     count, layer.shape(), layer.kernel, layer.min_s * kMilli, layer.median_s * kMilli,
                     100 * layer.min_s / total, rate, limit, share, layer.limit.by);
}

std::string heading(const char* name, size_t width, const char* count) {
  return fmt::format("{:<{}} {:>5} {:>16} {:<30} {:>8} {:>8} {:>7} {:>9} {:>8} {:>5} {}\n", name, width, count, "shape",
                     "kernel", "min ms", "median", "of all", "MAC/cycle", "limit ms", "share", "limited by");
}

}  // namespace

std::string Layer::name() const {
  if (*step.site != '\0') return step.site;
  return fmt::format("{} {}", step.place, step.function);
}

std::string Layer::shape() const {
  return profile.k > 0 ? fmt::format("{}x{}x{}", profile.m, profile.n, profile.k)
                       : fmt::format("{}x{}", profile.m, profile.n);
}

int64_t weight_bytes(const RunRecord& run) {
  int64_t bytes = 0;
  for (const StepRecord& step : run) bytes += step.profile.weight_bytes;
  return bytes;
}

std::string kernel_name(const octavo_step& step, const octavo_step_profile& profile) {
  const std::string name = profile.kernel != nullptr ? profile.kernel : step.function;
  return profile.isa != nullptr ? name + "__" + profile.isa : name;
}

std::vector<Layer> layers_of(const octavo_description& about, const StepRecorder& recorder, Roofline& roofline,
                             int threads) {
  std::vector<Layer> layers;
  for (const StepRecord& record : recorder.runs().back()) {
    std::vector<double> seconds;
    for (const int64_t ns : recorder.times()[record.profile.step]) seconds.push_back(static_cast<double>(ns) * 1e-9);
    std::sort(seconds.begin(), seconds.end());
    const octavo_step& step = about.steps[record.profile.step];
    Layer layer{.step = step,
                .profile = record.profile,
                .kernel = kernel_name(step, record.profile),
                .min_s = std::max(seconds.front(), 1e-9),
                .median_s = median_of_sorted(seconds),
                .macs_per_cycle = 0,
                .limit = roofline.of(record.profile)};
    const double cycles = layer.min_s * roofline.clock_hz() * threads;
    if (cycles > 0) layer.macs_per_cycle = static_cast<double>(record.profile.macs) / cycles;
    layers.push_back(std::move(layer));
  }
  return layers;
}

nlohmann::ordered_json json_of(const std::vector<Layer>& layers) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  const auto known = [](double value) { return value > 0 ? nlohmann::ordered_json(value) : nlohmann::ordered_json(); };
  for (const Layer& layer : layers) {
    const octavo_step_profile& p = layer.profile;
    nlohmann::ordered_json shape = {p.m, p.n};
    if (p.k > 0) shape.push_back(p.k);
    list.push_back({{"place", layer.step.place},
                    {"site", layer.step.site},
                    {"function", layer.step.function},
                    {"kernel", layer.kernel},
                    {"shape", shape},
                    {"macs", p.macs},
                    {"weight_bytes", p.weight_bytes},
                    {"activation_bytes", p.activation_bytes},
                    {"min_ms", layer.min_s * kMilli},
                    {"median_ms", layer.median_s * kMilli},
                    {"macs_per_cycle", known(layer.macs_per_cycle)},
                    {"limit_ms", known(layer.limit.seconds * kMilli)},
                    {"limited_by", layer.limit.seconds > 0 ? nlohmann::ordered_json(layer.limit.by) : nullptr},
                    {"share_of_limit", known(layer.share())}});
  }
  return list;
}

std::string table_of(const std::vector<Layer>& layers) {
  const double total = sum_of_least(layers);
  const std::vector<Kind> kinds = kinds_of(layers);
  size_t width = 0;
  for (const Layer& layer : layers) width = std::max(width, layer.name().size());
  std::string text = heading("layer", width, "");
  for (const Layer& layer : layers) text += row(layer.name(), width, "", layer, total);
  text += "\n" + heading("kind", width, "count");
  for (const Kind& kind : kinds) text += row(kind.name, width, std::to_string(kind.count), kind.sum, total);
  return text + fmt::format("the least times of all layers: {:.3f} ms\n", total * kMilli);
}

}  // namespace octavo::cli

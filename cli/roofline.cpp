#include "cli/roofline.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace octavo::cli {

namespace {
constexpr double kGiga = 1e9;
}

Roofline::Roofline(int threads, int64_t weight_bytes)
    : threads_(threads), clock_hz_(probe::clock_hz()), weight_bytes_(weight_bytes) {}

double Roofline::multiply_rate(InnerLoop loop) {
  const auto [at, added] = multiply_.emplace(loop, 0);
  if (added) at->second = probe::multiply_rate(loop, threads_);
  return at->second;
}

// Sizes are rounded to powers of two: caches are no finer.
double Roofline::read_rate(int64_t bytes) {
  const auto size = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(std::max<int64_t>(bytes, 4096))));
  const auto [at, added] = read_.emplace(size, 0);
  if (added) at->second = probe::read_rate(size, threads_);
  return at->second;
}

Limit Roofline::of(const octavo_step_profile& step) {
  Limit limit;
  const auto at_least = [&](int64_t amount, double rate, const char* by) {
    if (rate <= 0 || static_cast<double>(amount) / rate <= limit.seconds) return;
    limit = {static_cast<double>(amount) / rate, by};
  };
  if (step.macs > 0) at_least(step.macs, multiply_rate(static_cast<InnerLoop>(step.inner_loop)), "multiply");
  if (step.weight_bytes > 0) at_least(step.weight_bytes, read_rate(weight_bytes_), "weights");
  if (step.activation_bytes > 0) at_least(step.activation_bytes, read_rate(step.activation_bytes), "activations");
  return limit;
}

nlohmann::ordered_json Roofline::json() const {
  nlohmann::ordered_json multiply = nlohmann::ordered_json::object(), read = nlohmann::ordered_json::array();
  for (const auto& [loop, rate] : multiply_)
    if (rate > 0) multiply[name_of(loop)] = rate / kGiga;
  for (const auto& [bytes, rate] : read_) read.push_back({{"bytes", bytes}, {"gb_per_s", rate / kGiga}});
  return {{"clock_ghz", clock_hz_ / kGiga}, {"gmac_per_s", multiply}, {"weight_bytes", weight_bytes_}, {"read", read}};
}

std::string Roofline::text() const {
  std::string result = fmt::format("this machine, {} thread{}: {:.2f} GHz", threads_.count(),
                                   threads_.count() == 1 ? "" : "s", clock_hz_ / kGiga);
  for (const auto& [loop, rate] : multiply_)
    if (rate > 0) result += fmt::format("; {} {:.1f} GMAC/s", name_of(loop), rate / kGiga);
  result += "; reads";
  for (const auto& [bytes, rate] : read_) result += fmt::format(" {:.0f} GB/s of {} KB,", rate / kGiga, bytes / 1024);
  result.back() = '\n';
  return result;
}

}  // namespace octavo::cli

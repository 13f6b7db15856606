#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace octavo::cli {

namespace {
constexpr int kBarWidth = 20;

bool stderr_is_terminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && term != nullptr && std::strcmp(term, "dumb") != 0;
}
double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
}  // namespace

bool color_on_stderr() {
  const char* none = std::getenv("NO_COLOR");
  return stderr_is_terminal() && (none == nullptr || *none == '\0');
}

Progress::Progress(int steps, bool quiet)
    : steps_(steps), quiet_(quiet), terminal_(!quiet && stderr_is_terminal()), color_(color_on_stderr()) {}

Progress::~Progress() {
  stop();
  if (terminal_) std::fputs("\r\033[K", stderr);
}

void Progress::begin(const std::string& step) {
  stop();
  step_ = step;
  started_ = std::chrono::steady_clock::now();
  if (!terminal_) return;
  running_ = true;
  ticker_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (running_) {
      draw();
      wake_.wait_for(lock, std::chrono::milliseconds(200));
    }
  });
}

std::string Progress::begin_extra(const std::string& step) {
  stop();
  const std::string interrupted = step_;
  ++steps_;
  begin(step);
  return interrupted;
}

void Progress::done() {
  stop();
  ++finished_;
  if (quiet_) return;
  if (terminal_) std::fputs("\r\033[K", stderr);
  std::fputs(fmt::format("{:<10} {:6.1f} s\n", step_, seconds_since(started_)).c_str(), stderr);
}

void Progress::skipped(const std::string& step) {
  stop();
  ++finished_;
  if (terminal_) std::fputs(fmt::format("{:<10} unchanged\n", step).c_str(), stderr);
}

void Progress::draw() {
  const int filled = kBarWidth * finished_ / (steps_ > 0 ? steps_ : 1);
  const std::string bar =
      std::string(static_cast<size_t>(filled), '#') + std::string(kBarWidth - static_cast<size_t>(filled), '.');
  const char* on = color_ ? "\033[36m" : "";
  const char* off = color_ ? "\033[0m" : "";
  std::fputs(fmt::format("\r\033[K{}[{}]{} {}/{} {} {:.0f} s", on, bar, off, finished_ + 1, steps_, step_,
                         seconds_since(started_))
                 .c_str(),
             stderr);
  std::fflush(stderr);
}

void Progress::stop() {
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
  }
  wake_.notify_all();
  if (ticker_.joinable()) ticker_.join();
}

}  // namespace octavo::cli

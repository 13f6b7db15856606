// What is being done and how long it took, on stderr. On a terminal one line that redraws itself with a bar; elsewhere
// one plain line a finished step. NO_COLOR and TERM=dumb are respected; quiet says nothing.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace octavo::cli {

class Progress {
 public:
  Progress(int steps, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void begin(const std::string& step);
  // A step that nobody counted on, in the middle of another; begin() the other again with the name that comes back.
  [[nodiscard]] std::string begin_extra(const std::string& step);
  void done();
  void skipped(const std::string& step);

 private:
  void draw();
  void stop();

  int steps_, finished_ = 0;
  bool quiet_, terminal_, color_;
  std::string step_;
  std::chrono::steady_clock::time_point started_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool running_ = false;
  std::thread ticker_;  // redraws the seconds while a step runs
};

// Whether diagnostics may be coloured: stderr is a terminal and the user did not ask for none.
[[nodiscard]] bool color_on_stderr();

}  // namespace octavo::cli

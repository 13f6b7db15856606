#include "cli/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"

extern char** environ;

namespace octavo::cli {

namespace {

using base::Error;
using base::Exit;

struct Pipe {
  int read = -1, write = -1;
  explicit Pipe(bool wanted) {
    int ends[2];
    if (!wanted) return;
    if (pipe2(ends, O_CLOEXEC) != 0) throw Error(Exit::internal, {}, std::string("pipe: ") + std::strerror(errno));
    read = ends[0];
    write = ends[1];
  }
  ~Pipe() {
    close_end(read);
    close_end(write);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }
};

// Both at once: a child that fills one pipe while we wait on the other would hang.
void drain(Pipe& out, Pipe& err, ProcessResult& result) {
  while (out.read >= 0 || err.read >= 0) {
    std::array<pollfd, 2> fds{{{out.read, POLLIN, 0}, {err.read, POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) break;
    for (size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].revents == 0) continue;
      std::array<char, 65536> buffer;
      const ssize_t got = read(fds[i].fd, buffer.data(), buffer.size());
      if (got > 0) (i == 0 ? result.out : result.err).append(buffer.data(), static_cast<size_t>(got));
      if (got == 0 || (got < 0 && errno != EINTR)) Pipe::close_end(i == 0 ? out.read : err.read);
    }
  }
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments, Output out_mode, Output err_mode) {
  Pipe out(out_mode == Output::capture), err(err_mode == Output::capture);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (out.write >= 0) posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
  if (err.write >= 0) posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);

  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    throw Error(Exit::refused, {}, "cannot run " + arguments[0] + ": " + std::strerror(failed),
                "octavo doctor shows which programs are found and where");
  }
  Pipe::close_end(out.write);
  Pipe::close_end(err.write);

  ProcessResult result;
  drain(out, err, result);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

bool says_disk_full(const std::string& messages) {
  return messages.find("No space left on device") != std::string::npos ||
         messages.find("File too large") != std::string::npos;
}

std::string command_line(const std::vector<std::string>& arguments) {
  std::string line;
  for (const std::string& argument : arguments) {
    if (!line.empty()) line += ' ';
    const bool plain = !argument.empty() && argument.find_first_of(" \t\n'\"\\$`(){}[]<>|&;*?#~!") == std::string::npos;
    if (plain) {
      line += argument;
      continue;
    }
    line += '\'';
    for (const char c : argument) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace octavo::cli

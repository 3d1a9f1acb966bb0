#include "scheduler/shell_command.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/units.h"

namespace podswarm::scheduler {

namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Between the request to end and the end, for a command that does not heed it.
constexpr milliseconds kGrace{1000};
constexpr milliseconds kLook{100};

// A file in memory that reads from its beginning: a pipe would make this program wait for a command that does not read.
base::UniqueFd file_with(const std::string& text) {
  base::UniqueFd fd(::memfd_create("podswarm-hook", MFD_CLOEXEC));
  for (std::size_t done = 0; fd && done < text.size();) {
    const ssize_t n = ::write(fd.get(), text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return {};
    done += static_cast<std::size_t>(n);
  }
  if (fd) ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

class Spawning {
 public:
  Spawning() {
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_init(&actions_);
    // The program blocks signals for itself; a command starts with none blocked or ignored.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &pipe);
  }
  ~Spawning() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  Spawning(const Spawning&) = delete;
  Spawning& operator=(const Spawning&) = delete;

  void detach(int input) {
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, STDERR_FILENO, STDOUT_FILENO);
    posix_spawnattr_setpgroup(&attributes_, 0);
    flags_ |= POSIX_SPAWN_SETPGROUP;
  }

  // 0 or an errno value.
  int start(const ShellCommand& command, pid_t& child) {
    std::vector<std::string> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text = *entry;
      // Of two of one name a program sees the first: the one that it has inherited.
      if (!command.variables.contains(std::string(text.substr(0, text.find('='))))) environment.emplace_back(text);
    }
    for (const auto& [name, value] : command.variables) environment.push_back(name + "=" + value);
    std::vector<char*> envp;
    for (auto& entry : environment) envp.push_back(entry.data());
    envp.push_back(nullptr);
    std::string shell = "/bin/sh";
    std::string option = "-c";
    std::string text = command.command;
    char* argv[] = {shell.data(), option.data(), text.data(), nullptr};
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags_));
    return ::posix_spawn(&child, shell.c_str(), &actions_, &attributes_, argv, envp.data());
  }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
  int flags_ = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
};

// Waits for the child's end, at most so long. It is not collected: until then its number is nobody else's, and may be
// used to end what it has started.
bool wait_for_end(pid_t child, int pid_fd, milliseconds at_most) {
  pollfd waiting{pid_fd, POLLIN, 0};
  ::poll(&waiting, pid_fd < 0 ? 0u : 1u, static_cast<int>(at_most.count()));
  siginfo_t ended{};
  const int result = ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT);
  return result == 0 ? ended.si_pid == child : errno == ECHILD;
}

}  // namespace

ShellResult run_shell(const ShellCommand& command, std::stop_token stop) {
  Spawning spawning;
  base::UniqueFd input;
  if (command.input) {
    input = file_with(*command.input);
    if (!input) return {-1, std::string("cannot hand over its input: ") + std::strerror(errno), false};
    spawning.detach(input.get());
  }
  pid_t child = 0;
  if (const int error = spawning.start(command, child); error != 0) return {-1, std::strerror(error), false};

  const base::UniqueFd pid_fd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  const auto started = Steady::now();
  std::optional<Steady::time_point> ending;  // since it was told to
  bool killed = false;
  const pid_t whom = command.input ? -child : child;
  ShellResult result;
  while (!wait_for_end(child, pid_fd.get(), kLook)) {
    const auto now = Steady::now();
    const bool late = command.timeout && now - started >= *command.timeout;
    if (!ending && (late || stop.stop_requested())) {
      ending = now;
      result.ended = true;
      if (late) result.error = "did not end within " + base::format_duration(*command.timeout) + " and was ended";
      ::kill(whom, SIGTERM);
    } else if (ending && !killed && now - *ending >= kGrace) {
      killed = true;
      ::kill(whom, SIGKILL);
    }
  }
  // Whatever it has started goes with it.
  if (result.ended && command.input) ::kill(whom, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace podswarm::scheduler

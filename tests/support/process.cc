#include "tests/support/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/support/files.h"

namespace podswarm::test {

namespace {

std::filesystem::path with_suffix(std::filesystem::path path, const char* suffix) {
  return path += suffix;
}

// The test's own environment with the command's on top.
std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : command.environment) lines.push_back(name + "=" + value);
  for (char** line = environ; *line != nullptr; ++line) {
    const std::string text = *line;
    if (!command.environment.contains(text.substr(0, text.find('=')))) lines.push_back(text);
  }
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

void redirect(const char* path, int flags, int target) {
  const int fd = ::open(path, flags, 0644);
  if (fd < 0 || ::dup2(fd, target) < 0) ::_exit(126);
  ::close(fd);
}

// Between fork and exec nothing is allocated: a thread of the test may have held the heap's lock at the fork.
pid_t start(const Command& command) {
  std::vector<std::string> words = command.words;
  std::vector<std::string> environment = environment_of(command);
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(environment);
  const std::string out = with_suffix(command.output, ".out").string();
  const std::string err = with_suffix(command.output, ".err").string();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (!command.folder.empty() && ::chdir(command.folder.c_str()) != 0) ::_exit(126);
  redirect(command.input.c_str(), O_RDONLY, STDIN_FILENO);
  redirect(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
  redirect(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
  ::execvpe(argv.front(), argv.data(), envp.data());
  ::_exit(127);
}

}  // namespace

Process::Process(const Command& command) : output_(command.output), pid_(start(command)) {
  if (pid_ < 0)
    throw std::runtime_error(fmt::format("cannot start {}: {}", command.words.front(), std::strerror(errno)));
  ::setpgid(pid_, pid_);  // here as well, so that the group exists when the first signal is sent
}

Process::Process(Process&& other) noexcept
    : output_(std::move(other.output_)), pid_(std::exchange(other.pid_, 0)), status_(other.status_) {}

Process::~Process() {
  if (pid_ != 0) kill();
}

bool Process::running() {
  if (status_) return false;
  int status = 0;
  const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
  if (ended != pid_) return true;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

std::optional<int> Process::wait(std::chrono::milliseconds patience) {
  if (!eventually([this] { return !running(); }, patience)) return std::nullopt;
  return status_;
}

void Process::signal(int number) const {
  if (!status_) ::kill(pid_, number);
}

void Process::kill() {
  // While the leader has not been waited for, its number cannot be another group's.
  if (!running()) return;
  ::kill(-pid_, SIGKILL);
  (void)wait(seconds(10));
}

std::string Process::out() const {
  return read(with_suffix(output_, ".out"));
}
std::string Process::err() const {
  return read(with_suffix(output_, ".err"));
}

Outcome run(const Command& command, std::chrono::milliseconds patience) {
  Process process(command);
  const auto status = process.wait(patience);
  if (!status) {
    process.kill();
    throw std::runtime_error(
        fmt::format("{} does not end; it said:\n{}{}", fmt::join(command.words, " "), process.out(), process.err()));
  }
  return {*status, process.out(), process.err()};
}

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/sbin:/sbin:/usr/local/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

}  // namespace podswarm::test

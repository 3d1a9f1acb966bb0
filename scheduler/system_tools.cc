#include "scheduler/system_tools.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"

namespace podswarm::scheduler {

namespace {

constexpr std::chrono::milliseconds kLook{20};
// For one that was told to end, and for one that was killed: a disk that hangs can hold even that.
constexpr std::chrono::seconds kPatience{1};

// What a child starts with: no signal blocked, a process group of its own.
class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &usual);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  [[nodiscard]] posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// Nothing to read and nothing to be heard, but for what `input` gives.
class Files {
 public:
  explicit Files(int input = -1) {
    posix_spawn_file_actions_init(&actions_);
    if (input < 0) {
      posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    } else {
      posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    }
    for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
      posix_spawn_file_actions_addopen(&actions_, output, "/dev/null", O_WRONLY, 0);
    }
  }
  ~Files() { posix_spawn_file_actions_destroy(&actions_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  [[nodiscard]] posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// 0 and the error in errno where it cannot be started.
pid_t spawn(std::vector<std::string> words, int input = -1) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  Attributes attributes;
  Files files(input);
  pid_t child = 0;
  errno = ::posix_spawnp(&child, argv.front(), files.get(), attributes.get(), argv.data(), environ);
  return errno == 0 ? child : 0;
}

// What has ended is collected and leaves the list.
void collect(std::vector<pid_t>& children) {
  std::erase_if(children, [](pid_t child) { return ::waitpid(child, nullptr, WNOHANG) != 0; });
}

// Until all have ended, at most for kPatience.
void wait_for(std::vector<pid_t>& children) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (collect(children); !children.empty(); collect(children)) {
    if (std::chrono::steady_clock::now() > deadline) return;
    std::this_thread::sleep_for(kLook);
  }
}

}  // namespace

int run_quietly(const std::string& command, std::chrono::milliseconds patience, const std::stop_token& stop) {
  const pid_t child = spawn({"/bin/sh", "-c", command});
  if (child == 0) return -1;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  int status = 0;
  for (;;) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (ended < 0 && errno != EINTR) return -1;
    if (stop.stop_requested() || std::chrono::steady_clock::now() > deadline) break;
    std::this_thread::sleep_for(kLook);
  }
  ::kill(-child, SIGKILL);
  std::vector<pid_t> killed{child};
  wait_for(killed);
  return -1;
}

SleepInhibitor::~SleepInhibitor() {
  set(false);
  for (const int signal : {SIGTERM, SIGKILL}) {
    collect(ending_);
    for (const pid_t child : ending_) ::kill(-child, signal);
    wait_for(ending_);
  }
}

void SleepInhibitor::set(bool awake) {
  reap();
  if (awake && child_ == 0) return start();
  if (awake || child_ == 0) return;
  // The child ends with its input; so it does when this program is killed.
  pipe_.reset();
  ending_.push_back(std::exchange(child_, 0));
}

void SleepInhibitor::start() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  const base::UniqueFd input(ends[0]);
  base::UniqueFd output(ends[1]);
  child_ = spawn({"systemd-inhibit", "--what=sleep", "--who=podswarm", "--why=downloading", "--mode=block", "cat"},
                 input.get());
  if (child_ == 0) {
    const int error = errno;
    if (!std::exchange(told_, true)) {
      spdlog::warn("cannot keep the machine awake: systemd-inhibit: {}", std::strerror(error));
    }
    return;
  }
  pipe_ = std::move(output);
}

void SleepInhibitor::reap() {
  collect(ending_);
  if (child_ == 0 || ::waitpid(child_, nullptr, WNOHANG) == 0) return;
  child_ = 0;
  pipe_.reset();
  if (!std::exchange(told_, true)) {
    spdlog::warn("cannot keep the machine awake: systemd-inhibit has ended (may this user inhibit sleep?)");
  }
}

bool has_way_out() {
  // Addresses of documentation (RFC 5737, RFC 3849), which are nobody's: connecting a datagram socket looks for a route
  // and sends nothing.
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(9);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(9);
  ::inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
  ::inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
  const auto leads_out = [](const auto& address) {
    const base::UniqueFd fd(
        ::socket(reinterpret_cast<const sockaddr&>(address).sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    // Without a socket of that family there is no route of it either; anything else that goes wrong tells nothing.
    if (!fd) return errno != EAFNOSUPPORT;
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
    return errno != ENETUNREACH && errno != EHOSTUNREACH && errno != EADDRNOTAVAIL && errno != ENETDOWN;
  };
  return leads_out(v4) || leads_out(v6);
}

}  // namespace podswarm::scheduler

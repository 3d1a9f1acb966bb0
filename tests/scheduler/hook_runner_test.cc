// Hooks for real: shell commands and a web server on loopback, also those that fail or hang.

#include "scheduler/hook_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "base/log.h"
#include "scheduler/shell_command.h"
#include "tests/support/eventually.h"

namespace podswarm::scheduler {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

class HookRunnerTest : public testing::Test {
 protected:
  HookRunnerTest() {
    base::init_log(base::LogLevel::kQuiet, false);
    std::string pattern = (fs::temp_directory_path() / "podswarm-hook-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    call_.event = "done";
    call_.document = R"({"event":"done"})";
    call_.timeout = 20s;
    call_.variables = {{"PODSWARM_TITLE", "a \"quoted\" $title; rm"}, {"OUT", (dir_ / "out").string()}};
  }
  ~HookRunnerTest() override { fs::remove_all(dir_); }

  std::string run(std::stop_token stop = {}) { return run_hook(call_, base::WallTime{}, std::move(stop)).problem; }
  [[nodiscard]] std::string out() const { return base::read_file(dir_ / "out", 1u << 24).value(); }

  fs::path dir_;
  HookCall call_;
};

TEST_F(HookRunnerTest, ACommandGetsTheDocumentAndItsValues) {
  call_.command = "cat > \"$OUT\"; printf '|%s' \"$PODSWARM_TITLE\" >> \"$OUT\"";
  EXPECT_EQ(run(), "");
  EXPECT_EQ(out(), "{\"event\":\"done\"}|a \"quoted\" $title; rm");
}

TEST_F(HookRunnerTest, WhatThisProgramHasInheritedUnderTheSameNameIsReplaced) {
  ::setenv("PODSWARM_TITLE", "of another hook", 1);
  call_.command = "env | grep ^PODSWARM_TITLE > \"$OUT\"";
  EXPECT_EQ(run(), "");
  ::unsetenv("PODSWARM_TITLE");
  EXPECT_EQ(out(), "PODSWARM_TITLE=a \"quoted\" $title; rm\n");
}

TEST_F(HookRunnerTest, ACommandThatDoesNotReadHoldsUpNothing) {
  call_.document = std::string(4u << 20, 'x');
  call_.command = "true";
  EXPECT_EQ(run(), "");
}

TEST_F(HookRunnerTest, AFailureIsNamed) {
  call_.command = "exit 7";
  EXPECT_THAT(run(), HasSubstr("ended with status 7"));
  call_.command = "kill -9 $$";
  EXPECT_THAT(run(), HasSubstr("137"));
  call_.command = "/no/such/program 2>/dev/null";
  EXPECT_THAT(run(), HasSubstr("127"));
}

std::string stat_of(const std::string& pid) {
  const auto text = base::read_file("/proc/" + std::to_string(std::stol(pid)) + "/stat", 4096);
  return text ? *text : std::string();
}

// The command's children write their numbers, so that the test can ask for them.
bool is_alive(const std::string& pid) {
  return ::kill(static_cast<pid_t>(std::stol(pid)), 0) == 0 &&
         // A zombie that nobody has collected yet is dead.
         stat_of(pid).find(") Z ") == std::string::npos;
}

TEST_F(HookRunnerTest, AHangingCommandIsEndedWithAllItHasStarted) {
  call_.timeout = 1s;
  call_.command = "trap '' TERM; (trap '' TERM; sleep 600) & echo $! > \"$OUT\"; wait; sleep 600";
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THAT(run(), HasSubstr("did not end within 1s"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 15s);
  const auto child = out();
  EXPECT_TRUE(test::eventually([&] { return !is_alive(child); }));
}

TEST_F(HookRunnerTest, AStopEndsIt) {
  std::stop_source stop;
  call_.command = "touch \"$OUT\"; exec sleep 600";
  call_.timeout = 600s;
  std::jthread stopper([&] {
    (void)test::eventually([&] { return fs::exists(dir_ / "out"); });
    stop.request_stop();
  });
  run(stop.get_token());
  EXPECT_TRUE(stop.stop_requested());
}

TEST_F(HookRunnerTest, WithoutInputACommandHasThisProgramsOwnAndNoTimeEndsIt) {
  const auto result = run_shell({"exit $N", {{"N", "3"}}, std::nullopt, std::nullopt});
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.error, "");
}

// Takes one connection after the other on loopback, reads a whole request and sends `answer`; with an empty one it is
// silent until the client goes.
class PostServer {
 public:
  explicit PostServer(std::string answer) : answer_(std::move(answer)) {
    listener_ = base::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~PostServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/hook"; }
  // After the client has its answer.
  [[nodiscard]] std::string seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void serve() {
    for (;;) {
      const base::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      std::string request;
      char buffer[4096];
      while (!is_whole(request)) {
        const ssize_t n = ::recv(client.get(), buffer, sizeof buffer, 0);
        if (n <= 0) break;
        request.append(buffer, static_cast<std::size_t>(n));
      }
      {
        const std::lock_guard lock(mutex_);
        seen_ = request;
      }
      (void)!::send(client.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
      while (::recv(client.get(), buffer, sizeof buffer, 0) > 0) {
      }
    }
  }
  static bool is_whole(const std::string& request) {
    const auto head = request.find("\r\n\r\n");
    const auto length = request.find("Content-Length: ");
    if (head == std::string::npos || length == std::string::npos) return false;
    return request.size() >= head + 4 + std::stoul(request.substr(length + 16));
  }

  std::string answer_;
  base::UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::string seen_;
  std::thread thread_;
};

TEST_F(HookRunnerTest, AnAddressGetsThePost) {
  PostServer server("HTTP/1.1 204 No Content\r\n\r\n");
  call_.url = server.url();
  EXPECT_EQ(run(), "");
  EXPECT_THAT(server.seen(), testing::StartsWith("POST /hook HTTP/1.1\r\n"));
  EXPECT_THAT(server.seen(), HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(server.seen(), testing::EndsWith("\r\n\r\n{\"event\":\"done\"}"));
}

TEST_F(HookRunnerTest, AnAnswerThatIsNoSuccessIsNamedAndNoRedirectFollowed) {
  PostServer broken("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
  call_.url = broken.url();
  auto result = run_hook(call_, base::WallTime{}, {});
  EXPECT_THAT(result.problem, HasSubstr("the answer is 500"));
  EXPECT_EQ(result.outcome, HookOutcome::kMayPass);
  PostServer elsewhere("HTTP/1.1 204 No Content\r\n\r\n");
  PostServer moved("HTTP/1.1 307 There\r\nLocation: " + elsewhere.url() + "\r\nContent-Length: 0\r\n\r\n");
  call_.url = moved.url();
  result = run_hook(call_, base::WallTime{}, {});
  EXPECT_THAT(result.problem, HasSubstr("the answer is 307"));
  EXPECT_EQ(result.outcome, HookOutcome::kOver);
  EXPECT_EQ(elsewhere.seen(), "");
}

TEST_F(HookRunnerTest, AServerThatSaysNothingIsGivenUp) {
  PostServer silent("");
  call_.url = silent.url();
  call_.timeout = 1s;
  EXPECT_THAT(run(), HasSubstr("127.0.0.1"));
  call_.url = "http://127.0.0.1:1/";
  EXPECT_NE(run(), "");
}

}  // namespace
}  // namespace podswarm::scheduler

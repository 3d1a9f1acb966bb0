// `podswarm run` as a supervisor sees it: readiness, reloading, ending; and `podswarm demo`.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/json/array.hpp>
#include <cstring>
#include <stdexcept>

#include "base/file.h"
#include "tests/e2e/support/content.h"
#include "tests/e2e/support/podswarm.h"
#include "tests/support/files.h"
#include "tests/support/servers.h"

namespace podswarm::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// What systemd listens on: a datagram socket named by NOTIFY_SOCKET (sd_notify(3)).
class Supervisor {
 public:
  explicit Supervisor(const fs::path& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot listen on " + path.string());
    }
  }
  // The next message, "" where none comes within 10 s.
  std::string next() const {
    pollfd ready{fd_.get(), POLLIN, 0};
    if (::poll(&ready, 1, 10'000) != 1) return {};
    char buffer[1024];
    const ssize_t size = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string();
  }

 private:
  base::UniqueFd fd_;
};

class Daemon : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  Podswarm podswarm_{folder_.path() / "podswarm"};
};

TEST_F(Daemon, TellsItsSupervisorWhenItIsReadyAndWhenItStops) {
  const Supervisor supervisor(folder_.path() / "notify");
  Process daemon = podswarm_.start_daemon({{"NOTIFY_SOCKET", (folder_.path() / "notify").string()}});
  EXPECT_THAT(supervisor.next(), HasSubstr("READY=1"));
  EXPECT_EQ(podswarm_.run({"status"}).status, 0) << "ready means that it answers";
  daemon.signal(SIGTERM);
  EXPECT_THAT(supervisor.next(), HasSubstr("STOPPING=1"));
  EXPECT_EQ(daemon.wait(seconds(5)), 0);
}

TEST_F(Daemon, EndsWithinFiveSecondsOfSigtermThoughItIsBusy) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const Nginx nginx(folder_.path() / "nginx", "location = /slow.wav { limit_rate 50k; }");
  write(nginx.root() / "slow.wav", make_wav(5'000'000, 1));
  write(nginx.root() / "feed.xml", make_feed("Show", {{"Slow", nginx.url("slow.wav")}}));
  Process daemon = podswarm_.start_daemon();
  ASSERT_EQ(podswarm_.run({"add", "--all", nginx.url("feed.xml")}).status, 0);
  ASSERT_TRUE(eventually([&] { return list_at(podswarm_.json({"status"}), "live").size() == 1; })) << daemon.err();
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(seconds(5)), 0) << daemon.err();
  EXPECT_FALSE(fs::exists(podswarm_.daemon_file()));
  const auto after = podswarm_.json({"show", "1"});
  EXPECT_NE(text_at(after, "state"), "done");
  EXPECT_EQ(text_at(after, "download/error"), "") << "being stopped is no failure";
}

TEST_F(Daemon, ReadsItsConfigurationAnewOnSighup) {
  const auto rules = [&] { return list_at(podswarm_.json({"rules", "list"}), "rules").size(); };
  Process daemon = podswarm_.start_daemon();
  EXPECT_EQ(rules(), 0u);
  podswarm_.configure("[[rule]]\nid = \"all\"\nfeeds = [\"*\"]\nmatch_all = true\n");
  daemon.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return rules() == 1; })) << daemon.err();
}

TEST_F(Daemon, KeepsTheConfigurationThatItHasWhereTheNewOneIsBroken) {
  podswarm_.configure("[[rule]]\nid = \"all\"\nfeeds = [\"*\"]\nmatch_all = true\n");
  const std::string good = read(podswarm_.config_file());
  const Supervisor supervisor(folder_.path() / "notify");
  Process daemon = podswarm_.start_daemon({{"NOTIFY_SOCKET", (folder_.path() / "notify").string()}});
  EXPECT_THAT(supervisor.next(), HasSubstr("READY=1"));
  write(podswarm_.config_file(), good + "[[rule]]\nid = 12 parsecs\n");
  daemon.signal(SIGHUP);
  EXPECT_THAT(supervisor.next(), HasSubstr("RELOADING=1"));
  EXPECT_THAT(supervisor.next(), HasSubstr("READY=1"));
  EXPECT_THAT(daemon.out() + daemon.err(), HasSubstr(podswarm_.config_file().string() + ":"));
  // A command reads the file for itself: put right, so that it gets as far as asking.
  write(podswarm_.config_file(), good);
  const auto rules = podswarm_.json({"rules", "list"});
  ASSERT_EQ(list_at(rules, "rules").size(), 1u) << daemon.err();
  EXPECT_EQ(text_at(list_at(rules, "rules").front(), "id"), "all");
  EXPECT_TRUE(daemon.running());
}

TEST_F(Daemon, TheDemoSucceedsAndWritesNothingOutsideItsFolder) {
  const fs::path temporary = folder_.path() / "tmp";
  fs::create_directories(temporary);
  Command demo;
  demo.words = {program(), "demo"};
  demo.folder = folder_.path() / "podswarm/home";
  demo.output = folder_.path() / "podswarm/runs/demo";
  demo.environment = {{"TMPDIR", temporary.string()},
                      {"HOME", (folder_.path() / "podswarm/home").string()},
                      {"XDG_CONFIG_HOME", (folder_.path() / "podswarm/config").string()},
                      {"XDG_DATA_HOME", (folder_.path() / "podswarm/data").string()},
                      {"XDG_RUNTIME_DIR", (folder_.path() / "podswarm/runtime").string()}};
  const auto before = tree(folder_.path());
  const auto played = run(demo);
  EXPECT_EQ(played.status, 0) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("Every wanted byte is there and right"));
  std::size_t written = 0;
  for (const auto& [file, size] : tree(folder_.path())) {
    if (before.contains(file) || file.starts_with("podswarm/runs/")) continue;
    EXPECT_TRUE(file.starts_with("tmp/podswarm-demo-")) << file;
    ++written;
  }
  EXPECT_GT(written, 5u);
}

}  // namespace
}  // namespace podswarm::test

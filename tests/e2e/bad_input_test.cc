// What goes wrong outside the program: servers, files, disks and people. Each time it says so in one line, ends with
// the right status, keeps its state, and `show` explains it afterwards.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <memory>

#include "tests/e2e/support/content.h"
#include "tests/e2e/support/podswarm.h"
#include "tests/support/files.h"
#include "tests/support/network.h"
#include "tests/support/servers.h"

namespace podswarm::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The one line that the program wrote on standard error; the test fails where it wrote more or less.
std::string complaint(const Outcome& outcome) {
  EXPECT_TRUE(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1) << "standard error:\n"
                                                                             << outcome.err << "standard output:\n"
                                                                             << outcome.out;
  return outcome.err;
}

class BadInput : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  Podswarm podswarm_{folder_.path() / "podswarm"};
};

// With a web server, its folder being www().
class BadServer : public BadInput {
 protected:
  void SetUp() override {
    PODSWARM_NEED_PROGRAM("nginx");
    PODSWARM_NEED_PROGRAM("openssl");
    nginx_ = std::make_unique<Nginx>(folder_.path() / "nginx",
                                     "location = /false.mp3 { default_type audio/mpeg; alias root/page.html; }");
  }
  [[nodiscard]] fs::path www() const { return nginx_->root(); }
  [[nodiscard]] std::string url(const std::string& path) const { return nginx_->url(path); }
  void serve_feed(const std::vector<Item>& items) const { write(www() / "feed.xml", make_feed("Show", items)); }
  // The only episode, whole.
  [[nodiscard]] json::value episode() { return podswarm_.json({"show", "1"}); }

  std::unique_ptr<Nginx> nginx_;
};

constexpr const char* kPage =
    "<!DOCTYPE html>\n<html><head><title>Not found</title></head><body><h1>Please log in</h1><p>Nothing here.</p>"
    "</body></html>\n";

TEST_F(BadInput, AHostThatDoesNotAnswerIsNamed) {
  const std::string feed = fmt::format("http://127.0.0.1:{}/feed.xml", free_port());
  const auto added = podswarm_.run({"add", feed});
  EXPECT_EQ(added.status, 1);
  EXPECT_THAT(complaint(added), HasSubstr("127.0.0.1"));
  const auto shown = podswarm_.json({"show", feed});
  EXPECT_EQ(number_at(shown, "poll_failures"), 1) << json::serialize(shown);
  EXPECT_THAT(text_at(shown, "last_error"), ContainsRegex("refused|connect"));
}

TEST_F(BadServer, AFeedThatIsNotThereIsA404) {
  const auto added = podswarm_.run({"add", url("nothing.xml")});
  EXPECT_EQ(added.status, 1);
  const std::string line = complaint(added);
  EXPECT_THAT(line, HasSubstr("404"));
  EXPECT_THAT(line, HasSubstr("127.0.0.1"));
  EXPECT_THAT(text_at(podswarm_.json({"show", url("nothing.xml")}), "last_error"), HasSubstr("404"));
}

TEST_F(BadServer, APageInsteadOfAFeedIsCalledAPage) {
  write(www() / "page.html", kPage);
  const auto added = podswarm_.run({"add", url("page.html")});
  EXPECT_EQ(added.status, 1);
  EXPECT_THAT(complaint(added), ContainsRegex("HTML|web page"));
  EXPECT_THAT(text_at(podswarm_.json({"show", url("page.html")}), "last_error"), ContainsRegex("HTML|web page"));
}

TEST_F(BadServer, APageInsteadOfAnEpisodeIsNotSaved) {
  write(www() / "page.html", kPage);
  for (const char* path : {"page.html", "false.mp3"}) {
    SCOPED_TRACE(path);
    Podswarm podswarm(folder_.path() / path);
    serve_feed({{"Episode", url(path), "audio/mpeg"}});
    ASSERT_EQ(podswarm.run({"add", "--all", url("feed.xml")}).status, 0);
    const auto fetched = podswarm.run({"fetch"});
    EXPECT_NE(fetched.status, 0);
    EXPECT_THAT(fetched.out + fetched.err, HasSubstr("Episode"));
    EXPECT_EQ(tree(podswarm.library()).size(), 0u);
    const auto shown = podswarm.json({"show", "1"});
    EXPECT_THAT(text_at(shown, "download/error"), ContainsRegex("HTML|web page"));
    EXPECT_NE(text_at(shown, "state"), "done");
  }
}

TEST_F(BadServer, WhatIsWholeOfATruncatedFeedIsRead) {
  std::string feed = make_feed("Show", {{"First", url("a.wav")}, {"Second", url("b.wav")}, {"Third", url("c.wav")}});
  feed.resize(feed.find("guid of Third"));
  write(www() / "feed.xml", feed);
  const auto added = podswarm_.run({"add", "--all", url("feed.xml")});
  EXPECT_EQ(added.status, 0) << added.err;
  const json::value answer = podswarm_.json({"episodes"});
  const auto& episodes = list_at(answer, "episodes");
  EXPECT_EQ(text_at(find(episodes, "title", "First"), "state"), "queued");
  EXPECT_EQ(text_at(find(episodes, "title", "Second"), "state"), "queued");
}

TEST_F(BadServer, ATorrentWritesNothingOutsideItsFolder) {
  const std::string content = make_wav(50'000, 1);
  const Torrent torrent =
      make_torrent("../../outside", {{{"..", "..", "up.wav"}, content}, {{"/etc", "absolute.wav"}, content}});
  write(www() / "bad.torrent", torrent.bytes);
  write(www() / "bad/up.wav", content);
  const fs::path inside = folder_.path() / "deep/er/inside";
  fs::create_directories(inside);
  write(folder_.path() / "bad.torrent", torrent.bytes);
  const auto before = tree(folder_.path());
  Process get =
      podswarm_.start({"get", "--no-tracker", "--dir", inside.string(), (folder_.path() / "bad.torrent").string()});
  // Whether it refuses the torrent or waits for peers is its choice.
  (void)get.wait(std::chrono::milliseconds(1500));
  get.kill();
  for (const auto& [file, size] : tree(folder_.path())) {
    if (before.contains(file) || file.starts_with("podswarm/runs/")) continue;
    EXPECT_TRUE(file.starts_with("deep/er/inside/")) << file;
  }
  EXPECT_FALSE(fs::exists("/etc/absolute.wav"));
}

TEST_F(BadServer, AFullDiskIsSaidAndTheRestIsKept) {
  PODSWARM_NEED_ISOLATION();
  fs::create_directories(podswarm_.library());
  ASSERT_EQ(::mount("podswarm-test", podswarm_.library().c_str(), "tmpfs", 0, "size=2m"), 0) << std::strerror(errno);
  write(www() / "long.wav", make_wav(6'000'000, 1));
  serve_feed({{"Long", url("long.wav")}});
  ASSERT_EQ(podswarm_.run({"add", "--all", url("feed.xml")}).status, 0);
  const auto fetched = podswarm_.run({"fetch"});
  EXPECT_NE(fetched.status, 0);
  EXPECT_THAT(fetched.out + fetched.err, ContainsRegex("[Nn]o space|MiB free"));
  const auto shown = episode();
  EXPECT_NE(text_at(shown, "state"), "done");
  EXPECT_THAT(text_at(shown, "download/error") + text_at(podswarm_.json({"status"}), "obstacle"),
              ContainsRegex("[Nn]o space|MiB free"));

  // With room again, the same episode comes.
  ASSERT_EQ(::mount(nullptr, podswarm_.library().c_str(), nullptr, MS_REMOUNT, "size=20m"), 0) << std::strerror(errno);
  (void)podswarm_.run({"retry", "1"});
  const auto again = podswarm_.run({"fetch"});
  EXPECT_EQ(again.status, 0) << again.out << again.err;
  EXPECT_EQ(text_at(episode(), "state"), "done");
  ::umount2(podswarm_.library().c_str(), MNT_DETACH);
}

TEST_F(BadServer, AReadOnlyLibraryIsSaid) {
  PODSWARM_NEED_ISOLATION();
  fs::create_directories(podswarm_.library());
  ASSERT_EQ(::mount("podswarm-test", podswarm_.library().c_str(), "tmpfs", MS_RDONLY, "size=2m"), 0)
      << std::strerror(errno);
  write(www() / "short.wav", make_wav(60'000, 1));
  serve_feed({{"Short", url("short.wav")}});
  ASSERT_EQ(podswarm_.run({"add", "--all", url("feed.xml")}).status, 0);
  const auto fetched = podswarm_.run({"fetch"});
  EXPECT_NE(fetched.status, 0);
  EXPECT_THAT(fetched.out + fetched.err, ContainsRegex("[Rr]ead-only"));
  EXPECT_THAT(text_at(episode(), "download/error") + text_at(podswarm_.json({"status"}), "obstacle"),
              ContainsRegex("[Rr]ead-only"));
  ::umount2(podswarm_.library().c_str(), MNT_DETACH);
}

TEST_F(BadInput, AMistakeInTheConfigurationIsNamedByLineAndColumn) {
  write(podswarm_.config_file(), "[general]\nlibrary_dir = \"/tmp\"\n\n[poll]\ninterval = 12 parsecs\n");
  for (const auto& words : std::vector<std::vector<std::string>>{{"list"}, {"run"}, {"config", "check"}}) {
    SCOPED_TRACE(words.back());
    const auto outcome = podswarm_.run(words);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, ContainsRegex("config\\.toml:5:[0-9]+"));
  }
}

TEST_F(BadInput, AMisspeltKeyIsToldWithTheRightOne) {
  write(podswarm_.config_file(), "[general]\nlibary_dir = \"/tmp\"\n");
  const auto outcome = podswarm_.run({"list"});
  EXPECT_EQ(outcome.status, 1);
  const std::string line = complaint(outcome);
  EXPECT_THAT(line, ContainsRegex("config\\.toml:2:1"));
  EXPECT_THAT(line, HasSubstr("libary_dir"));
  EXPECT_THAT(line, HasSubstr("library_dir"));
}

TEST_F(BadInput, ACorruptDatabaseIsNamedAndLeftAlone) {
  const std::string broken = "SQLite format 3" + std::string(1, '\0') + make_wav(8192, 7);
  write(podswarm_.database(), broken);
  const auto outcome = podswarm_.run({"list"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr(podswarm_.database().string()));
  EXPECT_THAT(outcome.err, HasSubstr("damaged"));
  EXPECT_TRUE(read(podswarm_.database()) == broken) << "the file was changed";

  const auto daemon = podswarm_.run({"run"});
  EXPECT_EQ(daemon.status, 1);
  EXPECT_TRUE(read(podswarm_.database()) == broken) << "the file was changed";
}

TEST_F(BadInput, ASecondDaemonIsRefused) {
  Process first = podswarm_.start_daemon();
  const auto second = podswarm_.run({"run"});
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.err, HasSubstr(podswarm_.data().string()));
  EXPECT_TRUE(first.running());
  EXPECT_EQ(podswarm_.run({"list"}).status, 0) << "the first still answers";
}

TEST_F(BadInput, ADaemonThatCannotBeFoundIsStatusFour) {
  Process daemon = podswarm_.start_daemon();
  fs::remove(podswarm_.daemon_file());
  const auto outcome = podswarm_.run({"list"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(complaint(outcome), HasSubstr(podswarm_.data().string()));
}

TEST_F(BadInput, ADaemonThatDoesNotAnswerIsStatusFour) {
  Process daemon = podswarm_.start_daemon();
  daemon.signal(SIGSTOP);
  Process list = podswarm_.start({"list"});
  EXPECT_EQ(list.wait(seconds(30)), 4);
  daemon.signal(SIGCONT);
  EXPECT_THAT(list.err(), HasSubstr("daemon"));
}

TEST_F(BadInput, ADaemonsFileThatOutlivedItIsNoObstacle) {
  podswarm_.start_daemon().kill();
  ASSERT_TRUE(fs::exists(podswarm_.daemon_file()));
  EXPECT_EQ(podswarm_.run({"list"}).status, 0);
}

TEST_F(BadInput, WhatIsNotThereIsStatusFive) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"show", "no such feed"},
                                                                 {"show", "4711"},
                                                                 {"rm", "no such feed"},
                                                                 {"check", "no such feed"},
                                                                 {"fetch", "no such feed"},
                                                                 {"episodes", "no such feed"},
                                                                 {"retry", "4711"},
                                                                 {"skip", "4711"},
                                                                 {"import", "no-such-file.opml"},
                                                                 {"torrent", "verify", "no-such-file.torrent"},
                                                                 {"get", "no-such-file.torrent"}}) {
    SCOPED_TRACE(fmt::format("{}", fmt::join(words, " ")));
    const auto outcome = podswarm_.run(words);
    EXPECT_EQ(outcome.status, 5);
    EXPECT_THAT(complaint(outcome), ContainsRegex("no such feed|4711|no-such-file"));
  }
}

TEST_F(BadInput, AWrongCommandLineIsStatusTwo) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"no-such-verb"},
                                                                 {"list", "--no-such-option"},
                                                                 {"add"},
                                                                 {"show"},
                                                                 {"add", "--all", "--none", "http://127.0.0.1/"},
                                                                 {"add", "--latest", "-2", "http://127.0.0.1/"},
                                                                 {"get", "--up-limit", "fast", "x"},
                                                                 {"get", "--files", "1-0", "x"},
                                                                 {"add", "ftp://127.0.0.1/feed.xml"},
                                                                 {"retry", "four"}}) {
    SCOPED_TRACE(fmt::format("{}", fmt::join(words, " ")));
    const auto outcome = podswarm_.run(words);
    EXPECT_EQ(outcome.status, 2) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.err, StartsWith("podswarm: "));
  }
}

TEST_F(BadInput, AMistypedVerbOrOptionIsToldWithTheRightOne) {
  const auto told = [&](const std::vector<std::string>& words) { return complaint(podswarm_.run(words)); };
  EXPECT_THAT(told({"lsit"}), HasSubstr("did you mean \"list\"?"));
  EXPECT_THAT(told({"get", "--up-limt=1MB", "x"}), HasSubstr("did you mean \"--up-limit\"?"));
  EXPECT_THAT(told({"list", "--confg"}), HasSubstr("did you mean \"--config\"?"));
  EXPECT_THAT(told({"rules", "chekc"}), HasSubstr("did you mean \"check\"?"));
  EXPECT_THAT(told({"list", "--no-such-option"}), ::testing::Not(HasSubstr("did you mean")));
}

}  // namespace
}  // namespace podswarm::test

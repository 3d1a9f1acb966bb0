// The library on a player: served by the daemon, and fetched by gPodder's command line as a phone's app would.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "tests/e2e/support/content.h"
#include "tests/e2e/support/podswarm.h"
#include "tests/support/files.h"
#include "tests/support/network.h"
#include "tests/support/servers.h"

namespace podswarm::test {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

// gPodder with a home of its own.
class Gpo {
 public:
  explicit Gpo(const fs::path& folder) : folder_(folder) { fs::create_directories(folder_); }
  [[nodiscard]] Outcome run(const std::vector<std::string>& words) {
    Command command;
    command.words = {"gpo", "--quiet"};
    command.words.insert(command.words.end(), words.begin(), words.end());
    command.environment = {{"HOME", folder_.string()},
                           {"GPODDER_HOME", (folder_ / "gPodder").string()},
                           {"DISPLAY", ""},
                           {"LC_ALL", "C.UTF-8"}};
    command.folder = folder_;
    command.output = folder_ / fmt::format("run-{}", runs_++);
    return test::run(command);
  }
  // What it has downloaded, by the file's extension.
  [[nodiscard]] std::vector<std::string> contents(const std::string& extension) const {
    std::vector<std::string> out;
    for (const auto& [name, size] : tree(folder_ / "gPodder" / "Downloads")) {
      if (fs::path(name).extension() == extension) out.push_back(read(folder_ / "gPodder" / "Downloads" / name));
    }
    return out;
  }

 private:
  fs::path folder_;
  int runs_ = 0;
};

class Serve : public testing::Test {
 protected:
  // A daemon that has fetched two episodes and serves them.
  void start() {
    nginx_ = std::make_unique<Nginx>(folder_.path() / "nginx");
    write(nginx_->root() / "one.wav", one_);
    write(nginx_->root() / "two.wav", two_);
    write(nginx_->root() / "feed.xml",
          make_feed("Night & Waves", {{"Tides <1>", nginx_->url("one.wav")}, {"Second", nginx_->url("two.wav")}}));
    podswarm_.configure(fmt::format("[serve]\nenabled = true\nlisten = \"127.0.0.1\"\nport = {}\n", free_port()));
    daemon_ = std::make_unique<Process>(podswarm_.start_daemon());
    ASSERT_EQ(podswarm_.run({"add", "--all", nginx_->url("feed.xml")}).status, 0);
    ASSERT_TRUE(eventually([&] {
      return number_at(podswarm_.json({"episodes", "--state", "done"}), "total") == 2;
    })) << daemon_->err();
  }

  const std::string one_ = make_wav(2'300'000, 1);
  const std::string two_ = make_wav(70'000, 2);
  TemporaryFolder folder_;
  std::unique_ptr<Nginx> nginx_;
  Podswarm podswarm_{folder_.path() / "podswarm"};
  std::unique_ptr<Process> daemon_;
};

TEST_F(Serve, AGpodderSubscribesAndDownloads) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  PODSWARM_NEED_PROGRAM("gpo");
  ASSERT_NO_FATAL_FAILURE(start());
  const auto added = podswarm_.json({"client", "add", "Ann's phone"});
  ASSERT_EQ(list_at(added, "feeds").size(), 1u) << json::serialize(added);
  const std::string url = text_at(list_at(added, "feeds").at(0), "url");

  Gpo gpo(folder_.path() / "gpo");
  const auto subscribed = gpo.run({"subscribe", url});
  ASSERT_EQ(subscribed.status, 0) << subscribed.out << subscribed.err;
  const auto episodes = gpo.run({"episodes", "--guid", url});
  EXPECT_NE(episodes.out.find("Tides <1>"), std::string::npos) << episodes.out << episodes.err;
  const auto shown = podswarm_.json({"episodes"});
  for (const auto& episode : list_at(shown, "episodes")) {
    EXPECT_NE(episodes.out.find(text_at(episode, "guid")), std::string::npos) << episodes.out;
  }
  const auto updated = gpo.run({"update", url});
  EXPECT_EQ(updated.status, 0) << updated.out << updated.err;
  const auto downloaded = gpo.run({"download", url});
  EXPECT_EQ(downloaded.status, 0) << downloaded.out << downloaded.err;
  auto files = gpo.contents(".wav");
  ASSERT_EQ(files.size(), 2u) << downloaded.out << downloaded.err;
  if (files[0].size() < files[1].size()) std::swap(files[0], files[1]);
  EXPECT_TRUE(files[0] == one_);
  EXPECT_TRUE(files[1] == two_);

  const auto clients = podswarm_.json({"client", "list"});
  EXPECT_NE(text_at(list_at(clients, "clients").at(0), "last_seen_at"), "") << json::serialize(clients);

  // The list of feeds is a subscription list like any other.
  Gpo second(folder_.path() / "second");
  EXPECT_EQ(second.run({"import", text_at(added, "opml")}).status, 0);
  EXPECT_NE(second.run({"list"}).out.find("Night & Waves"), std::string::npos) << second.run({"list"}).out;
}

TEST_F(Serve, AnotherPodswarmReadsItToo) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  ASSERT_NO_FATAL_FAILURE(start());
  const auto added = podswarm_.json({"client", "add", "the attic"});
  Podswarm attic(folder_.path() / "attic");
  ASSERT_EQ(attic.run({"add", "--all", text_at(added, "all")}).status, 0);
  ASSERT_EQ(attic.run({"fetch"}).status, 0);
  const auto there = attic.json({"episodes", "--state", "done"});
  ASSERT_EQ(number_at(there, "total"), 2) << json::serialize(there);
  EXPECT_EQ(text_at(list_at(there, "episodes").at(0), "title"), "Night & Waves: Tides <1>");
  EXPECT_TRUE(read(text_at(list_at(list_at(there, "episodes").at(0), "files").at(0), "path")) == one_);

  ASSERT_EQ(podswarm_.run({"client", "rm", "The Attic"}).status, 0);
  EXPECT_EQ(attic.run({"check"}).status, 1) << "its address leads nowhere any more";
}

TEST_F(Serve, ClientsAreMadeOnceAndTakenBack) {
  EXPECT_EQ(podswarm_.run({"client", "list"}).status, 0);
  const auto first = podswarm_.run({"client", "add", "phone"});
  EXPECT_EQ(first.status, 0);
  EXPECT_NE(first.out.find("/all.xml"), std::string::npos) << first.out;
  EXPECT_NE(first.err.find("[serve]"), std::string::npos) << "serving is off, and the command says so: " << first.err;
  const auto at = first.out.find("/t/") + 3;
  const std::string token = first.out.substr(at, first.out.find('/', at) - at);
  EXPECT_GE(token.size(), 32u);
  EXPECT_EQ(read(podswarm_.database()).find(token), std::string::npos) << "a token is not stored";
  EXPECT_EQ(podswarm_.run({"client", "add", "Phone"}).status, 1);
  EXPECT_EQ(podswarm_.run({"client", "add", "--"}).status, 2);
  EXPECT_EQ(list_at(podswarm_.json({"client", "list"}), "clients").size(), 1u);
  EXPECT_EQ(podswarm_.run({"client", "rm", "phone"}).status, 0);
  EXPECT_EQ(podswarm_.run({"client", "rm", "phone"}).status, 5);
}

}  // namespace
}  // namespace podswarm::test

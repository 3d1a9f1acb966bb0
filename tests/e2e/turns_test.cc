// The queue by command, alike with a daemon and without, and a fetch that runs alone and answers meanwhile.

#include <fmt/chrono.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <ctime>
#include <filesystem>

#include "tests/e2e/support/content.h"
#include "tests/e2e/support/podswarm.h"
#include "tests/support/files.h"
#include "tests/support/servers.h"

namespace podswarm::test {
namespace {

namespace json = boost::json;

class Turns : public ::testing::Test {
 protected:
  // "first second third", as the queue has them.
  std::string order() {
    std::string titles;
    const auto queue = podswarm_.json({"queue"});
    for (const auto& one : list_at(queue, "downloads")) titles += (titles.empty() ? "" : " ") + text_at(one, "title");
    return titles;
  }
  std::string id_of(const std::string& title) {
    const auto episodes = podswarm_.json({"episodes"});
    return std::to_string(number_at(find(list_at(episodes, "episodes"), "title", title), "id"));
  }
  void expect_turns() {
    ASSERT_EQ(list_at(podswarm_.json({"queue"}), "downloads").size(), 3u);
    EXPECT_EQ(podswarm_.run({"queue", "top", id_of("c")}).status, 0);
    EXPECT_EQ(order().front(), 'c');
    EXPECT_EQ(podswarm_.run({"queue", "bottom", id_of("c")}).status, 0);
    EXPECT_EQ(order().back(), 'c');
    EXPECT_EQ(podswarm_.run({"queue", "up", id_of("c")}).status, 0);
    EXPECT_EQ(order()[2], 'c');
    EXPECT_EQ(podswarm_.run({"queue", "priority", "7", id_of("b")}).status, 0);
    EXPECT_EQ(order().front(), 'b');
    EXPECT_EQ(podswarm_.run({"queue", "sideways", id_of("b")}).status, 2);
    EXPECT_EQ(podswarm_.run({"queue", "top"}).status, 2);
    EXPECT_EQ(podswarm_.run({"queue", "top", "999"}).status, 5);

    EXPECT_EQ(podswarm_.run({"pause", id_of("b"), "Radio"}).status, 0);
    EXPECT_EQ(text_at(list_at(podswarm_.json({"list"}), "feeds").front(), "status"), "paused");
    EXPECT_EQ(at(podswarm_.json({"show", id_of("b")}), "download/paused"), json::value(true));
    EXPECT_EQ(podswarm_.run({"resume", id_of("b"), "Radio"}).status, 0);
    EXPECT_EQ(text_at(list_at(podswarm_.json({"list"}), "feeds").front(), "status"), "active");
    EXPECT_EQ(podswarm_.run({"pause"}).status, 0);
    EXPECT_EQ(at(podswarm_.json({"status"}), "paused"), json::value(true));
    EXPECT_EQ(podswarm_.run({"resume"}).status, 0);
    EXPECT_EQ(at(podswarm_.json({"status"}), "paused"), json::value(false));
    EXPECT_EQ(podswarm_.run({"pause", "nobody"}).status, 5);

    const auto schedule = podswarm_.json({"schedule"});
    EXPECT_GE(list_at(list_at(schedule, "windows").front(), "open").size(), 7u);
    EXPECT_EQ(list_at(schedule, "queue").size(), 3u);
    EXPECT_GE(list_at(list_at(schedule, "feeds").front(), "polls").size(), 1u);
    EXPECT_EQ(podswarm_.run({"schedule"}).status, 0);
    EXPECT_EQ(podswarm_.run({"queue"}).status, 0);
  }

  TemporaryFolder folder_;
  Podswarm podswarm_{folder_.path() / "podswarm"};
};

TEST_F(Turns, AreChangedByCommandWithADaemonAndWithout) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const Nginx nginx(folder_.path() / "nginx");
  write(nginx.root() / "feed.xml",
        make_feed("Radio", {{"a", nginx.url("a.wav")}, {"b", nginx.url("b.wav")}, {"c", nginx.url("c.wav")}}));
  // Closed now and for the next hours.
  const std::time_t now = std::time(nullptr);
  podswarm_.configure(
      fmt::format("window = \"{:%H:%M}-{:%H:%M}\"", fmt::gmtime(now + 4 * 60 * 60), fmt::gmtime(now + 5 * 60 * 60)));
  ASSERT_EQ(podswarm_.run({"add", "--all", nginx.url("feed.xml")}).status, 0);
  {
    SCOPED_TRACE("alone");
    expect_turns();
  }
  ASSERT_EQ(podswarm_.run({"queue", "priority", "0", id_of("b")}).status, 0);
  const Process daemon = podswarm_.start_daemon();
  SCOPED_TRACE("with a daemon");
  expect_turns();
}

TEST_F(Turns, AFetchThatRunsAloneAnswersMeanwhile) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const Nginx nginx(folder_.path() / "nginx", "location = /slow.wav { limit_rate 100k; }");
  write(nginx.root() / "slow.wav", make_wav(600'000, 1));
  write(nginx.root() / "feed.xml", make_feed("Radio", {{"Slow", nginx.url("slow.wav")}}));
  ASSERT_EQ(podswarm_.run({"add", "--all", nginx.url("feed.xml")}).status, 0);
  Process fetch = podswarm_.start({"fetch"});
  // A command that comes before it would have the database itself.
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(podswarm_.daemon_file()); }));
  ASSERT_TRUE(eventually([&] { return number_at(podswarm_.json({"status"}), "downloads/downloading") == 1; }));
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"list"}, {"episodes"}, {"show", "1"}, {"show", "Radio"}, {"status"}, {"schedule"}, {"queue"}}) {
    const auto outcome = podswarm_.run(words);
    EXPECT_EQ(outcome.status, 0) << words.front() << ": " << outcome.err;
  }
  EXPECT_TRUE(fetch.running()) << "the questions were to be asked meanwhile";
  EXPECT_EQ(fetch.wait(seconds(60)), 0);
  // And it leaves nothing behind that others would go to.
  EXPECT_FALSE(std::filesystem::exists(podswarm_.daemon_file()));
  EXPECT_EQ(podswarm_.run({"list"}).status, 0);
}

}  // namespace
}  // namespace podswarm::test

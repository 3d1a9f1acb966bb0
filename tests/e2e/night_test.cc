// One night: a feed over HTTPS, media over HTTP and from a swarm, a rule that skips, an enclosure that is gone, and a
// daemon that is killed in the middle of it.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <set>

#include "tests/e2e/support/content.h"
#include "tests/e2e/support/podswarm.h"
#include "tests/support/clients/transmission.h"
#include "tests/support/files.h"
#include "tests/support/network.h"
#include "tests/support/servers.h"

namespace podswarm::test {
namespace {

namespace json = boost::json;

// The bytes of the episode's one file, "" where it has none.
std::string file_of(const json::value& episode) {
  const auto& files = list_at(episode, "files");
  return files.size() == 1 ? read(text_at(files.front(), "path")) : std::string();
}

TEST(Night, EveryWantedEpisodeIsThereInTheMorningThoughTheDaemonIsKilledMeanwhile) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  PODSWARM_NEED_PROGRAM("opentracker");
  PODSWARM_NEED_PROGRAM("transmission-daemon");
  PODSWARM_NEED_ISOLATION();
  const TemporaryFolder folder;

  const std::uint16_t tracker_port = free_port();
  const std::string announce = Opentracker::announce_url(tracker_port);
  const std::string news = make_wav(300'000, 1);
  const std::string talk = make_wav(6'000'000, 2);
  const std::string swarm_one = make_wav(1'500'000, 3);
  const std::string swarm_two = make_wav(2'500'000, 4);
  const Torrent torrent_one = make_torrent("one.wav", swarm_one, announce);
  const Torrent torrent_two = make_torrent("two.wav", swarm_two, announce);

  const Opentracker tracker(folder.path() / "tracker", tracker_port, {torrent_one.info_hash, torrent_two.info_hash});
  Transmission transmission({folder.path() / "transmission", kPeerAddress});
  const auto theirs = folder.path() / "theirs";
  write(theirs / "one.wav", swarm_one);
  write(theirs / "two.wav", swarm_two);
  transmission.seed(torrent_one.bytes, torrent_one.info_hash, theirs);
  transmission.seed(torrent_two.bytes, torrent_two.info_hash, theirs);

  const Nginx nginx(folder.path() / "nginx", "location = /talk.wav { limit_rate 1500k; }");
  write(nginx.root() / "news.wav", news);
  write(nginx.root() / "talk.wav", talk);
  write(nginx.root() / "rerun.wav", news);
  write(nginx.root() / "one.torrent", torrent_one.bytes);
  write(nginx.root() / "two.torrent", torrent_two.bytes);
  const std::string torrent_type = "application/x-bittorrent";
  write(nginx.root() / "feed.xml",
        make_feed("Night radio", {{"News", nginx.https_url("news.wav")},
                                  {"The long talk", nginx.https_url("talk.wav")},
                                  {"Swarm one", nginx.https_url("one.torrent"), torrent_type},
                                  {"Swarm two", nginx.https_url("two.torrent"), torrent_type},
                                  {"Rerun: news", nginx.https_url("rerun.wav")},
                                  {"Gone", nginx.https_url("gone.wav")}}));

  Podswarm podswarm(folder.path() / "podswarm");
  // In [download], which the configuration ends with: one at a time, so that the swarms begin after the daemon was
  // killed: Transmission notices only after minutes that a peer is gone which it has nothing to say to, and takes no
  // second one from that address until then.
  podswarm.configure("max = 1\n[defaults]\nca_file = \"" + nginx.ca_file().string() + "\"\n" + R"(
[[rule]]
id = "no-reruns"
feeds = ["*"]
any = ['title : "rerun"']
action = "skip"

[[rule]]
id = "the-rest"
feeds = ["*"]
match_all = true
)");

  {
    Process evening = podswarm.start_daemon();
    const auto added = podswarm.run({"add", "--all", nginx.https_url("feed.xml")});
    ASSERT_EQ(added.status, 0) << added.out << added.err << evening.err();
    const auto talk_has_begun = [&] {
      const json::value status = podswarm.json({"status"});
      const auto& live = list_at(status, "live");
      return std::any_of(live.begin(), live.end(), [](const json::value& one) {
        return number_at(one, "bytes_total") == 6'000'000 && number_at(one, "bytes_done") > 1'000'000;
      });
    };
    ASSERT_TRUE(eventually(talk_has_begun)) << podswarm.run({"episodes", "--json"}).out << evening.err();
    evening.kill();
  }
  const auto talk_before = podswarm.json({"show", "2"});
  EXPECT_NE(text_at(talk_before, "state"), "done") << "the daemon was to be killed in the middle";

  Process night = podswarm.start_daemon();
  const auto done = [&] { return number_at(podswarm.json({"episodes", "--state", "done"}), "total") == 4; };
  EXPECT_TRUE(eventually(done, seconds(90))) << podswarm.run({"episodes", "--json"}).out << night.err();

  const json::value answer = podswarm.json({"episodes"});
  const auto& episodes = list_at(answer, "episodes");
  EXPECT_EQ(number_at(answer, "total"), 6);
  std::set<std::string> guids;
  for (const auto& episode : episodes) guids.insert(text_at(episode, "guid"));
  EXPECT_EQ(guids.size(), 6u);
  EXPECT_TRUE(file_of(find(episodes, "title", "News")) == news);
  EXPECT_TRUE(file_of(find(episodes, "title", "The long talk")) == talk);
  EXPECT_TRUE(file_of(find(episodes, "title", "Swarm one")) == swarm_one);
  EXPECT_TRUE(file_of(find(episodes, "title", "Swarm two")) == swarm_two);
  EXPECT_EQ(text_at(find(episodes, "title", "Swarm one"), "download/via"), "swarm");
  EXPECT_EQ(text_at(find(episodes, "title", "News"), "download/via"), "http");

  const auto skipped = podswarm.json({"show", std::to_string(number_at(find(episodes, "title", "Rerun: news"), "id"))});
  EXPECT_EQ(text_at(skipped, "state"), "skipped");
  EXPECT_EQ(text_at(skipped, "decision/rule"), "no-reruns");
  EXPECT_NE(text_at(skipped, "decision/reason").find("rerun"), std::string::npos)
      << text_at(skipped, "decision/reason");
  EXPECT_EQ(list_at(skipped, "files").size(), 0u);

  const auto gone = podswarm.json({"show", std::to_string(number_at(find(episodes, "title", "Gone"), "id"))});
  EXPECT_TRUE(text_at(gone, "state") == "failed" || text_at(gone, "state") == "queued") << text_at(gone, "state");
  EXPECT_NE(text_at(gone, "download/error").find("404"), std::string::npos) << text_at(gone, "download/error");

  // What had arrived before the kill was not asked for again.
  const auto requests = nginx.requests();
  EXPECT_TRUE(std::any_of(requests.begin(), requests.end(), [](const std::string& line) {
    return line.starts_with("GET /talk.wav 206 ") && line.find("range=bytes=") != std::string::npos;
  })) << fmt::format("{}", fmt::join(requests, "\n"));
  EXPECT_TRUE(std::none_of(requests.begin(), requests.end(),
                           [](const std::string& line) { return line.starts_with("GET /rerun.wav"); }));

  night.signal(SIGTERM);
  EXPECT_EQ(night.wait(seconds(5)), 0);
  const auto files = tree(podswarm.library());
  // Below .podswarm lies what is on its way or being seeded.
  EXPECT_EQ(std::count_if(files.begin(), files.end(), [](const auto& file) { return !file.first.starts_with("."); }), 4)
      << "and nothing is there twice";
}

}  // namespace
}  // namespace podswarm::test

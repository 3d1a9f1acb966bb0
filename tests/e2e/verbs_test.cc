// Every verb works alike with a daemon and without one: the same commands on two databases, one with a daemon, print
// the same documents and end with the same status.

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <ctime>
#include <memory>

#include "tests/e2e/support/content.h"
#include "tests/e2e/support/podswarm.h"
#include "tests/support/files.h"
#include "tests/support/servers.h"

namespace podswarm::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

// What may differ between two runs: moments, measured speeds, and the folder that all of it lies in.
json::value comparable(const json::value& value, const std::string& folder) {
  if (value.is_string()) {
    std::string text(value.get_string());
    replace_all(text, folder, "FOLDER");
    return json::string(text);
  }
  if (value.is_array()) {
    json::array out;
    for (const auto& element : value.get_array()) out.push_back(comparable(element, folder));
    return out;
  }
  if (!value.is_object()) return value;
  json::object out;
  for (const auto& [key, member] : value.get_object()) {
    if (key == "daemon" || key == "job") continue;
    // Of `status`: only a daemon has a queue that something stands in the way of.
    if (key == "obstacle" && value.get_object().contains("database")) continue;
    // Of a reason for the next poll: chance is in it.
    const bool differs =
        key == "at" || key == "seconds" || key == "since" || key.ends_with("_at") || key.ends_with("rate");
    out[key] = differs ? json::value("...") : comparable(member, folder);
    // They are told as they end, and several run at a time.
    if (key == "downloads" && member.is_array()) {
      std::ranges::sort(out[key].get_array(), {}, [](const json::value& one) { return json::serialize(one); });
    }
  }
  return out;
}

// A window that is closed now and for the next hour: a daemon queues and waits, as commands without one do.
std::string closed_window() {
  const std::time_t now = std::time(nullptr);
  return fmt::format("window = \"{:%H:%M}-{:%H:%M}\"\n", fmt::gmtime(now + 2 * 60 * 60),
                     fmt::gmtime(now + 3 * 60 * 60));
}

struct Side {
  explicit Side(const fs::path& where, const Nginx& nginx) : folder(where), podswarm(where) {
    podswarm.configure(closed_window() + fmt::format(R"(
[torrent]
seed = false

[[rule]]
id = "no-reruns"
feeds = ["*"]
any = ['title : "rerun"']
action = "skip"

[[rule]]
id = "rest"
feeds = ["*"]
match_all = true
)"));
    write(folder / "home/rules.toml", "[[rule]]\nid = \"x\"\nfeeds = [\"*\"]\nmatch_all = true\n");
    write(folder / "home/items.json", R"([{"title": "One", "feed": "Radio"}])");
    write(folder / "home/list.opml",
          fmt::format("<opml version=\"2.0\"><head/><body><outline type=\"rss\" text=\"Second\" xmlUrl=\"{}\"/>"
                      "<outline type=\"rss\" text=\"Known\" xmlUrl=\"{}\"/></body></opml>",
                      nginx.url("second.xml"), nginx.url("feed.xml")));
    write(folder / "home/feed.xml", make_feed("Parsed", {{"One", "http://127.0.0.1/a.wav"}}));
    const std::string content = make_wav(100'000, 5);
    write(folder / "home/old/Radio/Two.wav", make_wav(50'000, 2));
    write(folder / "home/old/holiday.mp4", "no episode");
    write(folder / "home/data/it.wav", content);
    write(folder / "home/it.torrent", make_torrent("it.wav", content).bytes);
  }
  fs::path folder;
  Podswarm podswarm;
};

struct Step {
  std::vector<std::string> words;
  int status;
};

// Both sides print the same for each step, and end with its status.
void expect_alike(const std::vector<Step>& steps, Side& alone, Side& served) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE(fmt::format("step {}: podswarm {}", i + 1, fmt::join(steps[i].words, " ")));
    auto words = steps[i].words;
    words.emplace_back("--json");
    const auto document = [&](const Outcome& outcome, const Side& side) {
      json::error_code error;
      const json::value value = json::parse(outcome.out, error);
      EXPECT_TRUE(!error || steps[i].status != 0) << "no JSON: " << outcome.out << outcome.err;
      return error ? std::string() : json::serialize(comparable(value, side.folder.string()));
    };
    const auto without = alone.podswarm.run(words);
    const auto with = served.podswarm.run(words);
    EXPECT_EQ(without.status, steps[i].status) << without.out << without.err;
    EXPECT_EQ(with.status, steps[i].status) << with.out << with.err;
    EXPECT_EQ(document(without, alone), document(with, served));
    std::string without_errors = without.err;
    std::string with_errors = with.err;
    replace_all(without_errors, alone.folder.string(), "FOLDER");
    replace_all(with_errors, served.folder.string(), "FOLDER");
    EXPECT_EQ(without_errors, with_errors);
  }
}

TEST(Verbs, AnswerAlikeWithADaemonAndWithout) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const TemporaryFolder folder;
  const Nginx nginx(folder.path() / "nginx");
  write(nginx.root() / "one.wav", make_wav(40'000, 1));
  write(nginx.root() / "two.wav", make_wav(50'000, 2));
  write(nginx.root() / "feed.xml", make_feed("Radio", {{"One", nginx.url("one.wav")},
                                                       {"Two", nginx.url("two.wav")},
                                                       {"Rerun", nginx.url("rerun.wav")},
                                                       {"Gone", nginx.url("gone.wav")}}));
  write(nginx.root() / "second.xml", make_feed("Second", {{"Only", nginx.url("two.wav")}}));

  Side alone(folder.path() / "alone", nginx);
  Side served(folder.path() / "served", nginx);
  Process daemon = served.podswarm.start_daemon();

  const std::string feed = nginx.url("feed.xml");
  const std::vector<Step> steps = {
      {{"config", "path"}, 0},
      {{"config", "check"}, 0},
      {{"rules", "list"}, 0},
      {{"rules", "check", "rules.toml"}, 0},
      {{"rules", "test", "--rules", "rules.toml", "--items", "items.json"}, 0},
      {{"list"}, 0},
      {{"episodes"}, 0},
      {{"add", "--all", "--name", "My radio", feed, "--tag", "music"}, 0},
      {{"add", feed}, 1},
      {{"add", nginx.url("nothing.xml")}, 1},
      {{"rm", nginx.url("nothing.xml")}, 0},
      {{"list"}, 0},
      {{"show", "My radio"}, 0},
      {{"show", feed}, 0},
      {{"show", "nobody"}, 5},
      {{"episodes"}, 0},
      {{"episodes", "--state", "queued", "--limit", "1"}, 0},
      {{"episodes", "My radio", "--search", "one", "--since", "2026-01-01"}, 0},
      {{"show", "1"}, 0},
      {{"show", "3"}, 0},
      {{"rules", "test", "--rules", "rules.toml", "--history", "3650d"}, 0},
      {{"rules", "test", "--where", "title : \"e\" and not title : \"rerun\""}, 0},
      {{"rules", "test", "--where", "title : \"e\"", "--feed", feed}, 0},
      {{"rules", "test", "--rules", "rules.toml", "--feed", feed, "--tag", "music", "--now", "2026-11-20T12:00:00Z"},
       0},
      {{"rules", "test", "--where", "duration >= 1m", "--items", "items.json"}, 0},
      {{"rules", "test", "--where", "titel : \"e\"", "--feed", feed}, 2},
      {{"rules", "test", "--where", "title : \"e\"", "--feed", nginx.url("nothing.xml")}, 5},
      {{"rules", "test", "--where", "title : \"e\"", "--now", "2026-11-20T12:00:00Z"}, 2},
      {{"rules", "test"}, 2},
      {{"episodes", "--tag", "nothing"}, 0},
      {{"client", "list"}, 0},
      {{"client", "rm", "nobody"}, 5},
      {{"check"}, 0},
      {{"check", "My radio"}, 0},
      {{"check", "nobody"}, 5},
      {{"status"}, 0},
      {{"fetch", "--window"}, 3},
      {{"skip", "2"}, 0},
      {{"fetch"}, 3},
      {{"episodes"}, 0},
      {{"show", "1"}, 0},
      {{"show", "4"}, 0},
      {{"retry", "2"}, 0},
      {{"fetch", "My radio"}, 0},
      {{"retry"}, 0},
      {{"show", "2"}, 0},
      {{"status"}, 0},
      {{"import", "list.opml"}, 0},
      {{"import", "feed.xml"}, 2},
      {{"list"}, 0},
      {{"export"}, 0},
      {{"rm", "--delete-files", "My radio"}, 0},
      {{"rm", "My radio"}, 5},
      {{"list"}, 0},
      {{"parse", "feed.xml"}, 0},
      {{"parse", "it.torrent"}, 0},
      {{"torrent", "verify", "it.torrent", "--dir", "data"}, 0},
      {{"torrent", "verify", "it.torrent", "--dir", "nowhere"}, 1},
      {{"get", "--dir", "got", nginx.url("one.wav")}, 0},
  };
  expect_alike(steps, alone, served);

  // The database that only one process may write was the daemon's all the while: the commands really went to it.
  EXPECT_TRUE(daemon.running());
  EXPECT_EQ(at(served.podswarm.json({"status"}), "daemon"), json::value(true));
  EXPECT_EQ(at(alone.podswarm.json({"status"}), "daemon"), json::value(false));
  const auto library = tree(alone.podswarm.library());
  EXPECT_EQ(library, tree(served.podswarm.library()));
}

TEST(Verbs, AboutTheLibraryAnswerAlikeToo) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const TemporaryFolder folder;
  const Nginx nginx(folder.path() / "nginx");
  write(nginx.root() / "one.wav", make_wav(40'000, 1));
  write(nginx.root() / "two.wav", make_wav(50'000, 2));
  write(nginx.root() / "feed.xml", make_feed("Radio", {{"One", nginx.url("one.wav")},
                                                       {"Two", nginx.url("two.wav")},
                                                       {"Three", nginx.url("gone.wav")}}));
  Side alone(folder.path() / "alone", nginx);
  Side served(folder.path() / "served", nginx);
  for (auto* side : {&alone, &served}) side->podswarm.configure("\n[library]\nkeep_newest = 1\n");
  const Process daemon = served.podswarm.start_daemon();
  expect_alike(
      {
          {{"add", "--all", nginx.url("feed.xml")}, 0},
          {{"star", "1", "2"}, 0},
          {{"star", "999"}, 5},
          {{"played", "1"}, 0},
          {{"fetch"}, 3},
          {{"episodes", "--starred"}, 0},
          {{"episodes", "--unplayed"}, 0},
          {{"episodes", "--played"}, 0},
          {{"episodes", "--played", "--unplayed"}, 2},
          {{"mark", "3"}, 0},
          {{"episodes", "--state", "seen"}, 0},
          {{"mark", "3", "--off"}, 0},
          {{"mark", "1"}, 1},
          {{"tidy", "--dry-run"}, 0},
          {{"star", "2", "--off"}, 0},
          {{"tidy", "--dry-run", "Radio"}, 0},
          {{"tidy"}, 0},
          {{"show", "2"}, 0},
          {{"delete", "2"}, 1},
          {{"rename", "--dry-run"}, 0},
          {{"rename"}, 0},
          {{"delete", "1"}, 0},
          {{"adopt", "--dry-run", "old"}, 0},
          {{"adopt", "old", "--feed", "Radio", "--move"}, 0},
          {{"adopt", "old"}, 0},
          {{"adopt", "nowhere"}, 5},
          {{"show", "2"}, 0},
          {{"episodes"}, 0},
      },
      alone, served);
  const auto library = tree(alone.podswarm.library());
  EXPECT_EQ(library, tree(served.podswarm.library()));
  // What was deleted and found again in the old folder is the only one there.
  ASSERT_EQ(library.size(), 1u);
  EXPECT_TRUE(library.begin()->first.ends_with("Two.wav")) << library.begin()->first;
  EXPECT_TRUE(read(alone.folder / "home/old/holiday.mp4") == "no episode");
}

TEST(Verbs, OptionsThatMayComeAgainLeaveTheAddressesBehindThemAlone) {
  const TemporaryFolder folder;
  Podswarm podswarm(folder.path());
  // Nobody is there: what counts is what was understood.
  EXPECT_EQ(podswarm.run({"add", "--tag", "news", "--tag", "music", "http://127.0.0.1:1/feed.xml"}).status, 1);
  const auto feeds = podswarm.json({"list"});
  ASSERT_EQ(list_at(feeds, "feeds").size(), 1u);
  EXPECT_EQ(list_at(list_at(feeds, "feeds").front(), "tags"), (json::array{"news", "music"}));
}

}  // namespace
}  // namespace podswarm::test

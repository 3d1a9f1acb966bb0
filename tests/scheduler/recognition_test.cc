// The same episode under another guid or address; floods of them; and no episode lost, whatever a feed's history.

#include <algorithm>
#include <random>
#include <set>

#include "scheduler/flood_brake.h"
#include "scheduler/media_key.h"
#include "scheduler/review.h"
#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;

TEST(MediaKey, LeavesOutWhatPasses) {
  const std::string plain = "media.example/a/1.mp3";
  const char* kSame[] = {
      "http://media.example/a/1.mp3",
      "HTTPS://Media.example:443/a/./1.mp3#t=3",
      "https://dts.podtrac.com/redirect.mp3/media.example/a/1.mp3",
      "https://www.podtrac.com/pts/redirect.mp3/media.example/a/1.mp3",
      "https://pdst.fm/e/chrt.fm/track/ABC12/dts.podtrac.com/redirect.mp3/media.example/a/1.mp3?updated=17",
      "https://op3.dev/e,pg=abc/https://media.example/a/1.mp3",
      "https://op3.dev/e/https%3A%2F%2Fmedia.example%2Fa%2F1.mp3",
      "https://media.blubrry.com/show/media.example/a/1.mp3?token=x&expires=99",
      "https://growx.podkite.com/https/KEY/media.example/a/1.mp3",
      "http://media.example/a/1.mp3?utm_source=rss&X-Amz-Signature=1&_=2",
  };
  for (const char* url : kSame) EXPECT_EQ(media_key(url), plain) << url;
}

TEST(MediaKey, KeepsWhatTellsFilesApart) {
  EXPECT_EQ(media_key("http://a.example/get.php?id=12&token=9&f=x"), "a.example/get.php?id=12&f=x");
  EXPECT_EQ(media_key("http://a.example:8080/1.mp3"), "a.example:8080/1.mp3");
  // Not a counter, though a host's name stands in its path.
  EXPECT_EQ(media_key("http://web.archive.example/x/media.example/1.mp3"), "web.archive.example/x/media.example/1.mp3");
  // A counter that names no host.
  EXPECT_EQ(media_key("https://dts.podtrac.com/redirect.mp3"), "dts.podtrac.com/redirect.mp3");
  EXPECT_EQ(media_key("magnet:?xt=urn:btih:abc"), "magnet:?xt=urn:btih:abc");
  EXPECT_EQ(media_key("not a url"), "not a url");
  EXPECT_EQ(media_key(""), "");
}

TEST(Likeness, AnAddressNeedsATitleOrADayBesides) {
  const auto item = make_item("Show 7!", "2026-11-01T12:00:00Z");
  const auto old = base::parse_rfc3339("2026-10-01");
  EXPECT_EQ(likeness(item, {"show 7", old}, "url:x", false), Likeness::kSame);
  EXPECT_EQ(likeness(item, {"Other", base::parse_rfc3339("2026-11-01")}, "url:x", false), Likeness::kSame);
  EXPECT_EQ(likeness(item, {"Other", old}, "url:x", false), Likeness::kOther);
  EXPECT_EQ(likeness(item, {"Other", item.published}, "url:x", true), Likeness::kOther);
  EXPECT_EQ(likeness(item, {"SHOW 7", old}, "url:x", true), Likeness::kDuplicate);
  EXPECT_EQ(likeness(item, {"Other", old}, "btih:x", false), Likeness::kSame);
}

std::vector<KnownEpisode> episodes_of(int count, const std::string& prefix, int first_day = 1) {
  std::vector<KnownEpisode> out;
  for (int i = 0; i < count; ++i) {
    out.push_back({prefix + std::to_string(i), base::WallTime(std::chrono::days(20'000 + first_day + i))});
  }
  return out;
}

TEST(FloodBrake, HoldsWhatLooksKnownAndNothingElse) {
  const auto known = episodes_of(10, "old ");
  auto fresh = episodes_of(6, "old ");
  fresh.push_back({"brand new", base::WallTime(std::chrono::days(20'100))});
  auto verdict = judge_flood(known, fresh, 17);
  EXPECT_FALSE(verdict.reason.empty());
  EXPECT_EQ(std::count(verdict.held.begin(), verdict.held.end(), true), 6);
  EXPECT_FALSE(verdict.held[6]);
  // As many as the limit are no flood.
  fresh.erase(fresh.begin());
  verdict = judge_flood(known, fresh, 17);
  EXPECT_TRUE(verdict.reason.empty());
  EXPECT_EQ(std::count(verdict.held.begin(), verdict.held.end(), true), 0);
  // Of many known ones it takes a fifth.
  EXPECT_TRUE(judge_flood(episodes_of(100, "old "), episodes_of(20, "old "), 120).reason.empty());
  EXPECT_FALSE(judge_flood(episodes_of(100, "old "), episodes_of(21, "old "), 120).reason.empty());
}

TEST(FloodBrake, AFewAreAFloodWhenAllGuidsHaveChanged) {
  const auto known = episodes_of(3, "old ");
  EXPECT_FALSE(judge_flood(known, episodes_of(3, "old "), 3).reason.empty());
  EXPECT_FALSE(judge_flood(known, episodes_of(3, "edited "), 3).reason.empty()) << "the days are those of known ones";
  EXPECT_TRUE(judge_flood(known, episodes_of(3, "old "), 6).reason.empty());
}

TEST(FloodBrake, NewsAreNoFlood) {
  // Twelve more of the same day, all later; all under one title.
  std::vector<KnownEpisode> known;
  std::vector<KnownEpisode> fresh;
  for (int i = 0; i < 12; ++i) {
    known.push_back({"News", base::WallTime(std::chrono::days(20'000)) + std::chrono::hours(i)});
    fresh.push_back({"News", base::WallTime(std::chrono::days(20'000)) + std::chrono::hours(12 + i)});
  }
  EXPECT_TRUE(judge_flood(known, fresh, 12).reason.empty());
  // The window of a feed has moved on while nobody looked.
  EXPECT_TRUE(judge_flood(episodes_of(10, "a "), episodes_of(10, "b ", 50), 10).reason.empty());
  EXPECT_TRUE(judge_flood({}, fresh, 12).reason.empty());
}

class Recognition : public SchedulerTest {
 protected:
  void next_poll(const feeds::Feed& document) {
    clock_.advance(1h);
    poll(document);
  }
  static feeds::Item changed(feeds::Item item, const std::string& guid, const std::string& url = "") {
    item.guid = guid;
    if (!url.empty()) item.enclosures[0].url = url;
    return item;
  }
};

TEST_F(Recognition, AChangedGuidIsTheSameEpisode) {
  subscribe();
  poll(make_feed({make_item("a"), make_item("b")}));
  next_poll(make_feed({changed(make_item("a"), "new"), make_item("b")}));
  EXPECT_EQ(episodes().size(), 2u);
  EXPECT_EQ(context().downloads.list().size(), 2u);
  EXPECT_EQ(episode("a").guid, "new");
  // From now on it is known by its new guid, wherever its file goes.
  next_poll(make_feed({changed(make_item("a"), "new", "http://elsewhere.example/x.mp3"), make_item("b")}));
  EXPECT_EQ(episodes().size(), 2u);
}

TEST_F(Recognition, TokensAndCountersMakeNoNewEpisode) {
  subscribe();
  auto item = make_item("a");
  item.guid.clear();
  poll(make_feed({item}));
  for (const char* url : {"http://media.example/a.mp3?token=1", "https://pdst.fm/e/media.example/a.mp3?token=2"}) {
    next_poll(make_feed({changed(item, "", url)}));
    EXPECT_EQ(episodes().size(), 1u) << url;
  }
}

TEST_F(Recognition, ARepostedItemIsTheSameEpisode) {
  subscribe();
  poll(make_feed({make_item("a", "2026-11-01T00:00:00Z")}));
  next_poll(make_feed({changed(make_item("a", "2026-11-15T00:00:00Z"), "again")}));
  EXPECT_EQ(episodes().size(), 1u);
}

TEST_F(Recognition, AnItemThatStandsThereTwiceIsOneEpisode) {
  subscribe();
  const auto twice = make_feed({make_item("a"), changed(make_item("a"), "other")});
  poll(twice);
  EXPECT_EQ(episodes().size(), 1u);
  next_poll(twice);
  EXPECT_EQ(episodes().size(), 1u);
  EXPECT_EQ(episode("a").guid, "guid-a");
}

TEST_F(Recognition, AFeedThatAlwaysPublishesUnderOneAddressLosesNothing) {
  subscribe();
  for (int day = 1; day < 5; ++day) {
    auto item = make_item("News of day " + std::to_string(day), "2026-11-0" + std::to_string(day) + "T00:00:00Z");
    item.enclosures[0].url = "http://media.example/latest.mp3";
    next_poll(make_feed({item}));
    EXPECT_EQ(episodes().size(), static_cast<std::size_t>(day));
  }
}

TEST_F(Recognition, AnInfoHashIsTheContent) {
  subscribe();
  auto item = make_item("a");
  item.torrent.emplace().info_hash = std::string(40, 'a');
  poll(make_feed({item}));
  auto mirror = changed(make_item("A (mirror)", "2026-12-01T00:00:00Z"), "m", "http://mirror.example/z.torrent");
  mirror.torrent = item.torrent;
  next_poll(make_feed({mirror}));
  EXPECT_EQ(episodes().size(), 1u);
}

TEST_F(Recognition, AFloodWaitsForAPerson) {
  subscribe();
  std::vector<feeds::Item> items;
  std::vector<feeds::Item> reborn;
  for (int i = 1; i <= 8; ++i) {
    const std::string name = "e" + std::to_string(i);
    const std::string date = "2026-10-0" + std::to_string(i) + "T00:00:00Z";
    items.push_back(make_item(name, date));
    reborn.push_back(changed(make_item(name, date), "new-" + name, "http://cdn.example/" + name + "-x.mp3"));
  }
  poll(make_feed(items));
  EXPECT_EQ(context().downloads.list().size(), 8u);
  reborn.push_back(make_item("fresh", "2026-11-20T00:00:00Z"));
  next_poll(make_feed(reborn));
  EXPECT_EQ(context().downloads.list().size(), 9u) << "what is really new is not held";
  db::EpisodeFilter held;
  held.decision = db::Decision::kHold;
  EXPECT_EQ(context().episodes.count(held), 8u);
  next_poll(make_feed(reborn));
  EXPECT_EQ(context().episodes.count(held), 8u);
  // A person may say that they are new; then the rules decide.
  const auto row = context().episodes.list(held).front();
  EXPECT_TRUE(accept_held(context(), row, clock_.now()));
  EXPECT_EQ(context().downloads.list().size(), 10u);
}

// A publisher who does to a feed what publishers do. `content` is what a listener would call the episode.
class Publisher {
 public:
  explicit Publisher(unsigned seed) : random_(seed) {}

  feeds::Feed next() {
    day_ += 1 + pick(3);
    for (int i = episodes_.empty() ? 4 : pick(3); i > 0; --i) publish();
    // Some windows show the newest alone; nobody could follow what changes twice while it is not shown.
    const bool narrow = !moved_ && pick(4) == 0 && episodes_.size() > 4;
    moved_ = false;
    feeds::Feed feed = make_feed({});
    for (auto episode = narrow ? episodes_.end() - 4 : episodes_.begin(); episode != episodes_.end(); ++episode) {
      change(*episode);
      feed.items.push_back(item_of(*episode));
    }
    std::reverse(feed.items.begin(), feed.items.end());
    if (pick(5) == 0) {
      feed.items.push_back(feed.items.front());
      feed.items.back().guid = "twin" + std::to_string(++serial_);
    }
    for (const auto& item : feed.items) shown.insert(content_of(item.enclosures[0].url));
    return feed;
  }

  // Guids, host and dates all at once, as after a move to another hosting company.
  void move_house() {
    moved_ = true;
    host_ = "host" + std::to_string(++serial_) + ".example";
    for (auto& episode : episodes_) {
      episode.guid = "h" + std::to_string(++serial_);
      episode.path = "moved-" + std::to_string(serial_) + "-";
    }
  }

  static std::string content_of(const std::string& url) {
    const auto start = url.find("content");
    return url.substr(start, url.find(".mp3", start) - start);
  }

  std::set<std::string> shown;

 private:
  struct Episode {
    int number = 0;
    std::string guid;
    std::string title;
    std::string path;
    int day = 0;
  };

  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  void publish() {
    const int number = ++serial_;
    episodes_.push_back({number, "guid" + std::to_string(number), "Talk " + std::to_string(number), "", ++day_});
  }

  // At most one of its two names changes between two polls.
  void change(Episode& episode) {
    switch (pick(12)) {
      case 0:
        episode.guid = "g" + std::to_string(++serial_);
        break;
      case 1:
        episode.path = "moved-" + std::to_string(++serial_) + "-";
        break;
      case 2:
        episode.title += " (edited)";
        break;
      case 3:  // posted again
        episode.guid = "again" + std::to_string(++serial_);
        episode.day = day_;
        break;
      default:
        break;
    }
  }

  feeds::Item item_of(const Episode& episode) {
    feeds::Item item;
    item.guid = episode.guid;
    item.title = episode.title;
    item.published = base::WallTime(std::chrono::days(20'000 + episode.day));
    std::string url = host_ + "/" + episode.path + "content" + std::to_string(episode.number) + ".mp3";
    if (pick(3) == 0) url = "pdst.fm/e/" + url;
    if (pick(3) == 0) url += "?token=" + std::to_string(++serial_);
    item.enclosures.push_back({(pick(2) == 0 ? "http://" : "https://") + url, "audio/mpeg", 5, feeds::LinkKind::kHttp});
    return item;
  }

  std::mt19937 random_;
  std::vector<Episode> episodes_;
  std::string host_ = "media.example";
  bool moved_ = false;
  int serial_ = 0;
  int day_ = 0;
};

class Histories : public SchedulerTest, public testing::WithParamInterface<unsigned> {};

TEST_P(Histories, NoEpisodeTwiceAndNoneMissed) {
  configure("[download]\nwindow = \"03:00-03:01\"\n");
  subscribe();
  Publisher publisher(GetParam());
  std::map<std::string, std::set<std::int64_t>> downloads;  // by content
  for (int i = 0; i < 12; ++i) {
    if (i == 8) publisher.move_house();
    clock_.advance(2h);
    poll(publisher.next());
    for (const auto& row : context().downloads.list({.state = {}, .feed_id = {}, .limit = 10'000})) {
      downloads[Publisher::content_of(row.source_url)].insert(row.id);
    }
  }
  std::size_t queued = 0;
  for (const auto& [content, ids] : downloads) {
    EXPECT_EQ(ids.size(), 1u) << content << " would be downloaded again";
    ++queued;
  }
  std::set<std::string> missed;
  for (const auto& content : publisher.shown) {
    if (!downloads.contains(content)) missed.insert(content);
  }
  // What is not downloaded waits for a person.
  db::EpisodeFilter held;
  held.decision = db::Decision::kHold;
  held.limit = 10'000;
  for (const auto& row : context().episodes.list(held)) {
    for (auto content = missed.begin(); content != missed.end();) {
      content = row.item.find(*content + ".mp3") != std::string::npos ? missed.erase(content) : std::next(content);
    }
  }
  EXPECT_TRUE(missed.empty()) << *missed.begin() << " was missed";
  EXPECT_GT(queued, 4u);
}

INSTANTIATE_TEST_SUITE_P(Generated, Histories, testing::Range(1u, 25u));

}  // namespace
}  // namespace podswarm::scheduler

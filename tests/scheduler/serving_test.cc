// What players are given of the library: feeds made of what the database knows.

#include "scheduler/serving.h"

#include <gmock/gmock.h>

#include "scheduler/client_book.h"
#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

using testing::ElementsAre;

const std::string kRoot = "http://h:8420/t/T";

class Serving : public SchedulerTest {
 protected:
  void put_file(const std::string& title, const std::string& name, std::uint64_t size = 1000) {
    db::FileRow file;
    file.episode_id = episode(title).id;
    file.path = dir_ / "library" / name;
    file.size = size;
    context().files.add(file);
  }
  static std::vector<std::string> titles(const library::PodcastFeed& feed) {
    std::vector<std::string> out;
    for (const auto& entry : feed.episodes) out.push_back(entry.title);
    return out;
  }
};

TEST_F(Serving, AFeedHasWhatIsInTheLibraryNewestFirst) {
  const auto id = subscribe();
  poll(make_feed({make_item("old", "2026-11-01T00:00:00Z"), make_item("absent", "2026-11-02T00:00:00Z"),
                  make_item("new", "2026-11-03T00:00:00Z")}));
  put_file("old", "old.mp3");
  put_file("new", "new one.m4a", 77);
  const auto feed = served_feed(context(), context().feeds.find(id), kRoot);
  EXPECT_EQ(feed.title, "Show");
  EXPECT_EQ(feed.self_url, kRoot + "/feeds/1-show.xml");
  ASSERT_THAT(titles(feed), ElementsAre("new", "old"));
  EXPECT_EQ(feed.episodes[0].guid, "guid-new");
  EXPECT_EQ(feed.episodes[0].media_url, kRoot + "/media/2/new%20one.m4a");
  EXPECT_EQ(feed.episodes[0].media_type, "audio/mp4");
  EXPECT_EQ(feed.episodes[0].media_size, 77u);
  EXPECT_EQ(feed.episodes[0].published, base::parse_rfc3339("2026-11-03T00:00:00Z"));
}

TEST_F(Serving, ATitlesNumbersCountWhereTheFeedHasNone) {
  const auto id = subscribe();
  poll(make_feed({make_item("Show S02E05")}));
  put_file("Show S02E05", "one.mp3");
  const auto entry = served_feed(context(), context().feeds.find(id), kRoot).episodes.at(0);
  EXPECT_EQ(entry.season, 2.0);
  EXPECT_EQ(entry.episode, 5.0);
}

TEST_F(Serving, WhatThePublisherSaidStands) {
  const auto id = subscribe();
  auto item = make_item("one");
  item.description = "<p>notes</p>";
  item.content = "<p>more notes</p>";
  item.author = "Ann";
  item.duration_seconds = 61;
  item.season = 2;
  item.episode = 3;
  item.episode_type = "trailer";
  item.is_explicit = false;
  item.image = "https://x.example/i.png";
  item.categories = {"News"};
  item.transcripts = {{"https://x.example/t.vtt", "text/vtt", "en", ""}};
  item.chapters = {"https://x.example/c.json", "application/json"};
  poll(make_feed({item}));
  put_file("one", "one.mp3");
  const auto entry = served_feed(context(), context().feeds.find(id), kRoot).episodes.at(0);
  EXPECT_EQ(entry.description, "<p>notes</p>");
  EXPECT_EQ(entry.content, "<p>more notes</p>");
  EXPECT_EQ(entry.author, "Ann");
  EXPECT_EQ(entry.duration, std::chrono::seconds(61));
  EXPECT_EQ(entry.season, 2.0);
  EXPECT_EQ(entry.episode, 3.0);
  EXPECT_EQ(entry.episode_type, "trailer");
  EXPECT_EQ(entry.is_explicit, false);
  EXPECT_EQ(entry.image, "https://x.example/i.png");
  EXPECT_THAT(entry.categories, ElementsAre("News"));
  ASSERT_EQ(entry.transcripts.size(), 1u);
  EXPECT_EQ(entry.chapters_url, "https://x.example/c.json");
}

TEST_F(Serving, TheFeedOfAllSaysWhoseAnEpisodeIs) {
  subscribe("http://feeds.example/a");
  subscribe("http://feeds.example/b");
  auto first = make_feed({make_item("Tides", "2026-11-01T00:00:00Z")});
  first.title = "Night Waves";
  poll(first);
  auto second = make_feed({make_item("The news show of today", "2026-11-02T00:00:00Z")});
  second.title = "News Show";
  answer(200, second);
  put_file("Tides", "t.mp3");
  put_file("The news show of today", "n.mp3");
  const auto all = served_feed(context(), std::nullopt, kRoot);
  EXPECT_THAT(titles(all), ElementsAre("The news show of today", "Night Waves: Tides"));
  EXPECT_EQ(all.self_url, kRoot + "/all.xml");
  const auto list = served_list(context(), kRoot);
  ASSERT_EQ(list.feeds.size(), 2u);
  EXPECT_EQ(list.feeds[0].url, kRoot + "/feeds/2-news-show.xml");
}

TEST_F(Serving, OfSeveralFilesThePlayableOnesAreEpisodes) {
  const auto id = subscribe();
  poll(make_feed({make_item("season")}));
  put_file("season", "s/E01.mp3");
  put_file("season", "s/E02.mp3");
  put_file("season", "s/cover.jpg", 5'000'000);
  put_file("season", "s/readme.txt");
  const auto feed = served_feed(context(), context().feeds.find(id), kRoot);
  EXPECT_THAT(titles(feed), ElementsAre("season – E01", "season – E02"));
  EXPECT_EQ(feed.episodes[0].guid, "guid-season#E01.mp3");
}

TEST(Playable, TheBestKindOfFileCounts) {
  const auto names = [](std::vector<std::pair<std::string, std::uint64_t>> files) {
    std::vector<db::FileRow> rows;
    for (const auto& [name, size] : files) {
      db::FileRow row;
      row.path = "/l/" + name;
      row.size = size;
      rows.push_back(row);
    }
    std::vector<std::string> out;
    for (const auto& row : playable(rows)) out.push_back(row.path.filename());
    return out;
  };
  EXPECT_THAT(names({{"a.mp3", 1}, {"a.pdf", 9}, {"a.jpg", 9}}), ElementsAre("a.mp3"));
  EXPECT_THAT(names({{"a.pdf", 1}, {"a.jpg", 9}}), ElementsAre("a.pdf"));
  EXPECT_THAT(names({{"a.bin", 1}, {"b.bin", 9}}), ElementsAre("b.bin"));
  EXPECT_THAT(names({{"a.bin", 1}}), ElementsAre("a.bin"));
  EXPECT_TRUE(names({}).empty());
}

TEST_F(Serving, AFeedIsCapped) {
  configure("[serve]\nmax_episodes = 2\n");
  const auto id = subscribe();
  poll(make_feed({make_item("a", "2026-11-01T00:00:00Z"), make_item("b", "2026-11-02T00:00:00Z"),
                  make_item("c", "2026-11-03T00:00:00Z")}));
  for (const char* title : {"a", "b", "c"}) put_file(title, std::string(title) + ".mp3");
  EXPECT_THAT(titles(served_feed(context(), context().feeds.find(id), kRoot)), ElementsAre("c", "b"));
}

TEST(ServedBase, IsWhatTheConfigurationSaysElseTheAddress) {
  config::ServeConfig serve;
  EXPECT_EQ(served_base(serve, "192.168.1.5"), "http://192.168.1.5:8420");
  serve.listen = "0.0.0.0";
  EXPECT_EQ(served_base(serve, "192.168.1.5"), "http://192.168.1.5:8420");
  serve.listen = "10.0.0.2";
  serve.port = 80;
  EXPECT_EQ(served_base(serve, "192.168.1.5"), "http://10.0.0.2:80");
  serve.listen = "fd00::2";
  EXPECT_EQ(served_base(serve, ""), "http://[fd00::2]:80");
  serve.base_url = "https://podcasts.example.org/x";
  EXPECT_EQ(served_base(serve, ""), "https://podcasts.example.org/x");
}

TEST(Serve, IsReachedByOthersUnlessItListensToThisMachineAlone) {
  config::ServeConfig serve;
  for (const char* address : {"127.0.0.1", "127.8.0.1", "::1"}) {
    serve.listen = address;
    EXPECT_FALSE(others_can_reach(serve)) << address;
  }
  for (const char* address : {"", "0.0.0.0", "::", "192.168.1.5", "fd00::2", "::ffff:10.0.0.1"}) {
    serve.listen = address;
    EXPECT_TRUE(others_can_reach(serve)) << address;
  }
}

TEST(ClientBook, FindsAClientByItsTokenAlone) {
  ClientBook book;
  EXPECT_FALSE(book.find(""));
  db::ClientRow one;
  one.id = 1;
  one.token_hash = token_hash("token-one");
  db::ClientRow two;
  two.id = 2;
  two.token_hash = token_hash("token-two");
  book.replace({one, two});
  EXPECT_EQ(book.find("token-one"), 1);
  EXPECT_EQ(book.find("token-two"), 2);
  for (const std::string wrong : {std::string(), std::string("token-on"), std::string("token-one "), one.token_hash}) {
    EXPECT_FALSE(book.find(wrong)) << wrong;
  }
  book.replace({two});
  EXPECT_FALSE(book.find("token-one"));
}

}  // namespace
}  // namespace podswarm::scheduler

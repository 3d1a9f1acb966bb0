// What accompanies an episode in the library: tags, cover, .nfo, chapters, transcripts.

#include <gmock/gmock.h>

#include "base/file.h"
#include "feeds/item_json.h"
#include "library/chapters.h"
#include "library/tags.h"
#include "scheduler/renames.h"
#include "scheduler/tidying.h"
#include "tests/library/media_bytes.h"
#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class SidecarsTest : public SchedulerTest {
 protected:
  static feeds::Item make_rich_item(const std::string& title) {
    auto item = make_item(title, "2026-11-05T10:00:00Z");
    item.description = "<p>Of tides &amp; moons.</p>";
    item.author = "Jane";
    item.episode = 3;
    item.season = 2;
    item.duration_seconds = 1800;
    item.chapters = feeds::Chapters{"http://media.example/" + title + "/chapters.json", "application/json+chapters"};
    item.transcripts = {{"http://media.example/" + title + ".vtt", "text/vtt", "en", ""},
                        {"http://media.example/" + title + ".srt", "application/srt", "", ""},
                        {"ftp://media.example/no", "text/vtt", "de", ""}};
    return item;
  }
  feeds::Feed make_rich_feed(std::vector<feeds::Item> items) {
    auto feed = make_feed(std::move(items));
    feed.image = "http://images.example/show.jpg";
    feed.language = "pt-BR";
    return feed;
  }
  // Plays the world: answers each request with what `pages` has for its address, writes what is made here.
  void make_sidecars(const std::map<std::string, std::string>& pages = {}) {
    while (!sidecars_.jobs.empty()) {
      const auto job = sidecars_.jobs.front();
      sidecars_.jobs.pop_front();
      if (!job.request) {
        scheduler_->on_sidecar(job.id, library::write_sidecar(job.place, job.content));
        continue;
      }
      asked_.push_back(job.request->url);
      const auto page = pages.find(job.request->url);
      scheduler_->on_sidecar(job.id, page == pages.end()
                                         ? SidecarResult(base::fail(library::PlaceError::kIo, "not there"))
                                         : library::write_sidecar(job.place, page->second));
    }
  }
  void bring(const std::string& title, const std::string& bytes = "ID3 sound") {
    const auto& add = downloads_.added.back();
    engine_finishes(downloads_.added.size() - 1, bytes);
    disk_places();
    scheduler_->on_engine_event(engine::Removed{add.id});
    ASSERT_EQ(download(title).state, db::DownloadState::kDone);
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(dir_ / "library/Show", error)) {
      out.push_back(entry.path().filename().string());
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  [[nodiscard]] std::string text(const std::string& name) const {
    return base::read_file(dir_ / "library/Show" / name, 1u << 20).value();
  }

  std::vector<std::string> asked_;
  const std::map<std::string, std::string> pages_ = {
      {"http://images.example/show.jpg", media::make_jpeg()},
      {"http://media.example/a/chapters.json", R"({"version":"1.2.0","chapters":[]})"},
      {"http://media.example/a.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"},
      {"http://media.example/a.srt", "1\n00:00:00,000 --> 00:00:01,000\nOlá\n"}};
};

TEST_F(SidecarsTest, ByDefaultAFeedsFolderGetsItsCoverAndNothingElse) {
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  EXPECT_TRUE(sidecars_.jobs.empty()) << "not before there is something to accompany";
  bring("a");
  make_sidecars(pages_);
  EXPECT_THAT(names(), ElementsAre("2026-11-05 a.mp3", "cover.jpg"));
  EXPECT_THAT(asked_, ElementsAre("http://images.example/show.jpg"));
  const auto kept = context().sidecars.list_feed(1);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].path, dir_ / "library/Show/cover.jpg");
  EXPECT_FALSE(kept[0].episode_id);
}

TEST_F(SidecarsTest, EachOptionBringsItsFiles) {
  configure("[library]\nnfo = true\ninfo_json = true\nchapters = true\ntranscripts = true\n");
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  make_sidecars(pages_);
  EXPECT_THAT(names(), UnorderedElementsAre("2026-11-05 a.mp3", "cover.jpg", "tvshow.nfo", "2026-11-05 a.nfo",
                                            "2026-11-05 a.info.json", "2026-11-05 a.chapters.json",
                                            "2026-11-05 a.en.vtt", "2026-11-05 a.pt-BR.srt"));
  const auto nfo = text("2026-11-05 a.nfo");
  EXPECT_THAT(nfo, HasSubstr("<title>a</title>"));
  EXPECT_THAT(nfo, HasSubstr("<season>2</season>"));
  EXPECT_THAT(nfo, HasSubstr("<plot>Of tides &amp; moons.</plot>"));
  EXPECT_THAT(nfo, HasSubstr("<runtime>30</runtime>"));
  EXPECT_THAT(text("2026-11-05 a.info.json"), HasSubstr("\"guid\":\"guid-a\""));
  EXPECT_EQ(context().sidecars.list_episode(episode("a").id).size(), 5u);
  EXPECT_EQ(context().files.list_episode(episode("a").id).size(), 1u) << "the episode's file is one";
}

TEST_F(SidecarsTest, ChaptersThatStandInTheFeedNeedNoRequest) {
  configure("[library]\ncover = false\nchapters = true\ntags = \"missing\"\n");
  subscribe();
  auto item = make_item("a", "2026-11-05T00:00:00Z");
  item.simple_chapters = {{0ms, "Intro", "", ""}, {90'500ms, "Tides", "http://a.example/", ""}};
  poll(make_feed({item}));
  bring("a");
  scheduler_->tick();
  ASSERT_EQ(sidecars_.jobs.size(), 1u);
  const auto& job = sidecars_.jobs.front();
  EXPECT_FALSE(job.request);
  EXPECT_EQ(job.tagged, context().files.list_episode(episode("a").id).at(0).path);
  const auto chapters = library::parse_chapters(job.content);
  ASSERT_EQ(chapters.size(), 2u);
  EXPECT_EQ(chapters[1].start, 90'500ms);
  EXPECT_EQ(chapters[1].title, "Tides");
  EXPECT_EQ(chapters[1].url, "http://a.example/");
}

TEST_F(SidecarsTest, ChaptersGoIntoTheFileWhereTagsDo) {
  const auto job_of_chapters = [&] {
    scheduler_->tick();
    for (;;) {
      const auto job = sidecars_.jobs.front();
      sidecars_.jobs.pop_front();
      if (job.place.format == library::SidecarFormat::kChapters) return job;
      scheduler_->on_sidecar(job.id, base::fail(library::PlaceError::kCollision, "not asked for here"));
    }
  };
  configure("[library]\ncover = false\nchapters = true\n");
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  EXPECT_EQ(job_of_chapters().tagged, "");
  configure("[library]\ncover = false\nchapters = true\ntags = \"overwrite\"\n");
  restart(Mode::kDaemon);
  const auto job = job_of_chapters();
  const auto file = context().files.list_episode(episode("a").id).at(0);
  EXPECT_EQ(job.tagged, file.path);
  EXPECT_EQ(job.tag_mode, library::TagMode::kOverwrite);
  // They are in; the file has become larger.
  std::ofstream(file.path, std::ios::app) << "more";
  scheduler_->on_sidecar(job.id, file.path.parent_path() / "a.chapters.json");
  const auto now = context().files.list_episode(episode("a").id);
  ASSERT_EQ(now.size(), 1u);
  EXPECT_EQ(now[0].size, file.size + 4);
  EXPECT_EQ(now[0].id, file.id);
  EXPECT_EQ(now[0].added_at, file.added_at);
}

TEST_F(SidecarsTest, AFeedsOwnTableDecides) {
  configure("[library]\ncover = false\n[feeds.\"Show\"]\nnfo = true\n");
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  make_sidecars();
  EXPECT_THAT(names(), UnorderedElementsAre("2026-11-05 a.mp3", "2026-11-05 a.nfo", "tvshow.nfo"));
}

TEST_F(SidecarsTest, NothingIsWrittenOverAndNothingIsTriedForEver) {
  configure("[library]\nnfo = true\n");
  fs::create_directories(dir_ / "library/Show");
  std::ofstream(dir_ / "library/Show/2026-11-05 a.nfo") << "mine";
  std::ofstream(dir_ / "library/Show/folder.png") << "mine";
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  make_sidecars(pages_);
  EXPECT_EQ(text("2026-11-05 a.nfo"), "mine");
  EXPECT_TRUE(asked_.empty()) << "there is a cover";
  clock_.advance(1000h);
  EXPECT_TRUE(context().sidecars.due(clock_.now(), 10).empty());
}

TEST_F(SidecarsTest, AFailureIsTriedAgainAFewTimesAndHarmsNothing) {
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  make_sidecars();
  EXPECT_EQ(asked_.size(), 1u);
  context().feeds.set_next_poll(1, clock_.now() + 10000h);
  EXPECT_EQ(scheduler_->next_wakeup(), clock_.now() + 10min);
  for (int i = 0; i < 10; ++i) {
    clock_.advance(24h);
    scheduler_->tick();
    make_sidecars();
  }
  EXPECT_EQ(asked_.size(), 4u);
  EXPECT_EQ(download("a").state, db::DownloadState::kDone);
  // A further episode is a further occasion.
  context().feeds.set_next_poll(1, clock_.now());
  auto next = make_rich_item("b");
  next.published = base::parse_rfc3339("2026-11-19T00:00:00Z");
  poll(make_rich_feed({make_rich_item("a"), next}));
  bring("b");
  make_sidecars(pages_);
  EXPECT_TRUE(fs::exists(dir_ / "library/Show/cover.jpg"));
}

TEST_F(SidecarsTest, WhatIsNotWhatItShouldBeIsNotKept) {
  configure("[library]\nchapters = true\ntranscripts = true\n");
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  make_sidecars({{"http://images.example/show.jpg", "<html>not found</html>"},
                 {"http://media.example/a/chapters.json", "<html>"},
                 {"http://media.example/a.vtt", "<!DOCTYPE html><p>-->"},
                 {"http://media.example/a.srt", "<!DOCTYPE html><p>-->"}});
  EXPECT_EQ(asked_.size(), 4u);
  EXPECT_THAT(names(), ElementsAre("2026-11-05 a.mp3"));
}

TEST_F(SidecarsTest, ACrashInBetweenLosesNone) {
  configure("[library]\nnfo = true\n");
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  restart(Mode::kDaemon);
  scheduler_->tick();
  make_sidecars(pages_);
  EXPECT_THAT(names(), UnorderedElementsAre("2026-11-05 a.mp3", "2026-11-05 a.nfo", "cover.jpg", "tvshow.nfo"));
}

TEST_F(SidecarsTest, WhatIsFetchedKeepsToTheWindow) {
  ::setenv("TZ", "UTC0", 1);
  ::tzset();
  configure("[download]\nwindow = \"11:00-12:30\"\n");
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  clock_.advance(1h);
  bring("a");  // what was under way came to its end
  EXPECT_TRUE(sidecars_.jobs.empty());
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  EXPECT_EQ(scheduler_->next_wakeup(), base::parse_rfc3339("2026-11-21T11:00:00Z"));
  clock_.set(*base::parse_rfc3339("2026-11-21T11:00:00Z"));
  scheduler_->tick();
  EXPECT_EQ(sidecars_.jobs.size(), 1u);
  ::unsetenv("TZ");
  ::tzset();
}

TEST_F(SidecarsTest, CredentialsGoToTheFeedsHostAlone) {
  ::setenv("PODSWARM_TEST_PASSWORD", "secret", 1);
  configure(
      "[library]\nchapters = true\n[feeds.\"Show\"]\nuser = \"me\"\npassword_env = \"PODSWARM_TEST_PASSWORD\"\n"
      "allow_private = false\n");
  subscribe("http://media.example/feed");
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  ASSERT_EQ(sidecars_.jobs.size(), 2u);
  for (const auto& job : sidecars_.jobs) {
    EXPECT_FALSE(job.request->allow_private);
    EXPECT_EQ(job.request->credentials.has_value(), job.request->url.starts_with("http://media.example/"));
  }
  ::unsetenv("PODSWARM_TEST_PASSWORD");
}

TEST_F(SidecarsTest, AFolderThatFeedsShareGetsNoCover) {
  configure("[library]\ntemplate = \"Podcasts/{published:%Y}/{feed} {title}\"\nnfo = true\n");
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  make_sidecars(pages_);
  EXPECT_TRUE(fs::exists(dir_ / "library/Podcasts/2026/Show a.nfo"));
  EXPECT_TRUE(asked_.empty());
}

TEST_F(SidecarsTest, FoldersOfOneFeedAlone) {
  const auto id = subscribe();
  const auto feed = *context().feeds.find(id);
  const auto folder = [&](const std::string& pattern) {
    configure("[library]\ntemplate = \"" + pattern + "\"\n");
    return feed_folder(context(), feed, context().settings->for_feed(feed)).lexically_relative(dir_ / "library");
  };
  EXPECT_EQ(folder("{feed}/{title}"), fs::path(feed.name));
  EXPECT_EQ(folder("Casts/{feed}/{published:%Y}/{title}"), fs::path("Casts") / feed.name);
  EXPECT_EQ(folder("{feed} all/x/{title}"), fs::path(feed.name + " all"));
  EXPECT_EQ(folder("{show}/{feed}/{title}"), fs::path());
  EXPECT_EQ(folder("{feed} {title}"), fs::path());
}

TEST_F(SidecarsTest, RemovingAFeedWithItsFilesIsAbleToFindThem) {
  configure("[library]\nnfo = true\n");
  const auto feed = subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  make_sidecars(pages_);
  EXPECT_EQ(context().sidecars.list_feed(feed).size(), 3u);
  scheduler_->remove_feed(feed);
  EXPECT_TRUE(context().sidecars.list_feed(feed).empty());
}

TEST_F(SidecarsTest, TheyFollowTheirEpisodeAndGoWithIt) {
  configure("[library]\nnfo = true\ntranscripts = true\ncover = false\n");
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  make_sidecars(pages_);
  configure("[library]\nnfo = true\ntranscripts = true\ntemplate = \"{feed}/Season 2/03 {title}\"\n");
  const auto moved = dir_ / "library/Show/Season 2/03 a.mp3";
  fs::create_directories(moved.parent_path());
  std::ofstream(moved.parent_path() / "03 a.nfo") << "mine";
  auto plan = plan_rename(context());
  rename_in_library(context(), plan);
  EXPECT_TRUE(fs::exists(moved));
  EXPECT_TRUE(fs::exists(moved.parent_path() / "03 a.en.vtt"));
  EXPECT_TRUE(fs::exists(moved.parent_path() / "03 a.pt-BR.srt"));
  EXPECT_EQ(base::read_file(moved.parent_path() / "03 a.nfo", 100).value(), "mine");
  EXPECT_THAT(names(), UnorderedElementsAre("2026-11-05 a.nfo", "Season 2", "tvshow.nfo"));
  EXPECT_EQ(delete_sidecars(context(), episode("a").id, dir_ / "library").size(), 3u);
  EXPECT_FALSE(fs::exists(moved.parent_path() / "03 a.en.vtt"));
  EXPECT_TRUE(fs::exists(moved));
  EXPECT_TRUE(fs::exists(moved.parent_path() / "03 a.nfo")) << "that is not ours";
  EXPECT_THAT(names(), UnorderedElementsAre("Season 2", "tvshow.nfo"));
}

TEST_F(SidecarsTest, WhatComesWhenItsEpisodeHasGoneIsNotLeftBehind) {
  configure("[library]\ntranscripts = true\ncover = false\n");
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  ASSERT_EQ(sidecars_.jobs.size(), 2u);
  const auto id = episode("a").id;
  const std::vector<DeleteOrder> orders{{id, "deleted by hand", clock_.now()}};
  // What is under way has its folder still.
  std::ofstream(dir_ / "library/Show/mine.txt") << "mine";
  ASSERT_EQ(delete_from_library(context(), scheduler_->queue(), orders).deleted.size(), 1u);
  make_sidecars(pages_);
  EXPECT_EQ(asked_.size(), 2u);
  EXPECT_THAT(names(), ElementsAre("mine.txt"));
  EXPECT_TRUE(context().sidecars.list_episode(id).empty());
  EXPECT_FALSE(context().sidecars.next_due());
}

TEST_F(SidecarsTest, WhatComesWhenItsFeedHasGoneIsNotLeftBehind) {
  configure("[library]\ntranscripts = true\ncover = false\n");
  const auto feed = subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  scheduler_->remove_feed(feed);
  make_sidecars(pages_);
  EXPECT_EQ(asked_.size(), 2u);
  EXPECT_THAT(names(), ElementsAre("2026-11-05 a.mp3"));
}

TEST_F(SidecarsTest, WhatComesWhenItsEpisodeHasAnotherNameGetsThatToo) {
  configure("[library]\ntranscripts = true\ncover = false\n");
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a");
  ASSERT_EQ(sidecars_.jobs.size(), 2u);
  configure("[library]\ntranscripts = true\ncover = false\ntemplate = \"{feed}/03 {title}\"\n");
  auto plan = plan_rename(context());
  rename_in_library(context(), plan);
  make_sidecars(pages_);
  EXPECT_THAT(names(), ElementsAre("03 a.en.vtt", "03 a.mp3", "03 a.pt-BR.srt"));
  EXPECT_THAT(delete_sidecars(context(), episode("a").id, dir_ / "library"), testing::SizeIs(2));
  EXPECT_THAT(names(), ElementsAre("03 a.mp3"));
}

TEST_F(SidecarsTest, ATitlesNumbersCountInTheNfoFileAndInTags) {
  configure("[library]\nnfo = true\ntags = \"missing\"\n");
  subscribe();
  poll(make_feed({make_item("Show S02E05", "2026-11-05T10:00:00Z")}));
  bring("Show S02E05", media::make_mp3());
  make_sidecars();
  EXPECT_THAT(text("2026-11-05 Show S02E05.nfo"), HasSubstr("<season>2</season>"));
  EXPECT_THAT(text("2026-11-05 Show S02E05.nfo"), HasSubstr("<episode>5</episode>"));
  const auto tags = library::read_tags(dir_ / "library/Show/2026-11-05 Show S02E05.mp3").value();
  EXPECT_EQ(tags.disc, 2);
  EXPECT_EQ(tags.track, 5);
}

// ---- tags ----

TEST_F(SidecarsTest, TagsAreWrittenWhereTheSettingsSaySo) {
  configure("[library]\ntags = \"missing\"\n");
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a", media::make_mp3());
  const auto file = context().files.list_episode(episode("a").id).at(0);
  const auto tags = library::read_tags(file.path).value();
  EXPECT_EQ(tags.title, "a");
  EXPECT_EQ(tags.album, "Show");
  EXPECT_EQ(tags.artist, "Jane");
  EXPECT_EQ(tags.genre, "Podcast");
  EXPECT_EQ(tags.date, "2026-11-05");
  EXPECT_EQ(tags.track, 3);
  EXPECT_EQ(tags.disc, 2);
  EXPECT_EQ(tags.comment, "Of tides & moons.");
  EXPECT_EQ(tags.guid, "guid-a");
  EXPECT_EQ(tags.feed_url, "http://feeds.example/show");
  EXPECT_EQ(file.size, fs::file_size(file.path)) << "as it is after tagging";
}

TEST_F(SidecarsTest, WithoutThemTheFileIsAsItCame) {
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a", media::make_mp3());
  EXPECT_TRUE(text("2026-11-05 a.mp3") == media::make_mp3());
}

TEST_F(SidecarsTest, AnAddressWithAQueryMayHoldASecretAndIsWrittenNowhere) {
  configure("[library]\ntags = \"missing\"\n");
  subscribe("http://feeds.example/show?token=secret");
  poll(make_rich_feed({make_rich_item("a")}));
  bring("a", media::make_mp3());
  EXPECT_EQ(text("2026-11-05 a.mp3").find("secret"), std::string::npos);
  EXPECT_EQ(library::read_tags(dir_ / "library/Show/2026-11-05 a.mp3").value().feed_url, "");
}

TEST_F(SidecarsTest, AFileThatIsBeingSeededIsNotTouched) {
  configure("[library]\ntags = \"overwrite\"\n");
  subscribe();
  auto item = make_rich_item("a");
  item.enclosures = {{"http://media.example/a.torrent", "application/x-bittorrent", 9, feeds::LinkKind::kTorrent}};
  poll(make_rich_feed({item}));
  engine_finishes(0, media::make_mp3());
  disk_places();
  ASSERT_TRUE(download("a").seeding);
  const auto seeded = base::read_file(downloads_.added[0].dir / "x.mp3", 1u << 20).value();
  EXPECT_TRUE(seeded == media::make_mp3());
  EXPECT_EQ(library::read_tags(dir_ / "library/Show/2026-11-05 a.mp3").value().title, "a");
}

TEST_F(SidecarsTest, ACrashBetweenTaggingAndRecordingBringsNoSecondCopy) {
  configure("[library]\ntags = \"missing\"\n");
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  engine_finishes(0, media::make_mp3());
  auto [id, request] = files_.requests.front();
  ASSERT_TRUE(library::place(request));
  restart(Mode::kDaemon);  // the answer never came
  EXPECT_EQ(download("a").state, db::DownloadState::kDone);
  const auto files = context().files.list_episode(episode("a").id);
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].size, fs::file_size(files[0].path));
  EXPECT_THAT(names(), ElementsAre("2026-11-05 a.mp3"));
}

TEST_F(SidecarsTest, TheCoverIsThereInTimeToBeEmbedded) {
  configure("[library]\ntags = \"missing\"\nembed_cover = true\n");
  subscribe();
  poll(make_rich_feed({make_rich_item("a")}));
  make_sidecars(pages_);
  bring("a", media::make_mp3());
  EXPECT_THAT(text("2026-11-05 a.mp3"), HasSubstr("JFIF"));
}

}  // namespace
}  // namespace podswarm::scheduler

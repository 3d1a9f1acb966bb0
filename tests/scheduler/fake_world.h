// A scripted world for the scheduler: feeds, engine and disk that answer when the test says so, a clock that the test
// moves, and a database in a temporary folder.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/units.h"
#include "config/config.h"
#include "scheduler/scheduler.h"

namespace podswarm::scheduler {

class FakeFeeds final : public FeedPort {
 public:
  struct Request {
    std::int64_t feed_id = 0;
    feeds::FetchRequest request;
    std::string known_hash;
  };
  void fetch(std::int64_t feed_id, feeds::FetchRequest request, std::string known_hash) override {
    requests.push_back({feed_id, std::move(request), std::move(known_hash)});
  }
  std::deque<Request> requests;
};

class FakeDownloads final : public DownloadPort {
 public:
  void add(engine::AddDownload download) override { added.push_back(std::move(download)); }
  void remove(engine::DownloadId id) override { removed.push_back(id); }
  void set_seed_goal(engine::DownloadId id, const engine::SeedGoal& goal) override { goals[id] = goal; }
  std::vector<engine::DownloadStatus> status() override { return statuses; }
  void set_limits(const engine::EngineLimits& now) override { limits = now; }
  std::vector<engine::AddDownload> added;
  std::vector<engine::DownloadId> removed;
  std::map<engine::DownloadId, engine::SeedGoal> goals;
  std::vector<engine::DownloadStatus> statuses;
  engine::EngineLimits limits;
};

class FakeFiles final : public FilePort {
 public:
  void place(std::int64_t download_id, library::PlaceRequest request) override {
    requests.emplace_back(download_id, std::move(request));
  }
  std::deque<std::pair<std::int64_t, library::PlaceRequest>> requests;
};

class FakeHooks final : public HookPort {
 public:
  void tell(HookCall call) override { calls.push_back(std::move(call)); }
  std::deque<HookCall> calls;
};

class FakeSidecars final : public SidecarPort {
 public:
  void make(SidecarJob job) override { jobs.push_back(std::move(job)); }
  std::deque<SidecarJob> jobs;
};

inline feeds::Item make_item(const std::string& title, const std::string& date = "2026-11-01T00:00:00Z") {
  feeds::Item item;
  item.title = title;
  item.guid = "guid-" + title;
  item.published = base::parse_rfc3339(date);
  item.enclosures.push_back({"http://media.example/" + title + ".mp3", "audio/mpeg", 1000, feeds::LinkKind::kHttp});
  return item;
}

inline feeds::Item make_torrent_item(const std::string& title) {
  auto item = make_item(title);
  item.enclosures = {
      {"http://media.example/" + title + ".torrent", "application/x-bittorrent", 9, feeds::LinkKind::kTorrent}};
  return item;
}

inline feeds::Feed make_feed(std::vector<feeds::Item> items) {
  feeds::Feed feed;
  feed.title = "Show";
  feed.items = std::move(items);
  return feed;
}

class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() {
    base::init_log(base::LogLevel::kQuiet, false);
    std::string pattern = (std::filesystem::temp_directory_path() / "podswarm-scheduler-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    database_ = std::make_unique<db::Database>(dir_ / "data" / "podswarm.db");
    configure("");
    restart(Mode::kDaemon);
  }
  ~SchedulerTest() override {
    scheduler_.reset();
    database_.reset();
    std::filesystem::permissions(dir_, std::filesystem::perms::owner_all);
    std::filesystem::remove_all(dir_);
  }

  // Settings from configuration text; the library lies in the test's folder, and feeds are asked at their interval
  // whatever their history, unless `text` has its own max_interval.
  void configure(std::string text) {
    if (text.find("max_interval") == std::string::npos) {
      const std::string table = "[poll]\n";
      const std::string fixed = "max_interval = \"1m\"\n";
      const auto poll = text.find(table);
      poll == std::string::npos ? text += "\n" + table + fixed : text.insert(poll + table.size(), fixed);
    }
    const auto file = dir_ / "config.toml";
    std::ofstream(file) << "[general]\nlibrary_dir = \"" << (dir_ / "library").string() << "\"\n" << text;
    config::Paths paths;
    paths.config_file = file;
    paths.data_dir = dir_ / "data";
    auto loaded = load_settings(file, paths);
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.to_string();
    settings_ = loaded.settings;
    if (scheduler_) scheduler_->reload(settings_);
  }

  // A new process over the same database.
  void restart(Mode mode) {
    scheduler_.reset();
    feeds_.requests.clear();
    downloads_.added.clear();
    downloads_.removed.clear();
    files_.requests.clear();
    hooks_.calls.clear();
    sidecars_.jobs.clear();
    scheduler_ = std::make_unique<Scheduler>(
        mode, *database_, clock_, settings_, [] { return 0.0; }, feeds_, downloads_, files_);
    scheduler_->attach(hooks_, sidecars_);
    scheduler_->start();
  }

  std::int64_t subscribe(const std::string& url = "http://feeds.example/show", const std::string& backlog = "all") {
    db::NewFeed feed;
    feed.url = url;
    feed.backlog = backlog;
    return context().feeds.add(feed, clock_.now()).value().id;
  }

  // Lets the oldest outstanding request be answered.
  void answer(int status, std::optional<feeds::Feed> document = std::nullopt,
              const std::function<void(feeds::FetchResponse&)>& more = {}) {
    ASSERT_FALSE(feeds_.requests.empty()) << "nothing was asked for";
    const auto request = feeds_.requests.front();
    feeds_.requests.pop_front();
    feeds::FetchResponse response;
    response.status = status;
    response.final_url = request.request.url;
    if (more) more(response);
    FeedAnswer result{request.feed_id, std::move(response), std::nullopt, "hash"};
    if (document) result.document = feeds::ParseResult<feeds::Feed>(std::move(*document));
    scheduler_->on_feed_answer(std::move(result));
  }

  // Polls what is due and answers with this document.
  void poll(const feeds::Feed& document) {
    scheduler_->tick();
    answer(200, document);
  }

  // The engine finishes its n-th download: the file is written and the event comes.
  void engine_finishes(std::size_t n, const std::string& content = "ID3 sound") {
    ASSERT_LT(n, downloads_.added.size());
    const auto& add = downloads_.added[n];
    std::filesystem::create_directories(add.dir);
    std::ofstream(add.dir / "x.mp3", std::ios::binary) << content;
    engine::Finished finished;
    finished.id = add.id;
    finished.files = {{"x.mp3", content.size()}};
    finished.content_type = "audio/mpeg";
    finished.suggested_name = "x.mp3";
    scheduler_->on_engine_event(finished);
  }
  void engine_fails(std::size_t n, engine::FailureKind kind, const std::string& message = "no luck") {
    ASSERT_LT(n, downloads_.added.size());
    engine::Failed failed;
    failed.id = downloads_.added[n].id;
    failed.kind = kind;
    failed.message = message;
    scheduler_->on_engine_event(failed);
    scheduler_->on_engine_event(engine::Removed{failed.id});
  }
  // Moves the oldest file that waits to its place, as the service's file thread does.
  void disk_places() {
    ASSERT_FALSE(files_.requests.empty());
    auto [id, request] = files_.requests.front();
    files_.requests.pop_front();
    scheduler_->on_placed(id, library::place(request));
  }

  [[nodiscard]] std::vector<db::EpisodeRow> episodes() { return context().episodes.list({}); }
  [[nodiscard]] db::EpisodeRow episode(const std::string& title) {
    for (const auto& row : episodes()) {
      if (row.title == title) return row;
    }
    ADD_FAILURE() << "no episode " << title;
    return {};
  }
  [[nodiscard]] db::DownloadRow download(const std::string& title) {
    const auto row = context().downloads.find_by_episode(episode(title).id);
    if (!row) ADD_FAILURE() << "no download of " << title;
    return row.value_or(db::DownloadRow{});
  }
  Context& context() { return scheduler_->context(); }

  std::filesystem::path dir_;
  base::ManualClock clock_{*base::parse_rfc3339("2026-11-20T12:00:00Z")};
  std::unique_ptr<db::Database> database_;
  SettingsPtr settings_;
  FakeFeeds feeds_;
  FakeDownloads downloads_;
  FakeFiles files_;
  FakeHooks hooks_;
  FakeSidecars sidecars_;
  std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace podswarm::scheduler

// The world of a month of nights, in virtual time: generated feeds, servers in trouble, a process that ends at random
// moments, a person who listens now and then. It looks at itself after each step: nothing runs outside its window, over
// a limit or over a quota, and nothing is deleted that is to stay.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <set>

#include "base/log.h"
#include "base/units.h"
#include "base/url.h"
#include "scheduler/scheduler.h"
#include "scheduler/window.h"

namespace podswarm::scheduler {

using namespace std::chrono_literals;
using base::WallTime;
using std::chrono::seconds;

// The clocks change on 25 October.
inline constexpr const char* kZone = "CET-1CEST,M3.5.0,M10.5.0/3";
inline constexpr const char* kStart = "2026-10-10T09:00:00Z";
inline constexpr std::chrono::days kMonth{31};
inline constexpr std::uint64_t kRate = 1'000'000;  // bytes a second of one download
inline constexpr std::uint64_t kMinFree = 1ull << 30;

inline constexpr const char* kConfig = R"(
[poll]
interval = "3h"
[download]
window = ["mon-fri 01:00-06:30", "sat,sun 00:00-08:00"]
max = 3
per_host = 2
limit = "4MB"
limit_outside = "100KB"
http_limit_outside = "50KB"
[torrent]
up_limit = "1MB"
up_limit_outside = "20KB"
down_limit = "3MB"
seed_ratio = 0
seed_time = "2h"
[feeds."Noon"]
window = "12:00-13:30"
[feeds."Whole"]
finish = "complete"
[[rule]]
id = "no-reruns"
feeds = ["*"]
any = ['title : "rerun"']
action = "skip"
[[rule]]
id = "rest"
feeds = ["*"]
match_all = true
)";

// How much is kept, and how much there may be.
inline constexpr const char* kNoBounds = "";
inline constexpr const char* kBounds = R"(
[library]
quota = "33GB"
keep_size = "30GB"
[defaults]
quota = "12500MB"
keep_newest = 4
[feeds."Weekly"]
keep_newest = 0
keep_for = "9d"
[feeds."Rare"]
keep_newest = 1
keep_unplayed = true
)";
inline constexpr std::uint64_t kQuota = 33'000'000'000;
inline constexpr std::uint64_t kFeedQuota = 12'500'000'000;

struct Broadcast {
  std::string title;
  WallTime at{};
  bool torrent = false;
  bool rerun = false;
  bool gone = false;    // its server has never had it
  bool tokens = false;  // its address holds for a day
  std::string media_host;
  std::uint64_t size = 0;
  bool says_size = true;
  int faults = 0;      // so many attempts fail first
  bool hangs = false;  // of these, the first by silence
};

struct Show {
  std::string name;
  std::string url;
  std::vector<Broadcast> broadcasts;  // oldest first
};

class World final : public FeedPort, public DownloadPort, public FilePort {
 public:
  World(unsigned seed, const std::string& bounds)
      : random_(seed), bounded_(!bounds.empty()), clock_(*base::parse_rfc3339(kStart)) {
    base::init_log(base::LogLevel::kQuiet, false);
    std::string pattern = (std::filesystem::temp_directory_path() / "podswarm-month-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    std::ofstream(dir_ / "config.toml") << "[general]\nlibrary_dir = \"" << (dir_ / "library").string() << "\"\n"
                                        << kConfig << bounds;
    config::Paths paths;
    paths.data_dir = dir_ / "data";
    auto loaded = load_settings(dir_ / "config.toml", paths);
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.to_string();
    settings_ = loaded.settings;
    database_ = std::make_unique<db::Database>(dir_ / "data" / "podswarm.db");
    broadcast();
    start();
    for (const auto& show : shows_) {
      db::NewFeed feed;
      feed.url = show.url;
      feed.name = show.name;
      feed.backlog = "all";
      EXPECT_TRUE(scheduler_->context().feeds.add(feed, now()));
    }
    scheduler_->tick();
  }
  ~World() override {
    scheduler_.reset();
    database_.reset();
    std::filesystem::remove_all(dir_);
  }

  void live() {
    const WallTime end = now() + kMonth;
    WallTime next_end = now() + minutes_between(300, 4000);
    disk_is_full_from_ = now() + std::chrono::days(9) + 15h;  // the small hours of a night
    while (now() < end && !testing::Test::HasFatalFailure()) {
      WallTime next = std::min({end, next_end, now() + 1h});
      if (const auto wake = scheduler_->next_wakeup()) next = std::min(next, std::max(*wake, now() + 1s));
      if (!events_.empty()) next = std::min(next, std::max(events_.top().at, now()));
      clock_.set(next);
      if (bounded_) listen();
      scheduler_->tick();
      if (next == next_end) {
        end_the_process();
        next_end = now() + minutes_between(120, 4000);
      }
      while (!events_.empty() && events_.top().at <= now()) {
        const auto event = events_.top();
        events_.pop();
        if (event.life == life_) event.happens();
        look();
        if (testing::Test::HasFatalFailure()) return;
      }
      scheduler_->tick();
      look();
    }
  }

  void expect_everything_once() {
    std::map<std::string, int> wanted;  // by content
    std::size_t fetched = 0;
    for (auto& show : shows_) {
      for (const auto& broadcast : show.broadcasts) {
        SCOPED_TRACE(show.name + ": " + broadcast.title);
        // What came in the last days may still wait for its night.
        if (broadcast.at > now() - std::chrono::days(4)) continue;
        const auto row = episode(broadcast.title);
        ASSERT_TRUE(row) << "never seen";
        // Of what was there before the subscription no more is fetched than is kept.
        if (bounded_ && row->decision == db::Decision::kBacklog) continue;
        if (broadcast.rerun) {
          EXPECT_EQ(row->decision, db::Decision::kSkip);
          EXPECT_FALSE(row->download_state);
        } else if (broadcast.gone) {
          EXPECT_EQ(row->download_state, db::DownloadState::kFailed);
        } else {
          const auto download = scheduler_->context().downloads.find_by_episode(row->id);
          ASSERT_TRUE(download);
          const bool deleted = bounded_ && download->state == db::DownloadState::kDeleted;
          EXPECT_TRUE(deleted || download->state == db::DownloadState::kDone)
              << db::to_string(download->state) << " " << download->error << " attempts " << download->attempts;
          EXPECT_EQ(scheduler_->context().files.list_episode(row->id).size(), deleted ? 0u : 1u);
          ++fetched;
          if (deleted) ++deleted_in_all_;
        }
      }
    }
    std::map<std::string, int> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_ / "library")) {
      const bool incoming = entry.path().string().find("/.podswarm/") != std::string::npos;
      if (incoming || !entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      std::string head(64, '\0');  // the rest says nothing
      in.read(head.data(), static_cast<std::streamsize>(head.size()));
      ++found[std::string(head.c_str())];
    }
    for (const auto& [content, count] : found) EXPECT_EQ(count, 1) << content;
    EXPECT_GE(found.size() + deleted_in_all_, fetched);
    EXPECT_GT(fetched, 100u) << "a month is to bring something";
  }
  void expect_nights_were_told() {
    for (const auto& [night, times] : told_) EXPECT_EQ(times, 1) << "night " << night;
    EXPECT_GT(told_.size(), 20u);
    if (bounded_) return;  // what was deleted is done no more
    EXPECT_EQ(counted_, scheduler_->context().downloads.count_by_state()[db::DownloadState::kDone] - done_since_told());
  }
  [[nodiscard]] std::size_t deleted() const { return deleted_in_all_; }
  [[nodiscard]] std::size_t held_by_quota() const { return held_by_quota_; }
  [[nodiscard]] std::size_t stops() const { return stops_; }
  [[nodiscard]] std::size_t lives() const { return life_; }

 private:
  struct Event {
    WallTime at{};
    std::size_t number = 0;  // in order, where they come at the same time
    std::size_t life = 0;    // of the process
    std::function<void()> happens;
    bool operator<(const Event& other) const { return std::pair(at, number) > std::pair(other.at, other.number); }
  };
  struct Running {
    engine::AddDownload add;
    Broadcast* broadcast = nullptr;
    std::string host;
    WallTime since{};
    std::uint64_t had = 0;
    bool seeding = false;
    bool silent = false;
    bool to_its_end = false;
    std::size_t number = 0;
  };

  [[nodiscard]] WallTime now() const { return clock_.now(); }
  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random_); }
  bool chance(double p) { return std::bernoulli_distribution(p)(random_); }
  seconds minutes_between(std::uint64_t least, std::uint64_t most) {
    return seconds(60 * (least + below(most - least)) + below(60));
  }
  void later(seconds wait, std::function<void()> happens) {
    events_.push({now() + wait, ++event_number_, life_, std::move(happens)});
  }

  // What the shows will have published by the end.
  void broadcast() {
    static const char* kNames[] = {"Daily", "Noon", "Whole", "Weekly", "Swarm", "Rare", "Late", "Other"};
    const WallTime first = now() - std::chrono::days(20);
    for (int s = 0; s < 8; ++s) {
      Show show;
      show.name = kNames[s];
      show.url = "http://feeds" + std::to_string(s % 3) + ".example/" + show.name;
      const auto gap = s == 0 ? 24h : s == 3 ? 24h * 7 : 24h * (1 + static_cast<int>(below(4)));
      int number = 0;
      for (WallTime at = first + minutes_between(0, 1440); at < now() + kMonth;
           at += gap + (s < 4 ? minutes_between(0, 20) : minutes_between(0, 1200))) {
        Broadcast one;
        one.title = show.name + " " + std::to_string(++number);
        one.at = at;
        one.rerun = chance(0.08);
        if (one.rerun) one.title += " rerun";
        one.torrent = s == 4 || chance(0.1);
        one.gone = !one.torrent && chance(0.03);
        one.tokens = !one.torrent && chance(0.15);
        one.media_host = "media" + std::to_string(below(4)) + ".example";
        // Some take more than half a night; where there are bounds, each fits into them.
        one.size = kRate * (30 + below(!bounded_ && chance(0.1) ? 12'000 : 2'400));
        one.says_size = chance(0.8);
        one.faults = chance(0.3) ? 1 + static_cast<int>(below(2)) : 0;
        one.hangs = chance(0.5);
        show.broadcasts.push_back(one);
      }
      shows_.push_back(std::move(show));
    }
  }

  [[nodiscard]] std::string url_of(const Broadcast& broadcast) const {
    std::string name;
    for (const char c : broadcast.title) name += c == ' ' ? '-' : c;
    std::string url = "http://" + broadcast.media_host + "/" + name + (broadcast.torrent ? ".torrent" : ".mp3");
    if (broadcast.tokens) url += "?day=" + std::to_string(now().time_since_epoch() / 24h);
    return url;
  }

  feeds::Feed document_of(const Show& show) const {
    feeds::Feed feed;
    feed.title = show.name;
    for (auto at = show.broadcasts.rbegin(); at != show.broadcasts.rend(); ++at) {
      if (at->at > now() || feed.items.size() >= 30) continue;
      feeds::Item item;
      item.title = at->title;
      item.guid = at->title;
      item.published = at->at;
      item.enclosures.push_back({url_of(*at), at->torrent ? "application/x-bittorrent" : "audio/mpeg",
                                 at->says_size ? std::optional(at->size) : std::nullopt,
                                 at->torrent ? feeds::LinkKind::kTorrent : feeds::LinkKind::kHttp});
      feed.items.push_back(std::move(item));
    }
    return feed;
  }

  // ---- the process ----

  void start() {
    scheduler_ = std::make_unique<Scheduler>(
        Mode::kDaemon, *database_, clock_, settings_,
        [this] { return std::uniform_real_distribution<double>(0, 1)(random_); }, *this, *this, *this);
    scheduler_->on_night_over([this](const NightSummary& summary) {
      ++told_[night_of(summary.until - 3h)];
      counted_ += summary.done;
      told_at_ = summary.until;
    });
    scheduler_->start();
    scheduler_->tick();
  }
  // By a signal or by a power cut.
  void end_the_process() {
    if (chance(0.5)) scheduler_->stop();
    for (auto& [id, running] : running_) keep(running);
    scheduler_.reset();
    running_.clear();
    limits_.reset();
    ++life_;
    start();
  }
  [[nodiscard]] std::size_t done_since_told() { return scheduler_->context().downloads.finished_since(told_at_).done; }

  // ---- what must hold at every moment ----

  void look() {
    const auto& config = settings_->config;
    const bool open = open_at(config.download.window, now());
    ASSERT_TRUE(limits_);
    ASSERT_EQ(*limits_, settings_->engine_limits(open)) << base::format_rfc3339(now());
    std::size_t loading = 0;
    std::map<std::string, int> by_host;
    for (const auto& [id, running] : running_) {
      if (running.seeding) continue;
      ++loading;
      if (!running.host.empty()) ++by_host[running.host];
      ASSERT_TRUE(may_run(running)) << running.broadcast->title << " runs at " << base::format_rfc3339(now());
      ASSERT_FALSE(disk_is_full()) << running.broadcast->title << " runs on a full disk";
    }
    ASSERT_LE(loading, 3u);
    for (const auto& [host, count] : by_host) ASSERT_LE(count, 2) << host;
    if (bounded_) look_at_library();
  }
  // What is there and what has come of what runs or waits, against the quotas; and what is there no more.
  void look_at_library() {
    auto& context = scheduler_->context();
    if (scheduler_->obstacle().find("quota") != std::string::npos) ++held_by_quota_;
    std::map<std::int64_t, std::uint64_t> bytes = context.downloads.partial_bytes();
    std::map<std::int64_t, std::int64_t> there;  // episode → its feed
    for (const auto& file : context.files.list()) {
      const auto episode = context.episodes.find(file.episode_id);
      ASSERT_TRUE(episode);
      ASSERT_TRUE(std::filesystem::exists(file.path)) << file.path;
      bytes[episode->feed_id] += file.size;
      there[file.episode_id] = episode->feed_id;
    }
    for (const auto& [id, running] : running_) {
      const auto row = context.downloads.find(id);
      if (row && row->state == db::DownloadState::kDownloading) bytes[row->feed_id] += received(running);
    }
    std::uint64_t sum = 0;
    for (const auto& [feed, size] : bytes) {
      sum += size;
      ASSERT_LE(size, kFeedQuota) << "feed " << feed << " at " << base::format_rfc3339(now());
    }
    ASSERT_LE(sum, kQuota) << base::format_rfc3339(now());
    for (const auto& [id, feed] : there_) {
      if (there.contains(id)) continue;
      const auto episode = context.episodes.find(id);
      ASSERT_TRUE(episode);
      const auto row = context.downloads.find_by_episode(id);
      ASSERT_TRUE(row && row->state == db::DownloadState::kDeleted) << episode->title;
      ASSERT_FALSE(starred_.contains(id)) << episode->title << " was starred";
      ASSERT_TRUE(played_.contains(id) || !episode->title.starts_with("Rare ")) << episode->title << " was not played";
      ASSERT_FALSE(sharing_.contains(row->id)) << episode->title << " had not reached its goal";
      deleted_.insert(episode->title);
    }
    there_ = std::move(there);
    sharing_.clear();
    for (const auto& row : context.downloads.seeding()) sharing_.insert(row.id);
  }
  // A person stars something now and then, and hears what has been there for some days.
  void listen() {
    if (now() < listens_at_) return;
    listens_at_ = now() + minutes_between(300, 600);
    auto& context = scheduler_->context();
    for (const auto& file : context.files.list()) {
      if (starred_.size() < 4 && chance(0.03) && starred_.insert(file.episode_id).second) {
        context.episodes.set_starred(file.episode_id, now());
      }
      if (file.added_at < now() - std::chrono::days(2) && played_.insert(file.episode_id).second) {
        context.episodes.set_played(file.episode_id, now());
      }
    }
  }
  [[nodiscard]] bool may_run(const Running& running) const {
    return running.to_its_end || open_at(window_of(running.broadcast->title), now());
  }
  [[nodiscard]] config::Window window_of(const std::string& title) const {
    return title.starts_with("Noon ") ? config::parse_window("12:00-13:30").value() : settings_->config.download.window;
  }
  [[nodiscard]] bool disk_is_full() const {
    // Looked at every half minute.
    return now() > disk_is_full_from_ + 31s && now() < disk_is_full_from_ + 5h;
  }

  // ---- ports ----

  void fetch(std::int64_t feed_id, feeds::FetchRequest request, std::string) override {
    later(seconds(1 + below(20)), [this, feed_id, request] {
      const auto show = std::find_if(shows_.begin(), shows_.end(), [&](const Show& s) { return s.url == request.url; });
      ASSERT_NE(show, shows_.end()) << request.url;
      if (chance(0.05)) {
        const auto code = chance(0.5) ? feeds::FetchError::kTimeout : feeds::FetchError::kConnect;
        FeedAnswer answer{feed_id, base::fail(code, "no luck"), std::nullopt, ""};
        return scheduler_->on_feed_answer(std::move(answer));
      }
      feeds::FetchResponse response;
      response.final_url = request.url;
      response.status = chance(0.05) ? 500 : chance(0.02) ? 503 : 200;
      if (response.status == 503) response.retry_after = now() + 1h;
      FeedAnswer answer{feed_id, std::move(response), std::nullopt, std::to_string(++hash_)};
      if (answer.response->status == 200) answer.document = feeds::ParseResult<feeds::Feed>(document_of(*show));
      scheduler_->on_feed_answer(std::move(answer));
    });
  }

  void add(engine::AddDownload add) override {
    Running running;
    const auto* http = std::get_if<engine::HttpSource>(&add.source);
    const std::string url = http != nullptr ? http->url : std::get<engine::TorrentUrlSource>(add.source).url;
    for (auto& show : shows_) {
      for (auto& broadcast : show.broadcasts) {
        if (url_of(broadcast).substr(0, url.find('?')) == url.substr(0, url.find('?'))) running.broadcast = &broadcast;
      }
    }
    ASSERT_NE(running.broadcast, nullptr) << url;
    ASSERT_FALSE(running_.contains(static_cast<std::int64_t>(add.id))) << "it is there already";
    ASSERT_FALSE(deleted_.contains(running.broadcast->title)) << running.broadcast->title << " comes back";
    const auto id = static_cast<std::int64_t>(add.id);
    if (http != nullptr) running.host = base::parse_url(url)->host;
    running.since = now();
    running.had = kept_[add.dir.string()];
    running.number = ++running_number_;
    const auto row = scheduler_->context().downloads.find(id);
    running.seeding = row && row->state == db::DownloadState::kDone;
    ASSERT_TRUE(running.seeding || open_at(window_of(running.broadcast->title), now()))
        << running.broadcast->title << " starts outside its window";
    running.to_its_end = running.broadcast->title.starts_with("Whole ");
    running.add = std::move(add);
    const auto& broadcast = *running.broadcast;
    const auto number = running.number;
    if (running.seeding) {
      reach_goal_later(id, number);
    } else {
      const bool stale = broadcast.tokens && !url.ends_with(url_of(broadcast).substr(url_of(broadcast).find('?')));
      if (broadcast.gone || stale) {
        fail_later(2s, id, number, engine::FailureKind::kPermanent);
      } else if (failures_[broadcast.title] < broadcast.faults) {
        running.silent = broadcast.torrent && broadcast.hangs;
        // A swarm that is silent is noticed by the queue itself.
        if (running.silent) {
          ++failures_[broadcast.title];
        } else {
          fail_later(seconds(5 + below(600)), id, number, engine::FailureKind::kTemporary);
        }
      } else {
        start_transfer(running, id, number);
      }
    }
    running_[id] = std::move(running);
  }
  void start_transfer(Running& running, std::int64_t id, std::size_t number) {
    const std::uint64_t size = running.broadcast->size;
    later(2s, [this, id, number, size] {
      if (!is_running(id, number)) return;
      engine::Started started;
      started.id = static_cast<engine::DownloadId>(id);
      started.total_size = size;
      scheduler_->on_engine_event(started);
    });
    const auto takes = seconds((size - std::min(size, running.had)) / kRate + 3);
    later(takes, [this, id, number] {
      if (!is_running(id, number)) return;
      Running& done = running_.at(id);
      done.had = done.broadcast->size;
      done.since = now();
      keep(done);
      std::filesystem::create_directories(done.add.dir);
      std::ofstream(done.add.dir / "x.mp3", std::ios::binary) << "ID3 " << done.broadcast->title;
      // As large as it is said to be, without taking the room.
      if (bounded_) std::filesystem::resize_file(done.add.dir / "x.mp3", done.broadcast->size);
      engine::Finished finished;
      finished.id = done.add.id;
      finished.files = {{"x.mp3", std::filesystem::file_size(done.add.dir / "x.mp3")}};
      finished.content_type = "audio/mpeg";
      finished.suggested_name = "x.mp3";
      finished.took = std::chrono::minutes(1);
      done.seeding = true;  // or idle: it takes no place any more
      if (done.broadcast->torrent) reach_goal_later(id, number);
      scheduler_->on_engine_event(finished);
    });
  }
  void fail_later(seconds wait, std::int64_t id, std::size_t number, engine::FailureKind kind) {
    later(wait, [this, id, number, kind] {
      if (!is_running(id, number)) return;
      if (kind == engine::FailureKind::kTemporary) ++failures_[running_.at(id).broadcast->title];
      engine::Failed failed;
      failed.id = static_cast<engine::DownloadId>(id);
      failed.kind = kind;
      failed.message = "no luck";
      running_.erase(id);
      scheduler_->on_engine_event(failed);
      scheduler_->on_engine_event(engine::Removed{failed.id});
    });
  }
  [[nodiscard]] bool is_running(std::int64_t id, std::size_t number) const {
    const auto found = running_.find(id);
    return found != running_.end() && found->second.number == number;
  }
  [[nodiscard]] std::uint64_t received(const Running& running) const {
    if (running.seeding) return running.broadcast->size;
    const auto failed = failures_.find(running.broadcast->title);
    const int failures = failed == failures_.end() ? 0 : failed->second;
    const bool transfers = !running.silent && failures >= running.broadcast->faults;
    const auto since = static_cast<std::uint64_t>((now() - running.since).count());
    return std::min(running.broadcast->size, running.had + (transfers ? since * kRate : 0));
  }
  void keep(Running& running) { kept_[running.add.dir.string()] = received(running); }

  void remove(engine::DownloadId id) override {
    const auto found = running_.find(static_cast<std::int64_t>(id));
    if (found != running_.end()) {
      if (!found->second.seeding) ++stops_;
      keep(found->second);
      running_.erase(found);
    }
    later(1s, [this, id] { scheduler_->on_engine_event(engine::Removed{id}); });
  }
  std::vector<engine::DownloadStatus> status() override {
    std::vector<engine::DownloadStatus> out;
    for (const auto& [id, running] : running_) {
      engine::DownloadStatus status;
      status.id = running.add.id;
      status.done_bytes = received(running);
      status.total_bytes = running.broadcast->size;
      status.wanted_bytes = running.broadcast->size;
      out.push_back(status);
    }
    return out;
  }
  void set_seed_goal(engine::DownloadId, const engine::SeedGoal&) override {}
  void set_limits(const engine::EngineLimits& limits) override { limits_ = limits; }
  // A torrent is shared for two hours, as the configuration has it.
  void reach_goal_later(std::int64_t id, std::size_t number) {
    later(2h, [this, id, number] {
      if (!is_running(id, number)) return;
      scheduler_->on_engine_event(engine::SeedGoalReached{static_cast<engine::DownloadId>(id), 0, 2h});
    });
  }

  void place(std::int64_t download_id, library::PlaceRequest request) override {
    // The file may be moved and the process end before anybody is told.
    later(1s, [this, download_id, request] {
      auto result = library::place(request);
      if (chance(0.1)) return end_the_process();
      later(1s, [this, download_id, result] { scheduler_->on_placed(download_id, result); });
    });
  }
  std::optional<std::uint64_t> free_bytes(const std::filesystem::path&) override {
    const bool full = now() > disk_is_full_from_ && now() < disk_is_full_from_ + 5h;
    return full ? kMinFree / 2 : kMinFree + (1ull << 40);
  }

  std::optional<db::EpisodeRow> episode(const std::string& title) {
    for (const auto& feed : scheduler_->context().feeds.list()) {
      if (const auto row = scheduler_->context().episodes.find_by_identity(feed.id, "guid:" + title)) return row;
    }
    return std::nullopt;
  }

  std::mt19937_64 random_;
  bool bounded_;
  base::ManualClock clock_;
  std::filesystem::path dir_;
  SettingsPtr settings_;
  std::unique_ptr<db::Database> database_;
  std::vector<Show> shows_;
  std::priority_queue<Event> events_;
  std::size_t event_number_ = 0;
  std::size_t life_ = 0;
  std::map<std::int64_t, Running> running_;
  std::size_t running_number_ = 0;
  std::map<std::string, std::uint64_t> kept_;  // received, by folder
  std::map<std::string, int> failures_;        // of each title
  std::optional<engine::EngineLimits> limits_;
  WallTime disk_is_full_from_ = WallTime::max() - 24h;
  std::map<std::int64_t, int> told_;
  std::size_t counted_ = 0;
  WallTime told_at_{};
  std::size_t stops_ = 0;
  std::map<std::int64_t, std::int64_t> there_;  // in the library when it was looked at: episodes and their feeds
  std::set<std::int64_t> sharing_;              // downloads that seeded then
  std::set<std::int64_t> starred_;
  std::set<std::int64_t> played_;
  std::set<std::string> deleted_;
  std::size_t deleted_in_all_ = 0;
  std::size_t held_by_quota_ = 0;
  WallTime listens_at_{};
  std::size_t hash_ = 0;
  std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace podswarm::scheduler

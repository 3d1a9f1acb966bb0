// The queue at work: starts what is due inside its window and limits, follows it through the engine into the library,
// and decides about retries. Every change is in the database before the next step. Runs on the scheduler's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scheduler/context.h"
#include "scheduler/ports.h"
#include "scheduler/types.h"

namespace podswarm::scheduler {

// A download that has come to an end, or goes back to the queue with an error.
struct DownloadReport {
  std::int64_t download_id = 0;
  std::int64_t episode_id = 0;
  bool ok = false;
  bool will_retry = false;
  std::string message;
};

// Which of what is due may start.
struct StartRule {
  WindowRule window = WindowRule::kObey;
  std::set<std::int64_t> feeds;  // empty: of all feeds
};

class DownloadQueue {
 public:
  // `ask_feed` polls a feed soon: its URLs may have expired.
  DownloadQueue(Context& context, DownloadPort& engine, FilePort& files, std::function<void(std::int64_t)> ask_feed,
                std::function<void(const DownloadReport&)> on_report);

  // After a start: what was under way is queued again, what was placed but not recorded is recorded, and with `seed`
  // the torrents that have not reached their goal are handed to the engine.
  void recover(bool seed);

  // Starts as many of what is due as the limits allow. Returns how many it started.
  std::size_t start_due(base::WallTime now, const StartRule& rule);
  void on_event(engine::Event event);
  void on_placed(std::int64_t download_id, base::Result<library::Placed, library::PlaceError> result);

  // Takes a download out of the engine, whatever it is doing; its row is the caller's.
  void cancel(std::int64_t download_id);
  // Seeding ends where ratio or time is reached.
  void check_seeding(base::WallTime now);
  // Downloads under way go back to the queue; called before the engine stops.
  void put_back_all();

  // Under way now (seeding not counted), of these feeds; empty: of all.
  [[nodiscard]] std::size_t active(const std::set<std::int64_t>& feeds = {}) const;
  [[nodiscard]] bool is_active(std::int64_t download_id) const;
  [[nodiscard]] bool any_seeding() const;
  // Why nothing starts although something is due; "" when nothing stands in the way.
  [[nodiscard]] const std::string& obstacle() const { return obstacle_; }
  // When to look again because of windows or space; nothing where time alone changes nothing.
  [[nodiscard]] std::optional<base::WallTime> next_look() const { return next_look_; }

 private:
  enum class Phase { kLoading, kPlacing, kSeeding, kLeaving };
  struct Active {
    std::int64_t episode_id = 0;
    std::int64_t feed_id = 0;
    std::string host;
    Phase phase = Phase::kLoading;
    bool torrent = false;
    std::filesystem::path dir;
    std::uint64_t size = 0;
    std::string content_type;
    std::string info_hash;
  };

  bool start(const db::DownloadRow& row, base::WallTime now);
  [[nodiscard]] bool has_room(const db::DownloadRow& row, const config::FeedSettings& settings, base::WallTime now);
  void add_to_engine(const db::DownloadRow& row, const config::FeedSettings& settings, Active active);
  void on_finished(const engine::Finished& event);
  void on_failed(const engine::Failed& event);
  void finish(std::int64_t download_id, const library::Placed& placed);
  void fail(std::int64_t download_id, const std::string& kind, const std::string& message, bool counts,
            std::optional<std::chrono::seconds> retry_after, bool final);
  void leave(std::int64_t download_id);
  [[nodiscard]] std::filesystem::path incoming(const config::FeedSettings& settings, std::int64_t download_id) const;

  Context& context_;
  DownloadPort& engine_;
  FilePort& files_;
  std::function<void(std::int64_t)> ask_feed_;
  std::function<void(const DownloadReport&)> on_report_;
  std::map<std::int64_t, Active> active_;
  std::string obstacle_;
  std::optional<base::WallTime> next_look_;
};

}  // namespace podswarm::scheduler

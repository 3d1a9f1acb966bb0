// The queue at work: starts what is due inside its window and limits, follows it through the engine into the library,
// and decides about retries. Every change is in the database before the next step; a step that the database refuses is
// taken again later. Runs on the scheduler's thread.
#pragma once

#include <cstdint>
#include <deque>
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

// DownloadRow::failure_kind of what had been downloaded in part and is gone.
inline constexpr const char* kMissingFailure = "missing";

// A download that has come to an end, or goes back to the queue with an error.
struct DownloadReport {
  std::int64_t download_id = 0;
  std::int64_t episode_id = 0;
  std::int64_t feed_id = 0;
  bool ok = false;
  bool will_retry = false;
  std::string message;
};

// Which of what is due may start.
struct StartRule {
  WindowRule window = WindowRule::kObey;
  std::set<std::int64_t> feeds{};  // empty: of all feeds
};

struct StartResult {
  std::size_t started = 0;
  std::string obstacle{};                     // why something that is due did not start; "" if nothing stood in the way
  std::optional<base::WallTime> next_look{};  // when that may have changed by time alone
};

class DownloadQueue {
 public:
  // `ask_feed` polls a feed soon: its URLs may have expired.
  DownloadQueue(Context& context, DownloadPort& engine, FilePort& files, std::function<void(std::int64_t)> ask_feed,
                std::function<void(const DownloadReport&)> on_report);

  // After a start: what was under way is queued again, what was placed but not recorded is recorded, folders that
  // nobody needs any more are removed, and with `seed` the torrents that have not reached their goal seed on.
  void recover(bool seed);

  // Starts as many of what is due as the limits allow.
  StartResult start_due(base::WallTime now, const StartRule& rule);
  void on_event(engine::Event event);
  void on_placed(std::int64_t download_id, base::Result<library::Placed, library::PlaceError> result);

  // Takes a download out of the engine, whatever it is doing, and removes what it has received; its row is the
  // caller's, and must still be there.
  void cancel(std::int64_t download_id);
  // A swarm that sends nothing for long goes back to the queue.
  void check_swarms(base::WallTime now);
  // The settings may say something else of when seeding ends.
  void apply_goals();
  // Downloads under way go back to the queue, and what was sent is recorded; called before the engine stops.
  void put_back_all();
  // Steps that the database refused, once their time has come.
  void repeat_refused(base::WallTime now);

  // Under way now (seeding not counted), of these feeds; empty: of all.
  [[nodiscard]] std::size_t active(const std::set<std::int64_t>& feeds = {}) const;
  // In the engine or on its way out of it.
  [[nodiscard]] bool is_active(std::int64_t download_id) const;

 private:
  enum class Phase { kLoading, kPlacing, kSeeding, kLeaving };
  struct Active {
    std::int64_t episode_id = 0;
    std::int64_t feed_id = 0;
    std::string host{};
    Phase phase = Phase::kLoading;
    bool torrent = false;
    bool in_engine = true;   // false once it has left, or where it never went in (placing what was there already)
    bool cancelled = false;  // while it was being placed
    bool discard = false;    // what it has received is removed when it has left
    bool shared = false;     // as much as is wanted, before it was placed
    std::filesystem::path dir{};
    std::uint64_t size = 0;
    std::uint64_t uploaded_before = 0;  // in earlier runs, or so far
    std::uint64_t progress_mark = 0;    // what had come when it was looked at
    base::WallTime progress_at{};       // when that had last changed
  };
  using ActiveEntry = std::map<std::int64_t, Active>::iterator;

  bool start(const db::DownloadRow& row, const db::FeedRow& feed, base::WallTime now);
  bool place_remembered(const db::DownloadRow& row, Active active);
  void add_to_engine(const db::DownloadRow& row, const config::FeedSettings& settings, Active active);
  void handle(const engine::Event& event);
  void on_failed(const engine::Failed& event);
  void on_removed(std::int64_t download_id);
  void fail(std::int64_t download_id, const std::string& kind, const std::string& message, bool counts,
            std::optional<std::chrono::seconds> retry_after, bool final);
  bool use_next_source(const db::DownloadRow& row, Active& active);
  void leave(ActiveEntry entry, bool discard);
  [[nodiscard]] bool seeds(const config::FeedSettings& settings) const;
  [[nodiscard]] std::filesystem::path incoming(const config::FeedSettings& settings, std::int64_t download_id) const;
  void guarded(std::function<void()> step);
  // arrivals.cc
  void on_finished(const engine::Finished& event);
  void handle_placed(std::int64_t download_id, const base::Result<library::Placed, library::PlaceError>& result);
  void finish(std::int64_t download_id, const library::Placed& placed, bool seed);
  // swarm_watch.cc
  void on_seed_goal(const engine::SeedGoalReached& event);
  void check_progress(ActiveEntry entry, const engine::DownloadStatus& status, base::WallTime now);
  // recovery.cc
  void finish_remembered();
  void seed_again();
  void sweep_folders();

  Context& context_;
  DownloadPort& engine_;
  FilePort& files_;
  std::function<void(std::int64_t)> ask_feed_;
  std::function<void(const DownloadReport&)> on_report_;
  std::map<std::int64_t, Active> active_;
  std::deque<std::function<void()>> refused_;
  base::WallTime repeat_at_{};
};

// Below the library, so that what is finished is moved by a rename.
inline constexpr const char* kIncomingFolder = ".podswarm";

}  // namespace podswarm::scheduler

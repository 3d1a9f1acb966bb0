// The trunk: what is due is polled, what is wanted is fetched, what came is recorded. One thread, no waiting: calls
// come in from the service and the ports, and next_wakeup() says when tick() is due again. Time is the clock's alone,
// so a month of nights passes in a test as fast as it can be computed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/connection_watch.h"
#include "scheduler/context.h"
#include "scheduler/download_queue.h"
#include "scheduler/hooks.h"
#include "scheduler/jobs.h"
#include "scheduler/missing_files.h"
#include "scheduler/night_watch.h"
#include "scheduler/poller.h"
#include "scheduler/ports.h"
#include "scheduler/sidecars.h"
#include "scheduler/types.h"

namespace podswarm::scheduler {

// What came of a person's wish for an episode.
enum class Wanted { kQueued, kUnderWay, kAlreadyThere, kNothingToFetch };

class Scheduler {
 public:
  Scheduler(Mode mode, db::Database& database, const base::Clock& clock, SettingsPtr settings,
            std::function<double()> random, FeedPort& feeds, DownloadPort& downloads, FilePort& files,
            MachinePort* machine = nullptr);
  // Called when a night's work is over, once a night (night_watch.h); before start().
  void on_night_over(std::function<void(const NightSummary&)> tell) { tell_night_ = std::move(tell); }

  // Whom hooks and sidecars go to; without them, both wait in the database. Before start().
  void attach(HookPort& hooks, SidecarPort& sidecars);
  // Once, first: mends what a crash has left.
  void start();
  // Everything that is due now.
  void tick();
  // When tick() has something to do again, if nothing happens before.
  [[nodiscard]] std::optional<base::WallTime> next_wakeup();
  // When tick() is due at the latest for what polls have found; nothing where nothing waits. Part of next_wakeup(), and
  // cheap enough to be asked after each answer.
  [[nodiscard]] std::optional<base::WallTime> next_look_at_finds() const;
  // Nothing starts any more, and downloads under way go back to the queue; the engine's last resume data still counts.
  void stop();

  void on_feed_answer(FeedAnswer answer);
  void on_engine_event(engine::Event event);
  void on_placed(std::int64_t download_id, base::Result<library::Placed, library::PlaceError> result);
  void on_metered(bool metered);

  void on_hook_told(HookCall call, HookOutcome outcome);
  void on_sidecar(std::int64_t id, const SidecarResult& result);

  // Limits hold at once.
  void reload(SettingsPtr settings);

  // No feeds: all that are not stopped.
  JobId check(std::vector<std::int64_t> feeds);
  // Checks, then downloads what is due of these feeds. With nothing to poll it goes straight to the downloads.
  JobId fetch(std::vector<std::int64_t> feeds, WindowRule window);
  [[nodiscard]] const Job* job(JobId id) { return jobs_.find(id); }

  // A person wants this episode, or does not; a running download of an unwanted one ends.
  Wanted want(const db::EpisodeRow& episode);
  // False: it has been had already.
  bool skip(const db::EpisodeRow& episode, const std::string& reason);
  // A person has no need of it: it counts as had, and a running download ends. False: it has been had already.
  bool mark_seen(const db::EpisodeRow& episode);
  // Takes that back: the rules decide anew, or it is backlog again. False: it was not marked.
  bool unmark_seen(const db::EpisodeRow& episode);
  // Holds the queue, one download or one feed, and lets it go again; what is under way goes back to the queue, and
  // torrents of it do not seed. Of a feed that the publisher has ended, resuming asks it again.
  void pause_queue(bool paused);
  void pause_download(std::int64_t download_id, bool paused);
  void pause_feed(std::int64_t feed_id, bool paused);
  [[nodiscard]] bool is_paused();
  bool move(std::int64_t download_id, Move move);

  // With everything that is known of it; files stay. Its downloads end.
  void remove_feed(std::int64_t feed_id);

  [[nodiscard]] Context& context() { return context_; }
  [[nodiscard]] const Poller& poller() const { return poller_; }
  [[nodiscard]] const DownloadQueue& queue() const { return queue_; }
  [[nodiscard]] DownloadQueue& queue() { return queue_; }
  // Why something that is due does not start by itself; "" when nothing stands in the way.
  [[nodiscard]] const std::string& obstacle() const { return last_pass_.obstacle; }
  // The same of feeds whose disk or quota is full.
  [[nodiscard]] const std::map<std::int64_t, std::string>& obstacles_of_feeds() const { return last_pass_.of_feed; }
  [[nodiscard]] const ConnectionWatch& line() const { return line_; }
  [[nodiscard]] bool is_metered() const { return metered_; }
  [[nodiscard]] std::size_t jobs_under_way();

 private:
  void start_downloads();
  // Whether what polls have found is worth a look at the whole queue now.
  [[nodiscard]] bool should_look_at_queue(base::WallTime now) const;
  // What is done beside, and what nobody but a job's end waits for.
  void start_errands();
  [[nodiscard]] bool errands_done();
  void settle_jobs();
  void apply_limits(base::WallTime now);
  void tidy(base::WallTime now);
  bool refuse(const db::EpisodeRow& episode, db::Decision decision, const std::string& reason);
  // connection.cc
  [[nodiscard]] bool asks_meter() const;
  void look_at_meter(base::WallTime now);
  void note_answer(const std::string& host, base::WallTime now);
  void note_unreachable(const std::string& host, base::WallTime now);
  void probe(base::WallTime now);
  [[nodiscard]] Hold hold_now();
  // night.cc
  void after_step();
  void on_download(const DownloadReport& report);
  void tell_of_night(base::WallTime now);

  Mode mode_;
  bool stopping_ = false;
  Context context_;
  Jobs jobs_;
  Poller poller_;
  DownloadPort& downloads_;
  MachinePort* machine_;
  DownloadQueue queue_;
  std::optional<Hooks> hooks_;
  std::optional<Sidecars> sidecars_;
  ConnectionWatch line_;
  std::size_t probes_ = 0;
  bool metered_ = false;
  bool knows_meter_ = false;  // an answer has come
  bool asking_meter_ = false;
  std::optional<base::WallTime> next_look_at_meter_;
  NightWatch night_{NightWatch::Memory{}};
  std::function<void(const NightSummary&)> tell_night_;
  Windows windows_;
  bool awake_ = false;
  std::optional<engine::EngineLimits> limits_;  // in force
  StartResult last_pass_;                       // over all feeds, obeying their windows
  std::optional<base::WallTime> looked_at_queue_;
  std::size_t looked_at_rows_ = 0;   // by the last look
  std::size_t looked_at_finds_ = 0;  // of the poller, known at the last look
  bool job_waits_ = false;           // for a look: its polls are over
  std::optional<base::WallTime> next_check_;
  base::WallTime next_tidy_{};  // of the library, in the daemon
  MissingFiles missing_;
};

}  // namespace podswarm::scheduler

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
#include "scheduler/deadline_order.h"
#include "scheduler/disk_budget.h"
#include "scheduler/ports.h"
#include "scheduler/queue_order.h"
#include "scheduler/retry_policy.h"
#include "scheduler/source_choice.h"
#include "scheduler/types.h"
#include "scheduler/window.h"

namespace podswarm::scheduler {

// DownloadRow::failure_kind of what had been downloaded in part and is gone.
inline constexpr const char* kMissingFailure = "missing";
// Of what found nobody there; and of what failed while the machine was offline.
inline constexpr const char* kUnreachableFailure = "unreachable";
inline constexpr const char* kOfflineFailure = "offline";

// Trouble with the disk is the machine's, not the episode's: it is tried again this much later, without counting.
inline constexpr std::chrono::seconds kDiskPatience = std::chrono::minutes(5);
// While the machine is offline; coming back it tries at once.
inline constexpr std::chrono::seconds kOfflinePatience = std::chrono::minutes(10);
inline constexpr const char* kTorrentsOff = "torrents are switched off (torrent.enabled)";
// What holds the whole queue is looked at again this much later.
inline constexpr std::chrono::seconds kHoldPatience = std::chrono::minutes(1);

// A download that has come to an end, or goes back to the queue with an error.
struct DownloadReport {
  std::int64_t download_id = 0;
  std::int64_t episode_id = 0;
  std::int64_t feed_id = 0;
  bool ok = false;
  bool will_retry = false;
  std::string message;
  // When it was at work inside the window: now, or when it was begun; nothing where it was not.
  std::optional<base::WallTime> in_window{};
};

// Which of what is due may start.
struct StartRule {
  WindowRule window = WindowRule::kObey;
  std::set<std::int64_t> feeds{};  // empty: of all feeds
};

// What keeps the whole queue from starting anything, whatever its windows say.
struct Hold {
  std::string why{};           // "" = nothing does
  bool for_everybody = true;   // also what a person has asked for by name
  bool stops_running = false;  // what is under way goes back to the queue, and nothing is seeded

  bool operator==(const Hold&) const = default;
};

struct StartResult {
  std::size_t started = 0;
  std::size_t due = 0;                        // that this look was at: what it costs
  std::string obstacle{};                     // why something that is due did not start; "" if nothing stood in the way
  std::optional<base::WallTime> next_look{};  // when that may have changed by time alone
  std::map<std::int64_t, std::string> of_feed{};  // what its disk or a quota keeps, and why

  // The first obstacle is told, but what a person may do something about goes before a window; the soonest change is
  // waited for.
  void window_closed(const std::string& window, std::optional<base::WallTime> until);
  void stands_in_the_way(std::string what, std::optional<base::WallTime> until);
  void look_again(std::optional<base::WallTime> at);

 private:
  bool by_window_ = false;
};

class DownloadQueue {
 public:
  // `ask_feed` polls a feed soon: its URLs may have expired.
  DownloadQueue(Context& context, DownloadPort& engine, FilePort& files, std::function<void(std::int64_t)> ask_feed,
                std::function<void(const DownloadReport&)> on_report);

  // After a start: what was under way is queued again, what was placed but not recorded is recorded, folders that
  // nobody needs any more are removed, and with `seed` the torrents that have not reached their goal seed from now on.
  void recover(bool seed);

  // From now on.
  void set_hold(Hold hold);
  [[nodiscard]] const Hold& hold() const { return hold_; }
  // While the machine is offline, failures tell nothing of an episode.
  void set_offline(bool offline) { offline_ = offline; }
  // What is under way and may not be any more goes back to the queue: its window has closed, it was paused, the disk or
  // a quota is full.
  void stop_what_must(base::WallTime now);
  // Torrents that may not seed any more leave the engine, and those that may again come back: there is a hold or a
  // pause, or their window is what counts. Costs nothing while nothing has changed.
  void look_at_seeds(base::WallTime now);
  // When that changes by time alone.
  [[nodiscard]] std::optional<base::WallTime> next_look_at_seeds() const { return seeds_change_at_; }
  // A download or a feed was paused, or goes on.
  void on_pause_changed() { seeds_changed_ = true; }
  // When something that is under way must stop, by time alone.
  [[nodiscard]] std::optional<base::WallTime> next_stop(base::WallTime now);
  // All that wait, whether their time has come or not, as they would take their turns.
  [[nodiscard]] std::vector<db::DownloadRow> waiting(base::WallTime now);
  // By when downloads are to be done, where the configuration says so.
  [[nodiscard]] std::optional<base::WallTime> deadline(base::WallTime now);
  // Among those that wait; see queue_order.h.
  bool move(std::int64_t download_id, Move move, base::WallTime now);

  // Starts as many of what is due as the limits allow.
  StartResult start_due(base::WallTime now, const StartRule& rule);
  void on_event(engine::Event event);
  void on_placed(std::int64_t download_id, base::Result<library::Placed, library::PlaceError> result);

  // Takes a download out of the engine, whatever it is doing, and removes what it has received; its row is the
  // caller's, and must still be there.
  void cancel(std::int64_t download_id);
  // A swarm that sends nothing for long goes back to the queue, and so does what has no room any more, and what hardly
  // moves while others wait.
  void check_running(base::WallTime now);
  // How long that may wait; less where one that does not say how large it is has little room.
  [[nodiscard]] std::chrono::seconds next_check() const;
  // The settings may say something else of what seeds, and for how long.
  void apply_settings();
  // Downloads under way go back to the queue, and what was sent is recorded; called before the engine stops.
  void put_back_all();
  // Steps that the database refused, once their time has come.
  void repeat_refused(base::WallTime now);

  // Under way now (seeding not counted), of these feeds; empty: of all.
  [[nodiscard]] std::size_t active(const std::set<std::int64_t>& feeds = {}) const;
  // That an HTTP download under way asks; "" of others.
  [[nodiscard]] std::string host_of(std::int64_t download_id) const;
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
    bool in_engine = true;         // false once it has left, or where it never went in (placing what was there already)
    bool cancelled = false;        // while it was being placed
    bool discard = false;          // what it has received is removed when it has left
    bool comes_back = false;       // it left for what may be over by the time that it has left
    bool shared = false;           // as much as is wanted, before it was placed
    std::filesystem::path home{};  // everything that has come of it
    std::filesystem::path dir{};   // of its present source, there or below
    std::uint64_t size = 0;
    std::uint64_t received_before = 0;
    std::uint64_t uploaded_before = 0;  // in earlier runs, or so far
    std::uint64_t progress_mark = 0;    // what had come when it was looked at
    base::WallTime progress_at{};       // when that had last changed
    std::uint64_t rate_mark = 0;        // what had come when its rate was looked at
    base::WallTime rate_at{};           // when that was
    std::filesystem::path root{};       // of its library
    bool by_hand = false;               // whatever the window
    base::WallTime started_at{};
  };
  using ActiveEntry = std::map<std::int64_t, Active>::iterator;

  [[nodiscard]] std::optional<base::WallTime> time_in_window(const db::DownloadRow& row);
  // queue_start.cc
  struct FeedView {
    std::optional<db::FeedRow> feed;
    config::FeedSettings settings;
    std::filesystem::path root;
    Windows::State window;
  };
  // One look through the queue for what may start.
  struct Pass {
    bool by_hand = false;
    db::DueFilter filter{};  // feeds and hosts of which nothing can start now are left out
    std::map<std::string, int> by_host{};
    std::map<std::int64_t, FeedView> views{};
    std::optional<DiskBudget> budget{};
  };
  void avoid_torrents();
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] bool all_closed(base::WallTime now);
  void start_some(const std::vector<db::DownloadRow>& rows, Pass& pass, StartResult& result, base::WallTime now);
  FeedView& view_of(std::int64_t feed_id, std::map<std::int64_t, FeedView>& views, base::WallTime now);
  std::vector<db::DownloadRow> ordered(std::vector<db::DownloadRow> rows, base::WallTime now);
  // Of what of these feeds can be done by the deadline; nothing where no window and no hour sets one.
  [[nodiscard]] std::optional<Estimate> estimate(const std::set<std::int64_t>& feeds, base::WallTime now);
  [[nodiscard]] std::optional<base::WallTime> deadline_of(const config::Window& window, base::WallTime now);
  [[nodiscard]] std::optional<std::chrono::seconds> time_left(const config::Window& window, base::WallTime now);
  [[nodiscard]] DiskBudget budget();
  bool start(const db::DownloadRow& row, const FeedView& view, bool by_hand, base::WallTime now);
  bool begin(const db::DownloadRow& row, const FeedView& view, bool by_hand, base::WallTime now);
  [[nodiscard]] std::filesystem::path folder_of(const db::DownloadRow& row, const std::filesystem::path& home);
  // Of its present source, and of the others.
  struct Stored {
    std::uint64_t present = 0;
    std::uint64_t others = 0;
  };
  [[nodiscard]] Stored stored(const db::DownloadRow& row, const std::filesystem::path& home);
  void remove_other_sources(const db::DownloadRow& row, const std::filesystem::path& home);
  // What lies there counts from now on: the last word of a process that has crashed may be older.
  void note_stored(const db::DownloadRow& row, const std::filesystem::path& home);
  bool place_remembered(const db::DownloadRow& row, Active active);
  void add_to_engine(const db::DownloadRow& row, const config::FeedSettings& settings, Active active);
  void handle(const engine::Event& event);
  void on_removed(std::int64_t download_id);
  void leave(ActiveEntry entry, bool discard);
  [[nodiscard]] bool seeds(const config::FeedSettings& settings) const;
  [[nodiscard]] std::filesystem::path incoming(const config::FeedSettings& settings, std::int64_t download_id) const;
  void guarded(std::function<void()> step);
  // failing.cc
  enum class Blame {
    kMachine,  // does not count
    kEpisode,  // counts, and another source would not help
    kMoment,   // counts, and the same source may do the next time
    kSource,   // counts, and another source is better
  };
  struct Failure {
    std::string kind{};  // as the database has it
    std::string message{};
    Blame blame = Blame::kMachine;
    bool final = false;  // trying again does not help; another source may
    std::optional<std::chrono::seconds> retry_after{};
  };
  [[nodiscard]] Failure weigh(const engine::Failed& event, const db::DownloadRow& row, bool swarm_is_dead);
  void on_failed(const engine::Failed& event, bool swarm_is_dead);
  // False: it is given up.
  bool fail(std::int64_t download_id, const Failure& failure);
  [[nodiscard]] NextTry plan_next_try(const db::DownloadRow& row, const Failure& failure);
  [[nodiscard]] std::vector<MediaSource> sources_of(const db::DownloadRow& row);
  [[nodiscard]] bool asked_since_last_failure(const db::DownloadRow& row);
  void ask_for_fresh_sources(const db::DownloadRow& row);
  // queue_stop.cc
  void put_back(ActiveEntry entry, const std::string& why, bool discard);
  [[nodiscard]] std::string must_stop(const Active& active, const db::DownloadRow& row, base::WallTime now);
  [[nodiscard]] static std::uint64_t received_by(const Active& active, const engine::DownloadStatus& status);
  // `suspect` stops first, if it is one of those concerned.
  void stop_overrun(std::int64_t suspect = 0);
  // arrivals.cc
  void on_finished(const engine::Finished& event);
  void handle_placed(std::int64_t download_id, const base::Result<library::Placed, library::PlaceError>& result);
  void finish(std::int64_t download_id, const library::Placed& placed, bool seed);
  // seeding.cc
  [[nodiscard]] std::string must_not_seed(const db::DownloadRow& row, base::WallTime now);
  void end_unwanted_seeds();
  void seed_again(const db::DownloadRow& row);
  void on_seed_goal(const engine::SeedGoalReached& event);
  // running_watch.cc
  [[nodiscard]] bool somebody_waits(base::WallTime now);
  [[nodiscard]] std::uint64_t slowness(base::WallTime now);
  void check_rate(ActiveEntry entry, const engine::DownloadStatus& status, std::uint64_t too_slow, base::WallTime now);
  void check_progress(ActiveEntry entry, const engine::DownloadStatus& status, base::WallTime now);
  // recovery.cc
  void finish_remembered();
  [[nodiscard]] std::set<std::filesystem::path> libraries();
  void sweep_folders();
  bool sweep(const std::filesystem::path& folder);

  Context& context_;
  DownloadPort& engine_;
  FilePort& files_;
  std::function<void(std::int64_t)> ask_feed_;
  std::function<void(const DownloadReport&)> on_report_;
  std::map<std::int64_t, Active> active_;
  Windows windows_;
  std::map<std::int64_t, base::WallTime> last_start_;  // of each feed
  // What other sources than the present one have brought of a download, where they have brought anything.
  struct Aside {
    std::int64_t feed_id = 0;
    std::uint64_t bytes = 0;
  };
  std::map<std::int64_t, Aside> aside_;
  // Of downloads whose feed was asked for fresh addresses: those that it named then, and when.
  struct Asked {
    std::vector<MediaSource> sources;
    base::WallTime at{};
  };
  std::map<std::int64_t, Asked> asked_;
  std::map<std::int64_t, int> pauses_;  // how often one has given way for being slow
  std::set<std::filesystem::path> libraries_;  // as they were last swept
  Hold hold_;
  bool offline_ = false;
  std::uint64_t unknown_margin_ = UINT64_MAX;  // room for what runs and does not say how large it is
  bool seeds_ = false;          // what came earlier, too
  bool seeds_changed_ = false;  // what may seed
  std::optional<base::WallTime> seeds_change_at_;
  std::deque<std::function<void()>> refused_;
  base::WallTime repeat_at_{};
};

// Below the library, so that what is finished is moved by a rename.
inline constexpr const char* kIncomingFolder = ".podswarm";
// Below a download's own folder, where several sources bring it by HTTP: what one of them has brought.
inline constexpr const char* kSourceFolder = ".source-";

}  // namespace podswarm::scheduler

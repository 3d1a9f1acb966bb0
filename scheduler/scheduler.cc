#include "scheduler/scheduler.h"

#include <algorithm>

#include "scheduler/poller_parts.h"
#include "scheduler/rename_steps.h"
#include "scheduler/review.h"
#include "scheduler/tidying.h"
#include "scheduler/window.h"

namespace podswarm::scheduler {

namespace {
// Ages pass also where nothing comes.
constexpr std::chrono::hours kTidyAgain{24};
// What is written down at a time; a turn's time is mostly over before.
constexpr std::size_t kMostDeletions = 100;
// A look at the queue costs what is in it. While polls go on, it is for so many that have found something together, or
// for a share of the queue, so that each poll pays for a bounded piece of it; and none waits longer than this.
constexpr std::size_t kFindsTogether = 16;
constexpr std::chrono::seconds kFindPatience{5};
}  // namespace

Scheduler::Scheduler(Mode mode, db::Database& database, const base::Clock& clock, SettingsPtr settings,
                     std::function<double()> random, FeedPort& feeds, DownloadPort& downloads, FilePort& files,
                     MachinePort* machine)
    : mode_(mode),
      context_(database, clock, std::move(settings), std::move(random)),
      poller_(context_, feeds, [this](const PollReport& report) { job_waits_ = jobs_.on_poll(report) || job_waits_; }),
      downloads_(downloads),
      machine_(machine),
      queue_(
          context_, downloads, files,
          [this](std::int64_t feed_id) {
            // On demand there is no later poll than this one.
            if (mode_ == Mode::kDaemon) poller_.request({feed_id});
          },
          [this](const DownloadReport& report) { on_download(report); }),
      missing_(context_) {}

void Scheduler::attach(HookPort& hooks, SidecarPort& sidecars) {
  hooks_.emplace(context_, hooks);
  sidecars_.emplace(context_, sidecars);
}

void Scheduler::start() {
  night_ = NightWatch(night_memory_from_text(context_.remembered.get(kNightMemory).value_or("")));
  queue_.recover(mode_ == Mode::kDaemon);
  missing_.remember();
  finish_renames(context_);
  finish_deletions(context_, queue_);
  queue_.set_hold(hold_now());
  queue_.look_at_seeds(context_.clock.now());
}

void Scheduler::tick() {
  if (stopping_) return;
  const base::WallTime now = context_.clock.now();
  queue_.repeat_refused(now);
  review_deferred(context_, now);
  if (mode_ == Mode::kDaemon) missing_.look(now);
  look_at_meter(now);
  if (mode_ == Mode::kDaemon && line_.is_offline()) {
    probe(now);
  } else if (mode_ == Mode::kDaemon && !metered_ && knows_meter_ == asks_meter()) {
    poller_.request_due(now);
  }
  poller_.start_waiting();
  if (!next_check_ || *next_check_ <= now) {
    queue_.check_running(now);
    // What keeps it awake may have ended.
    if (awake_) machine_->keep_awake(true);
    next_check_ = now + queue_.next_check();
  }
  queue_.set_hold(hold_now());
  queue_.stop_what_must(now);
  apply_limits(now);
  start_downloads();
  settle_jobs();
  after_step();
  if (mode_ == Mode::kDaemon && next_tidy_ <= now) tidy(now);
}

void Scheduler::tidy(base::WallTime now) {
  next_tidy_ = now + kTidyAgain;
  std::vector<DeleteOrder> orders;
  for (auto& entry : plan_tidy(context_)) {
    orders.push_back({entry.deletion.episode_id, std::move(entry.deletion.text), now});
  }
  const std::span<const DeleteOrder> all(orders);
  const auto result = delete_from_library(context_, queue_, all.first(std::min(all.size(), kMostDeletions)));
  if (result.looked_at < all.size() && !result.deleted.empty()) next_tidy_ = now;
}

void Scheduler::reload(SettingsPtr settings) {
  context_.settings = std::move(settings);
  next_tidy_ = {};
  apply_limits(context_.clock.now());
  queue_.apply_settings();
}

void Scheduler::apply_limits(base::WallTime now) {
  const engine::EngineLimits limits =
      context_.settings->engine_limits(windows_.look(context_.settings->config.download.window, now).open);
  if (limits_ != limits) downloads_.set_limits(limits);
  limits_ = limits;
}

void Scheduler::start_downloads() {
  if (stopping_) return;
  const base::WallTime now = context_.clock.now();
  looked_at_queue_ = now;
  looked_at_rows_ = 0;
  queue_.set_hold(hold_now());
  queue_.look_at_seeds(now);
  for (auto& job : jobs_.all()) {
    if (!job.fetches || job.done || !job.polls_left.empty()) continue;
    const auto pass = queue_.start_due(now, job.rule);
    job.obstacle = pass.obstacle;
    looked_at_rows_ += pass.due;
  }
  if (mode_ == Mode::kDaemon) {
    last_pass_ = queue_.start_due(now, {});
    looked_at_rows_ += last_pass_.due;
  }
  // Only now: a look that a database in trouble has ended is still to come.
  looked_at_finds_ = poller_.finds();
  job_waits_ = false;
}

std::optional<base::WallTime> Scheduler::next_look_at_finds() const {
  if (poller_.finds() == looked_at_finds_ && !job_waits_) return std::nullopt;
  return looked_at_queue_ ? *looked_at_queue_ + kFindPatience : context_.clock.now();
}

bool Scheduler::should_look_at_queue(base::WallTime now) const {
  if (job_waits_) return true;
  const std::size_t finds = poller_.finds() - looked_at_finds_;
  if (finds == 0) return false;
  const bool polls_go_on = poller_.running() != 0 || poller_.waiting() != 0;
  const bool lately = looked_at_queue_ && *looked_at_queue_ <= now && now - *looked_at_queue_ < kFindPatience;
  return !polls_go_on || !lately || finds >= std::max(kFindsTogether, looked_at_rows_ / kFindsTogether);
}

void Scheduler::start_errands() {
  if (stopping_) return;
  bool job_runs = false;
  bool fetches = false;
  WindowRule window = WindowRule::kObey;
  for (const auto& job : jobs_.all()) {
    if (job.done) continue;
    job_runs = true;
    fetches = fetches || job.fetches;
    if (job.fetches && job.rule.window == WindowRule::kIgnore) window = WindowRule::kIgnore;
  }
  const bool daemon = mode_ == Mode::kDaemon;
  if (hooks_ && (daemon || job_runs)) hooks_->deliver(context_.clock.now());
  const bool held = daemon && !hold_now().why.empty();
  if (sidecars_ && (daemon || fetches) && !held) sidecars_->start_due(context_.clock.now(), window);
}

bool Scheduler::errands_done() {
  return (!hooks_ || hooks_->idle()) && (!sidecars_ || sidecars_->idle());
}

void Scheduler::settle_jobs() {
  start_errands();
  for (auto& job : jobs_.all()) {
    if (job.done || !job.polls_left.empty()) continue;
    if (job.fetches && queue_.active(job.rule.feeds) != 0) continue;
    // Whether it may fetch anything is not known yet.
    if (job.fetches && asks_meter() && !knows_meter_) continue;
    // On demand the process ends with the job.
    if (mode_ == Mode::kOnDemand && !errands_done()) continue;
    job.done = true;
  }
}

std::optional<base::WallTime> Scheduler::next_wakeup() {
  std::optional<base::WallTime> next;
  const auto consider = [&](std::optional<base::WallTime> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  const base::WallTime now = context_.clock.now();
  consider(context_.episodes.next_review());
  consider(poller_.next_chance());
  consider(next_look_at_finds());
  consider(next_look_at_meter_);
  consider(queue_.next_stop(now));
  consider(queue_.next_look_at_seeds());
  if (sidecars_ && mode_ == Mode::kDaemon && queue_.hold().why.empty()) consider(sidecars_->next_look());
  if (queue_.active() != 0) consider(next_check_.value_or(now));
  if (hooks_) consider(hooks_->next_try());
  if (mode_ == Mode::kDaemon) {
    if (has_retention(context_.settings->config)) consider(next_tidy_);
    consider(missing_.next_look());
    // While polls wait for room, others that come due can wait as well.
    if (line_.is_offline()) {
      consider(line_.next_probe());
    } else if (poller_.waiting() == 0 && !metered_) {
      consider(context_.feeds.next_due());
    }
    // Limits may change with the window, and a night ends with it.
    if (context_.settings->differs_outside() || night_.memory().worked_at) {
      consider(windows_.look(context_.settings->config.download.window, now).changes_at);
    }
    if (last_pass_.next_look) {
      consider(last_pass_.next_look);
    } else if (queue_.active() < static_cast<std::size_t>(context_.settings->config.download.max)) {
      consider(context_.downloads.next_due(std::nullopt, !context_.settings->config.torrent.enabled));
    }
  }
  return next;
}

void Scheduler::stop() {
  stopping_ = true;
  queue_.put_back_all();
}

void Scheduler::on_feed_answer(FeedAnswer answer) {
  const base::WallTime now = context_.clock.now();
  const bool was_offline = line_.is_offline();
  if (const auto feed = context_.feeds.find(answer.feed_id)) {
    const std::string host = host_of(feed->url);
    if (answer.response) {
      note_answer(host, now);
    } else if (answer.response.error().code == feeds::FetchError::kResolve ||
               answer.response.error().code == feeds::FetchError::kConnect) {
      note_unreachable(host, now);
    }
  }
  poller_.on_answer(std::move(answer));
  if (line_.is_offline() != was_offline || should_look_at_queue(now)) start_downloads();
  settle_jobs();
  after_step();
}

void Scheduler::on_engine_event(engine::Event event) {
  const base::WallTime now = context_.clock.now();
  if (const auto* failed = std::get_if<engine::Failed>(&event)) {
    if (failed->kind == engine::FailureKind::kUnreachable) {
      note_unreachable(queue_.host_of(static_cast<std::int64_t>(failed->id)), now);
    }
  } else if (const auto* started = std::get_if<engine::Started>(&event)) {
    const auto host = queue_.host_of(static_cast<std::int64_t>(started->id));
    if (!host.empty()) note_answer(host, now);
  }
  queue_.on_event(std::move(event));
  start_downloads();
  settle_jobs();
  after_step();
}

void Scheduler::on_placed(std::int64_t download_id, base::Result<library::Placed, library::PlaceError> result) {
  queue_.on_placed(download_id, std::move(result));
  start_downloads();
  settle_jobs();
  after_step();
  const auto now = context_.clock.now();
  next_tidy_ = now;
  // Whoever runs on demand may be gone before the next look.
  while (mode_ == Mode::kOnDemand && next_tidy_ <= now) tidy(now);
}

void Scheduler::on_hook_told(HookCall call, HookOutcome outcome) {
  // On demand nobody is there to try again later.
  if (mode_ == Mode::kOnDemand) outcome = HookOutcome::kOver;
  if (hooks_) hooks_->on_told(std::move(call), outcome, context_.clock.now());
  settle_jobs();
}

void Scheduler::on_sidecar(std::int64_t id, const SidecarResult& result) {
  if (sidecars_) sidecars_->on_made(id, result);
  settle_jobs();
}

JobId Scheduler::check(std::vector<std::int64_t> feeds) {
  Job job;
  if (feeds.empty()) {
    for (const auto& feed : context_.feeds.list()) {
      if (feed.status == db::FeedStatus::kActive) feeds.push_back(feed.id);
    }
  } else {
    job.rule.feeds.insert(feeds.begin(), feeds.end());
  }
  job.polls_left.insert(feeds.begin(), feeds.end());
  const JobId id = jobs_.add(std::move(job)).id;
  poller_.request(feeds);
  settle_jobs();
  return id;
}

JobId Scheduler::fetch(std::vector<std::int64_t> feeds, WindowRule window) {
  const JobId id = check(std::move(feeds));
  Job& job = *jobs_.find(id);
  job.fetches = true;
  job.rule.window = window;
  job.done = false;  // with nothing to poll, the check alone was over at once
  start_downloads();
  settle_jobs();
  return id;
}

Wanted Scheduler::want(const db::EpisodeRow& episode) {
  if (const auto download = context_.downloads.find_by_episode(episode.id)) {
    if (download->state == db::DownloadState::kDownloading) return Wanted::kUnderWay;
    if (download->state == db::DownloadState::kDone) {
      std::error_code error;
      for (const auto& file : context_.files.list_episode(episode.id)) {
        if (std::filesystem::exists(file.path, error)) return Wanted::kAlreadyThere;
      }
      queue_.cancel(download->id);  // it may still seed
    }
  }
  const bool wanted = want_by_hand(context_, episode, context_.clock.now());
  start_downloads();
  return wanted ? Wanted::kQueued : Wanted::kNothingToFetch;
}

bool Scheduler::skip(const db::EpisodeRow& episode, const std::string& reason) {
  return refuse(episode, db::Decision::kSkip, reason);
}

bool Scheduler::mark_seen(const db::EpisodeRow& episode) {
  return refuse(episode, db::Decision::kMarkSeen, "marked as seen by hand");
}

bool Scheduler::unmark_seen(const db::EpisodeRow& episode) {
  if (episode.decision != db::Decision::kMarkSeen) return false;
  decide_anew(context_, episode, context_.clock.now());
  start_downloads();
  return true;
}

bool Scheduler::refuse(const db::EpisodeRow& episode, db::Decision decision, const std::string& reason) {
  const base::WallTime now = context_.clock.now();
  const auto download = context_.downloads.find_by_episode(episode.id);
  if (download && (download->state == db::DownloadState::kDone || download->state == db::DownloadState::kDeleted)) {
    return false;
  }
  db::Transaction transaction(context_.database);
  context_.episodes.decide(episode.id, decision, "", reason, now);
  context_.history.release(episode.id);
  if (download) context_.downloads.skip(download->id, now, reason);
  transaction.commit();
  if (download) queue_.cancel(download->id);
  return true;
}

void Scheduler::pause_queue(bool paused) {
  if (paused) {
    context_.remembered.set(kQueuePaused, "1");
  } else {
    context_.remembered.erase(kQueuePaused);
  }
  tick();
}

void Scheduler::pause_download(std::int64_t download_id, bool paused) {
  context_.downloads.set_paused(download_id, paused);
  queue_.on_pause_changed();
  tick();
}

void Scheduler::pause_feed(std::int64_t feed_id, bool paused) {
  context_.feeds.set_status(feed_id, paused ? db::FeedStatus::kPaused : db::FeedStatus::kActive,
                            paused ? "paused by hand" : "");
  queue_.on_pause_changed();
  tick();
}

bool Scheduler::is_paused() {
  return context_.remembered.get(kQueuePaused).has_value();
}

bool Scheduler::move(std::int64_t download_id, Move move) {
  return queue_.move(download_id, move, context_.clock.now());
}

std::size_t Scheduler::jobs_under_way() {
  std::size_t count = 0;
  for (const auto& job : jobs_.all()) count += job.done ? 0 : 1;
  return count;
}

void Scheduler::remove_feed(std::int64_t feed_id) {
  poller_.forget(feed_id);
  for (const auto& download :
       context_.downloads.list({.state = std::nullopt, .feed_id = feed_id, .limit = 1'000'000})) {
    queue_.cancel(download.id);
  }
  context_.feeds.remove(feed_id);
}

}  // namespace podswarm::scheduler

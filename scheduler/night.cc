// The scheduler and its nights: when one is over, and whether the machine must stay awake.

#include <fmt/format.h>

#include "base/log.h"
#include "base/units.h"
#include "scheduler/events.h"
#include "scheduler/scheduler.h"

namespace podswarm::scheduler {

namespace {
// Where downloads may run at any time, one that is tried again within so long still belongs to the night's work.
constexpr std::chrono::hours kSoon{1};
}  // namespace

void Scheduler::on_download(const DownloadReport& report) {
  jobs_.on_download(report);
  if (!report.in_window || report.will_retry) return;
  night_.on_work(*report.in_window);
  context_.remembered.set(kNightMemory, to_text(night_.memory()));
}

void Scheduler::after_step() {
  if (stopping_) return;
  const base::WallTime now = context_.clock.now();
  if (mode_ == Mode::kDaemon) tell_of_night(now);
  const bool awake = context_.settings->config.download.inhibit_sleep && queue_.active() != 0;
  if (machine_ != nullptr && awake != awake_) machine_->keep_awake(awake);
  awake_ = awake;
}

void Scheduler::tell_of_night(base::WallTime now) {
  const auto before = night_.memory();
  if (!before.worked_at) return;
  const auto window = windows_.look(context_.settings->config.download.window, now);
  // What has no room will not start in this night by itself; what is held as a whole may, at any moment.
  const bool stuck = queue_.active() == 0 && !last_pass_.of_feed.empty() && queue_.hold().why.empty();
  const auto next =
      context_.downloads.next_due(stuck ? std::optional(now) : std::nullopt, !context_.settings->config.torrent.enabled);
  const bool due = next && *next < window.changes_at.value_or(now + kSoon);
  if (!night_.is_over({now, window.open, queue_.active(), due})) return;
  // That it was told, and what hooks are to be told, are on disk together.
  db::Transaction transaction(context_.database);
  context_.remembered.set(kNightMemory, to_text(night_.memory()));
  NightSummary summary;
  summary.since = before.told_night < 0 ? now - std::chrono::hours(24) : before.told_at;
  summary.until = now;
  const auto finished = context_.downloads.finished_since(summary.since);
  summary.done = finished.done;
  summary.failed = finished.failed;
  summary.bytes = finished.bytes;
  summary.waiting = context_.downloads.count_by_state()[db::DownloadState::kQueued];
  summary.window_closed = !window.open;
  const std::string text = fmt::format("{} done ({}), {} failed, {} waiting", summary.done,
                                       base::format_bytes(summary.bytes), summary.failed, summary.waiting);
  spdlog::info("the night is over: {}", text);
  announce_night(context_, {{"text", text},
                            {"since", base::format_rfc3339(summary.since)},
                            {"until", base::format_rfc3339(summary.until)},
                            {"done", summary.done},
                            {"failed", summary.failed},
                            {"bytes", summary.bytes},
                            {"waiting", summary.waiting},
                            {"window_closed", summary.window_closed}});
  transaction.commit();
  start_errands();
  if (tell_night_) tell_night_(summary);
}

}  // namespace podswarm::scheduler

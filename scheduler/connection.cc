// The scheduler and its line: what holds everything while nobody can be reached or the connection is paid for by the
// byte, and the catching up afterwards.

#include "base/ip_range.h"
#include "base/log.h"
#include "scheduler/scheduler.h"

namespace podswarm::scheduler {

namespace {
constexpr std::chrono::seconds kLookAtMeter = std::chrono::minutes(1);
}  // namespace

Hold Scheduler::hold_now() {
  if (is_paused()) return {"paused by hand; `podswarm resume` goes on", true, true};
  if (line_.is_offline()) return {"offline: no server can be reached; goes on by itself", true, false};
  if (metered_) return {"the connection is metered; goes on by itself", false, true};
  // Of a command that fetches nothing nobody waits for that.
  const bool works = mode_ == Mode::kDaemon || jobs_under_way() != 0;
  if (works && asks_meter() && !knows_meter_) return {"finding out whether the connection is metered", false, false};
  return {};
}

bool Scheduler::asks_meter() const {
  return machine_ != nullptr && context_.settings->config.download.metered == config::Metered::kPause;
}

void Scheduler::look_at_meter(base::WallTime now) {
  const auto& download = context_.settings->config.download;
  if (!asks_meter()) {
    metered_ = knows_meter_ = false;
    next_look_at_meter_.reset();
    return;
  }
  if (asking_meter_ || (next_look_at_meter_ && now < *next_look_at_meter_)) return;
  asking_meter_ = true;
  next_look_at_meter_ = now + kLookAtMeter;
  machine_->ask_metered(download.metered_command);
}

void Scheduler::on_metered(bool metered) {
  asking_meter_ = false;
  if (stopping_ || !asks_meter() || (knows_meter_ && metered == metered_)) return;
  if (metered != metered_) {
    spdlog::info("the connection is {}", metered ? "metered: everything waits" : "not metered any more");
  }
  metered_ = metered;
  knows_meter_ = true;
  tick();
}

void Scheduler::note_answer(const std::string& host, base::WallTime now) {
  if (!line_.on_answer(host, now)) return;
  queue_.set_offline(false);
  poller_.set_offline(false);
  // What failed for want of a line has not failed.
  db::Transaction transaction(context_.database);
  const auto feeds = context_.feeds.forgive(line_.lost_at(), now);
  const auto downloads = context_.downloads.forgive(line_.lost_at(), now);
  transaction.commit();
  spdlog::info("online again: {} feeds and {} downloads are tried anew", feeds, downloads);
}

void Scheduler::note_unreachable(const std::string& host, base::WallTime now) {
  // What lies in the household needs no way out of it.
  const bool is_cut_off = !base::is_local_host(host) && machine_ != nullptr && !machine_->has_route();
  if (!line_.on_unreachable(host, now, is_cut_off ? Evidence::kLine : Evidence::kServer)) return;
  spdlog::warn("offline: no server can be reached; polls and downloads wait");
  queue_.set_offline(true);
  poller_.set_offline(true);
  poller_.give_up_waiting("not asked: no server can be reached");
}

// One feed is asked to see whether the line is back: each time another one, as its server may be gone for good.
void Scheduler::probe(base::WallTime now) {
  if (now < line_.next_probe() || poller_.running() != 0) return;
  line_.on_probe(now);
  auto feeds = context_.feeds.list();
  std::erase_if(feeds, [](const auto& feed) { return feed.status != db::FeedStatus::kActive; });
  if (!feeds.empty()) poller_.request({feeds[probes_++ % feeds.size()].id});
}

}  // namespace podswarm::scheduler

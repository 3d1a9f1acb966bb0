#include "scheduler/connection_watch.h"

#include <algorithm>
#include <utility>

namespace podswarm::scheduler {

namespace {
constexpr std::size_t kMostHosts = 10'000;
}  // namespace

bool ConnectionWatch::on_answer(const std::string& host, base::WallTime now) {
  if (dead_.size() > kMostHosts) dead_.clear();
  for (const auto& failure : failures_) dead_.insert(failure.host);
  failures_.clear();
  const bool was_offline = std::exchange(offline_, false);
  if (was_offline) suspects_until_ = now + kTogether;
  dead_.erase(host);
  suspects_.erase(host);
  first_failure_.reset();
  wait_ = kFirstProbe;
  return was_offline;
}

bool ConnectionWatch::on_unreachable(const std::string& host, base::WallTime now, Evidence evidence) {
  if (offline_ || dead_.contains(host)) return false;
  if (now < suspects_until_ && suspects_.contains(host)) {
    dead_.insert(host);
    return false;
  }
  if (!first_failure_ || *first_failure_ > now) first_failure_ = now;
  std::erase_if(failures_, [&](const Failure& failure) { return failure.at > now || now - failure.at > kTogether; });
  failures_.push_back({host, now});
  std::set<std::string> hosts;
  for (const auto& failure : failures_) hosts.insert(failure.host);
  if (evidence != Evidence::kLine && (failures_.size() < kFailures || hosts.size() < kHosts)) return false;
  offline_ = true;
  suspects_ = std::move(hosts);
  lost_at_ = *first_failure_;
  failures_.clear();
  wait_ = kFirstProbe;
  next_probe_ = now + wait_;
  return true;
}

void ConnectionWatch::on_probe(base::WallTime now) {
  next_probe_ = now + wait_;
  wait_ = std::min(wait_ * 2, kLongestProbe);
}

}  // namespace podswarm::scheduler

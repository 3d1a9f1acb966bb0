#include "scheduler/jobs.h"

#include <algorithm>

namespace podswarm::scheduler {

namespace {
constexpr std::size_t kKept = 32;
}  // namespace

Job& Jobs::add(Job job) {
  job.id = next_++;
  const auto finished = [](const Job& other) { return other.done; };
  while (jobs_.size() >= kKept) {
    const auto oldest = std::find_if(jobs_.begin(), jobs_.end(), finished);
    if (oldest == jobs_.end()) break;
    jobs_.erase(oldest);
  }
  return jobs_.emplace_back(std::move(job));
}

Job* Jobs::find(JobId id) {
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& job) { return job.id == id; });
  return found == jobs_.end() ? nullptr : &*found;
}

bool Jobs::on_poll(const PollReport& report) {
  bool last = false;
  for (auto& job : jobs_) {
    if (job.polls_left.erase(report.feed_id) == 0) continue;
    job.polls.push_back(report);
    last = last || (job.fetches && job.polls_left.empty());
  }
  return last;
}

void Jobs::on_download(const DownloadReport& report) {
  for (auto& job : jobs_) {
    const bool concerns = job.rule.feeds.empty() || job.rule.feeds.contains(report.feed_id);
    if (!job.done && job.fetches && concerns) job.downloads.push_back(report);
  }
}

}  // namespace podswarm::scheduler

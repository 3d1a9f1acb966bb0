// What a person is waiting for: "check these feeds", "fetch": a set of polls, then perhaps of downloads, with what each
// came to. Jobs live in memory; what they bring about lives in the database. Runs on the scheduler's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <vector>

#include "scheduler/download_queue.h"
#include "scheduler/poller.h"
#include "scheduler/types.h"

namespace podswarm::scheduler {

struct Job {
  JobId id = 0;
  bool fetches = false;  // also downloads what is due, once the polls are done
  StartRule rule;        // of its downloads
  std::set<std::int64_t> polls_left;
  std::vector<PollReport> polls;
  std::vector<DownloadReport> downloads;
  std::string obstacle;  // why a fetch ended with downloads still waiting; "" if nothing stood in the way
  bool done = false;
};

// The jobs of late: finished ones are kept until newer ones push them out.
class Jobs {
 public:
  Job& add(Job job);
  [[nodiscard]] Job* find(JobId id);
  [[nodiscard]] std::deque<Job>& all() { return jobs_; }

  // True: it was the last one that a job waited for before its downloads.
  bool on_poll(const PollReport& report);
  void on_download(const DownloadReport& report);

 private:
  std::deque<Job> jobs_;
  JobId next_ = 1;
};

}  // namespace podswarm::scheduler

// Polls feeds that are due: so many at once, so many a host; then hands documents to the intake and writes down what
// the server said. Runs on the scheduler's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "scheduler/context.h"
#include "scheduler/intake.h"
#include "scheduler/ports.h"

namespace podswarm::scheduler {

// What one poll came to.
struct PollReport {
  std::int64_t feed_id = 0;
  bool ok = false;
  bool changed = false;   // a document that is not the last one
  std::string message{};  // the error, or a notice ("moved to …"); "" if there is nothing to say
  IntakeResult intake{};
};

class Poller {
 public:
  Poller(Context& context, FeedPort& port, std::function<void(const PollReport&)> on_report)
      : context_(context), port_(port), on_report_(std::move(on_report)) {}

  // Asked for by a person or a job: polled as soon as there is room, whatever its time. Twice is once.
  void request(std::int64_t feed_id);
  // Feeds whose time has come are requested.
  void request_due(base::WallTime now);
  void on_answer(FeedAnswer answer);
  void forget(std::int64_t feed_id);

  [[nodiscard]] bool is_waiting_or_running(std::int64_t feed_id) const;
  [[nodiscard]] std::size_t running() const { return running_.size(); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  void start_waiting();
  PollReport handle(const db::FeedRow& feed, FeedAnswer& answer, base::WallTime now);
  PollReport took_document(const db::FeedRow& feed, const feeds::FetchResponse& response, const feeds::Feed& document,
                           const std::string& content_hash, base::WallTime now);
  PollReport failed(const db::FeedRow& feed, const std::string& error, std::optional<base::WallTime> retry_after,
                    base::WallTime now);
  std::string follow_move(const db::FeedRow& feed, const std::string& url);
  [[nodiscard]] base::WallTime next_time(const db::FeedRow& feed, const struct PollOutcome& outcome,
                                         base::WallTime now);

  Context& context_;
  FeedPort& port_;
  std::function<void(const PollReport&)> on_report_;
  std::deque<std::int64_t> waiting_;
  std::map<std::int64_t, std::string> running_;  // feed to host
};

}  // namespace podswarm::scheduler

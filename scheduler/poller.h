// Polls feeds that are due, within the limits of each host (poll_queue.h); then hands documents to the intake and
// writes down what the server said. Runs on the scheduler's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scheduler/context.h"
#include "scheduler/intake.h"
#include "scheduler/poll_policy.h"
#include "scheduler/poll_queue.h"
#include "scheduler/ports.h"

namespace podswarm::scheduler {

// What one poll came to.
struct PollReport {
  std::int64_t feed_id = 0;
  bool ok = false;
  bool changed = false;   // a document that is not the last one
  std::string message{};  // the error, or a notice ("moved to …"); "" if there is nothing to say
  IntakeResult intake{};
  // The address is a web page's that names several feeds: those.
  std::vector<feeds::DiscoveredFeed> choices{};
};

// Another address that a poll must ask before it is over.
struct Errand {
  enum class Kind {
    kNamedByPage,  // the feed that a web page names, of an address that has never been a feed
    kNewAddress,   // where the feed says that it has moved to
    kOlderPage,    // RFC 5005: the next page of the past
  };
  Kind kind = Kind::kNamedByPage;
  std::string url;
  PollReport report;              // what the poll has come to so far
  db::PollSuccess success;        // goes on record when the poll is over: a crash before that has it start anew
  std::string next_page;          // of kNewAddress: what is left to read of the past
  std::set<std::string> visited;  // of kOlderPage: addresses and contents that were there already
  std::size_t pages = 0;
  std::size_t bytes = 0;  // of the pages so far
};

class Poller {
 public:
  Poller(Context& context, FeedPort& port, std::function<void(const PollReport&)> on_report)
      : context_(context), port_(port), on_report_(std::move(on_report)) {}

  // Asked for by a person or a job: polled as soon as there is room, whatever their time. Twice is once.
  void request(const std::vector<std::int64_t>& feed_ids);
  // Feeds whose time has come are requested. Where the clock has jumped since the last call, or at the first one, many
  // that have come due together are spread over the next minutes first: the machine was off or asleep.
  void request_due(base::WallTime now);
  // Asks those that wait, as far as there is room.
  void start_waiting();
  // When there may be room for one that waits; nothing where none does.
  [[nodiscard]] std::optional<base::WallTime> next_chance() const;
  void on_answer(FeedAnswer answer);
  // Nobody that waits is asked; whoever waits for it is told why.
  void give_up_waiting(const std::string& why);
  // While the machine is offline, a failure tells nothing of a feed: it is not counted.
  void set_offline(bool offline) { offline_ = offline; }
  // The feed is about to be removed: whoever waits for its poll is told.
  void forget(std::int64_t feed_id);

  [[nodiscard]] bool is_waiting_or_running(std::int64_t feed_id) const;
  [[nodiscard]] std::size_t running() const { return queue_.running(); }
  [[nodiscard]] std::size_t waiting() const { return queue_.waiting(); }
  // Documents so far that had something wanted in them.
  [[nodiscard]] std::size_t finds() const { return finds_; }

 private:
  void wait_for_room(std::int64_t feed_id, const std::string& url, bool first);
  [[nodiscard]] PollQueue::Limits limits() const;
  void tell_removed(std::int64_t feed_id);
  IntakeResult take(const db::FeedRow& feed, const feeds::Feed& document, base::WallTime now, DocumentKind kind);
  void note_redirect(const db::FeedRow& feed, const std::string& final_url);
  // What the poll came to; nothing where it goes on with an errand.
  std::optional<PollReport> handle(const db::FeedRow& feed, FeedAnswer& answer, base::WallTime now);
  std::optional<PollReport> took_document(const db::FeedRow& feed, const FeedAnswer& answer, PollReport report,
                                          bool may_move, base::WallTime now);
  std::optional<PollReport> took_page(const db::FeedRow& feed, const FeedAnswer& answer, base::WallTime now);
  std::optional<PollReport> after_errand(const db::FeedRow& feed, FeedAnswer& answer, Errand errand,
                                         base::WallTime now);
  std::optional<PollReport> after_named(const db::FeedRow& feed, const FeedAnswer& answer, const Errand& errand,
                                        base::WallTime now);
  std::optional<PollReport> after_new_address(const db::FeedRow& feed, const FeedAnswer& answer, Errand errand,
                                              base::WallTime now);
  std::optional<PollReport> after_older_page(const db::FeedRow& feed, const FeedAnswer& answer, Errand errand,
                                             base::WallTime now);
  // Asks for the errand's address as soon as there is room; or, with none left, the poll is over.
  std::optional<PollReport> go_on(const db::FeedRow& feed, Errand errand);
  std::string new_address_of(const db::FeedRow& feed, const feeds::Feed& document, PollReport& report) const;
  std::string next_page_of(const db::FeedRow& feed, const feeds::Feed& document) const;
  [[nodiscard]] bool may_go_to(const db::FeedRow& feed, const std::string& url) const;
  [[nodiscard]] feeds::FetchRequest request_for(const db::FeedRow& feed) const;
  PollReport failed(const db::FeedRow& feed, const std::string& error, std::optional<base::WallTime> retry_after,
                    base::WallTime now);
  std::string follow_move(const db::FeedRow& feed, const std::string& url);
  // With what is known of the feed's history added to the outcome.
  [[nodiscard]] PollPlan plan(const db::FeedRow& feed, PollOutcome outcome, base::WallTime now);

  bool offline_ = false;
  std::size_t finds_ = 0;
  Context& context_;
  FeedPort& port_;
  std::function<void(const PollReport&)> on_report_;
  PollQueue queue_;
  std::map<std::int64_t, std::string> behind_;  // the host where a feed's redirects have led
  std::map<std::int64_t, Errand> errands_;      // of feeds that are waiting or running
  // Feeds whose last poll the database would not record: a publisher is not asked more often because of that.
  std::map<std::int64_t, base::WallTime> not_before_;
  // Addresses that feeds have left, in canonical form: two that each name the other would have a feed go to and fro.
  std::set<std::pair<std::int64_t, std::string>> left_;
  std::optional<base::WallTime> looked_at_;  // the last request_due()
  std::optional<base::WallTime> read_at_;    // when it last read what is due
};

}  // namespace podswarm::scheduler

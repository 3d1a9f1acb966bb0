// Which tracker is told what and when (BEP 3 events, BEP 12 tiers). Sans-IO: time and the shuffle's seed are arguments.
// `started` is repeated until a tracker takes it, `completed` is sent once to each that took it, `stopped` only to
// those that know of us. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/core/tracker_http.h"

namespace podswarm::engine {

class TrackerList {
 public:
  struct Options {
    // Every tier is asked (peers are found sooner), else the next tier only when all of the one before failed. Private
    // torrents have one tracker at a time.
    bool all_tiers = true;
    // The torrent is complete already: `completed` is never sent.
    bool complete = false;
  };

  // One announce that is to be made now. `tracker` names it in the calls below.
  struct Announce {
    std::size_t tracker = 0;
    std::string url;
    std::string tracker_id;  // "" unless it wants to be told one
    AnnounceEvent event = AnnounceEvent::kNone;
  };
  [[nodiscard]] const std::string& url(std::size_t tracker) const { return trackers_[tracker].url; }
  [[nodiscard]] const std::string& tracker_id(std::size_t tracker) const { return trackers_[tracker].tracker_id; }

  // Tiers are shuffled once. What is neither http, https nor udp is left out, and so is a tracker named twice.
  TrackerList(const std::vector<std::vector<std::string>>& tiers, Options options, std::uint32_t seed);

  // A tracker that was not known (from a magnet, a user) as a tier of its own.
  void add(const std::string& url);
  // The torrent turned out to be private: see Options::all_tiers.
  void one_at_a_time() { options_.all_tiers = false; }

  [[nodiscard]] bool empty() const { return trackers_.empty(); }

  // What is due at `now`; each is then under way until succeeded() or failed() is called for it.
  [[nodiscard]] std::vector<Announce> due(base::SteadyTime now);
  // When due() will have something, as far as is known; nothing while all are under way or none exist.
  [[nodiscard]] std::optional<base::SteadyTime> next_due() const;

  void succeeded(std::size_t tracker, const AnnounceResponse& response, base::SteadyTime now);
  // `message` is kept for last_message(). Waits 5 s + 12.5·n² s, at most an hour; `retry_after` if that is longer. Where
  // no word of it was heard, a first failure may have been the network's: kFirstRetry.
  static constexpr std::chrono::seconds kFirstRetry{3};
  enum class Failure { kSaid, kUnheard };
  void failed(std::size_t tracker, std::string message, base::SteadyTime now,
              std::optional<std::chrono::seconds> retry_after = std::nullopt, Failure failure = Failure::kSaid);

  // Every piece is there: `completed` becomes due. Once.
  void completed(base::SteadyTime now);
  // Peers are wanted sooner: what is neither under way nor within its tracker's min interval (60 s unsaid) is due.
  void hurry(base::SteadyTime now);
  // The announces to say goodbye with; nothing is due afterwards. Replies need not be reported.
  [[nodiscard]] std::vector<Announce> stop();

  // The last failure or warning of a tracker that matters now, "" when all is well.
  [[nodiscard]] std::string last_message() const;

 private:
  struct Tracker {
    std::string url;
    std::size_t tier = 0;
    std::string tracker_id;
    std::string message;
    std::uint32_t failures = 0;
    bool busy = false;
    bool started = false;    // it took our `started`
    bool completed = false;  // it took our `completed`, or never needs it
    AnnounceEvent sent = AnnounceEvent::kNone;
    bool sent_complete = false;     // with nothing left
    base::SteadyTime due{};         // the epoch: at once
    base::SteadyTime not_before{};  // min interval
  };

  [[nodiscard]] static bool is_working(const Tracker& tracker);
  std::optional<std::size_t> insert(const std::string& url, std::size_t tier);
  [[nodiscard]] AnnounceEvent event_for(const Tracker& tracker) const;
  // Those of which one is asked at a time, in order of preference: the tiers, or everything.
  [[nodiscard]] std::vector<std::vector<std::size_t>> groups() const;
  // The one of the group that is to be asked now, if any.
  [[nodiscard]] std::optional<std::size_t> candidate(const std::vector<std::size_t>& group, base::SteadyTime now) const;

  Options options_;
  std::vector<Tracker> trackers_;
  std::vector<std::vector<std::size_t>> tiers_;  // indices into trackers_, the preferred one first
  bool complete_ = false;
  bool stopped_ = false;
};

}  // namespace podswarm::engine

// Tells a machine that is offline from servers that are in trouble: when every attempt of late has failed to reach
// anybody, at several hosts, it is the line; one failure is enough where there is no way out of the machine. Then one feed is asked now and then, and nothing else.
// Pure: time is an argument. Scheduler's thread.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"

namespace podswarm::scheduler {

// What a failure to reach a host says by itself.
enum class Evidence {
  kServer,  // nothing: it may be the server's, or its name may be gone for good
  kLine,    // the machine has no way out
};

class ConnectionWatch {
 public:
  // So many failures in a row, at so many hosts, within so long of each other.
  static constexpr std::size_t kFailures = 3;
  static constexpr std::size_t kHosts = 2;
  static constexpr std::chrono::seconds kTogether{120};
  static constexpr std::chrono::seconds kFirstProbe{30};
  static constexpr std::chrono::seconds kLongestProbe{600};

  // The server at `host` has answered, whatever it said. True if the machine was offline until now: catch up with what
  // failed since lost_at().
  bool on_answer(const std::string& host, base::WallTime now);
  // Nobody could be reached at `host`. True when that is what makes it offline.
  bool on_unreachable(const std::string& host, base::WallTime now, Evidence evidence = Evidence::kServer);

  [[nodiscard]] bool is_offline() const { return offline_; }
  // The first failure since the last answer; of the last time it was offline.
  [[nodiscard]] base::WallTime lost_at() const { return lost_at_; }
  // While offline: when to try somebody again.
  [[nodiscard]] base::WallTime next_probe() const { return next_probe_; }
  // A probe has begun: no other before its answer, or before this has passed.
  void on_probe(base::WallTime now);

 private:
  struct Failure {
    std::string host;
    base::WallTime at{};
  };
  std::deque<Failure> failures_;  // since the last answer
  // Hosts that nobody reaches while others answer: they tell nothing of the line until they answer themselves.
  std::set<std::string> dead_;
  // Those that told; what fails again although the line is back is dead.
  std::set<std::string> suspects_;
  base::WallTime suspects_until_{};
  std::optional<base::WallTime> first_failure_;  // since the last answer
  bool offline_ = false;
  base::WallTime lost_at_{};
  base::WallTime next_probe_{};
  std::chrono::seconds wait_ = kFirstProbe;
};

}  // namespace podswarm::scheduler

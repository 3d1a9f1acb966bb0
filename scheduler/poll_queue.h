// Which feed is asked next: first come, first served, but for the limits of each host. A host is asked by so many at
// once, and no faster than one request each `spacing` but for a few that may come together. Pure: time is an argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace podswarm::scheduler {

class PollQueue {
 public:
  struct Limits {
    std::size_t at_once = 8;
    std::size_t per_host = 2;
    std::chrono::seconds spacing{1};
  };
  // A host that was left alone for long enough is asked so often without spacing: a household's feeds of one publisher.
  static constexpr int kTogether = 8;

  // `hosts`: whose limits count: that of the address, and where redirects lead on. The first is never empty of meaning:
  // feeds wait in its line. A feed that is waiting or running already must not be added.
  void add(std::int64_t feed, std::vector<std::string> hosts, bool first);
  // The feed that may be asked now, which then counts as running; call until there is none.
  [[nodiscard]] std::optional<std::int64_t> next(base::WallTime now, const Limits& limits);
  // It was answered. Of a feed that is not running: nothing happens.
  void ended(std::int64_t feed);
  // Takes a waiting feed out; false where it is not waiting.
  bool remove(std::int64_t feed);
  // When time alone lets the next one start; nothing where none waits or an answer must come first.
  [[nodiscard]] std::optional<base::WallTime> next_chance(base::WallTime now, const Limits& limits) const;

  [[nodiscard]] bool is_waiting(std::int64_t feed) const { return waiting_.contains(feed); }
  [[nodiscard]] bool is_running(std::int64_t feed) const { return running_.contains(feed); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::vector<std::int64_t> waiting_feeds() const;
  [[nodiscard]] std::size_t running() const { return running_.size(); }

 private:
  using Hosts = std::vector<std::string>;
  struct Host {
    std::size_t running = 0;
    // When all that was started would be over if it had kept the spacing.
    base::WallTime paid_until{};
  };
  struct Line {
    std::string host;
    std::deque<std::int64_t> feeds;
  };

  // The moment from which `hosts` take another request; nothing where one is at its limit of running ones.
  [[nodiscard]] std::optional<base::WallTime> ready_at(const Hosts& hosts, base::WallTime now,
                                                       const Limits& limits) const;
  void start(std::int64_t feed, Hosts hosts, base::WallTime now, const Limits& limits);
  void forget_idle(base::WallTime now);

  std::list<Line> lines_;  // in turn; none is empty
  std::unordered_map<std::string, std::list<Line>::iterator> line_of_;
  std::unordered_map<std::int64_t, Hosts> waiting_;
  std::unordered_map<std::int64_t, Hosts> running_;
  std::unordered_map<std::string, Host> hosts_;
};

}  // namespace podswarm::scheduler

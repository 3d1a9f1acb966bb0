// Which torrents may exchange anything, where only so many may at a time: those that download and those that seed each
// have a number of places. Places are given in order of arrival, and go round where others wait: of a seed after a
// turn, of a download after a turn in which nothing came. Sans-IO; time is an argument. Network thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace podswarm::engine {

class TorrentQueue {
 public:
  using Id = std::uint64_t;
  static constexpr std::chrono::minutes kSeedTurn{30};
  static constexpr std::chrono::minutes kDownloadTurn{10};

  enum class Role : std::uint8_t {
    kNone,  // wants no place: it is being checked, or rests
    kDownloads,
    kSeeds,
  };

  // `received` is how many bytes the torrent has received so far.
  explicit TorrentQueue(std::function<std::uint64_t(Id)> received) : received_(std::move(received)) {}

  // 0 = as many as there are.
  void set_limits(std::size_t downloading, std::size_t seeding);
  // Whoever takes another role stands at the end of its queue.
  void set_role(Id id, Role role);
  void remove(Id id) { set_role(id, Role::kNone); }

  struct Change {
    Id id = 0;
    bool active = false;
  };
  // Gives places; who got or lost one since the last time, and who was told nothing yet.
  [[nodiscard]] std::vector<Change> settle(base::SteadyTime now);
  // When settle() is worth a call though nothing was set; nothing while nobody waits.
  [[nodiscard]] std::optional<base::SteadyTime> next() const;

  [[nodiscard]] std::size_t active(Role role) const { return of(role).active.size(); }
  [[nodiscard]] std::size_t waiting(Role role) const { return of(role).waiting.size(); }

 private:
  struct Entry {
    Role role = Role::kNone;
    bool active = false;
    std::optional<bool> told;
    std::list<Id>::iterator place{};
    base::SteadyTime since{};         // of the turn
    std::uint64_t received_then = 0;  // when it began
  };
  struct Places {
    std::size_t limit = 0;
    std::list<Id> active;   // whose turn began first at the front
    std::list<Id> waiting;  // the next at the front
    [[nodiscard]] bool is_free() const { return limit == 0 || active.size() < limit; }
  };
  [[nodiscard]] Places& of(Role role) { return places_[role == Role::kSeeds ? 1 : 0]; }
  [[nodiscard]] const Places& of(Role role) const { return places_[role == Role::kSeeds ? 1 : 0]; }
  [[nodiscard]] static std::chrono::minutes turn(Role role) { return role == Role::kSeeds ? kSeedTurn : kDownloadTurn; }
  void settle(Role role, base::SteadyTime now);
  void activate(Places& places, base::SteadyTime now);
  void touch(Id id) { touched_.push_back(id); }

  std::function<std::uint64_t(Id)> received_;
  std::array<Places, 2> places_;
  std::unordered_map<Id, Entry> entries_;
  std::vector<Id> touched_;  // may have changed since the last settle()
};

}  // namespace podswarm::engine

// What was accepted before, as once_per, repack, cooldown and limit ask for it.
//
// An acceptance is *reserved* when the download is queued, *committed* when it succeeded and *released* when it failed
// for good: reserved and committed ones count alike, released ones never were. A download that failed therefore neither
// blocks the next copy of the episode nor uses up the quota.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace podswarm::rules {

// One acceptance, as a Decision asks for it to be reserved.
struct HistoryEntry {
  std::string rule;               // whose cooldown and limit it counts for; "" for a download made by hand
  std::vector<std::string> keys;  // what it is a copy of: one key per episode, title and day
  int revision = 1;               // 2 and up for v2, REPACK, PROPER
  std::string group;              // who released it, may be empty
  base::WallTime at{};
};

// One earlier copy under a key.
struct HeldCopy {
  std::string rule;
  int revision = 1;
  std::string group;
  base::WallTime at{};
};

// Whether keys of two items name one episode. That both are of one day is not enough.
[[nodiscard]] bool are_copies(const std::vector<std::string>& a, const std::vector<std::string>& b);

// What the rules read. Implementations need no lock for themselves: a RuleSet calls them on its caller's thread.
class History {
 public:
  virtual ~History() = default;

  // Every copy reserved or committed under `key`, whichever rule accepted it.
  [[nodiscard]] virtual std::vector<HeldCopy> copies(std::string_view key) const = 0;

  // When `rule` accepted something, from `from` to `to` inclusive, in ascending order.
  [[nodiscard]] virtual std::vector<base::WallTime> acceptances(std::string_view rule, base::WallTime from,
                                                                base::WallTime to) const = 0;
};

// In memory: for previews, tests, and `rules test`. Not synchronised.
class MemoryHistory final : public History {
 public:
  using Ticket = std::uint64_t;

  [[nodiscard]] Ticket reserve(HistoryEntry entry);
  // Unknown or settled tickets are ignored by both.
  void commit(Ticket ticket);
  void release(Ticket ticket);

  [[nodiscard]] std::vector<HeldCopy> copies(std::string_view key) const override;
  [[nodiscard]] std::vector<base::WallTime> acceptances(std::string_view rule, base::WallTime from,
                                                        base::WallTime to) const override;

 private:
  struct Held {
    HistoryEntry entry;
    bool committed = false;
  };
  std::map<Ticket, Held> entries_;
  std::unordered_map<std::string, std::vector<Ticket>> by_key_;
  std::unordered_map<std::string, std::multimap<base::WallTime, Ticket>> by_rule_;
  Ticket next_ = 1;
};

}  // namespace podswarm::rules

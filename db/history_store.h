// What each rule has accepted: table `rule_history`. A rule's place is reserved when the download is queued, committed
// when it is done, released when it fails for good; once_per, repack, cooldown and limit look here.
// Threads: as the Database. SQL problems throw DatabaseError.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"

namespace podswarm::db {

enum class HistoryState { kReserved, kCommitted };

struct HistoryEntry {
  std::int64_t id = 0;
  std::string rule_id;
  std::string key;    // "show s01e05"; "" where the rule has no once_per
  int revision = 0;   // of a repack or proper
  std::string group;  // the release group, for repack = "same-group"
  std::chrono::sys_seconds at{};
  HistoryState state = HistoryState::kReserved;
  std::optional<std::int64_t> episode_id;  // none: imported, or the feed is gone
};

class HistoryStore {
 public:
  explicit HistoryStore(Database& database) : database_(database) {}

  // One place a rule, key and episode: again for the same changes time, revision and state.
  void add(const HistoryEntry& entry);
  void commit(std::int64_t episode_id);   // all reservations of the episode
  void release(std::int64_t episode_id);  // all reservations of the episode; what is committed stands
  void erase_rule(std::string_view rule_id);

  // Reserved and committed alike, latest first.
  [[nodiscard]] std::vector<HistoryEntry> find(std::string_view rule_id, std::string_view key);
  // Whichever rule it was.
  [[nodiscard]] std::vector<HistoryEntry> find_key(std::string_view key);
  // When the rule accepted an episode, from `from` to `to` inclusive, ascending; an episode with several keys counts
  // once.
  [[nodiscard]] std::vector<std::chrono::sys_seconds> accepted_between(std::string_view rule_id,
                                                                       std::chrono::sys_seconds from,
                                                                       std::chrono::sys_seconds to);
  [[nodiscard]] std::vector<HistoryEntry> list_rule(std::string_view rule_id, std::size_t limit = 1000);
  [[nodiscard]] std::vector<HistoryEntry> list_episode(std::int64_t episode_id);
  [[nodiscard]] std::optional<std::chrono::sys_seconds> latest(std::string_view rule_id);
  // At `since` or later, and the earliest of these: when a rolling limit has room again.
  [[nodiscard]] std::size_t count_since(std::string_view rule_id, std::chrono::sys_seconds since);
  [[nodiscard]] std::optional<std::chrono::sys_seconds> earliest_since(std::string_view rule_id,
                                                                       std::chrono::sys_seconds since);

 private:
  Database& database_;
};

}  // namespace podswarm::db

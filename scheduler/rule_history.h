// The database's history as the rules read it.
#pragma once

#include "db/history_store.h"
#include "feeds/rules/history.h"

namespace podswarm::scheduler {

class RuleHistory final : public rules::History {
 public:
  explicit RuleHistory(db::HistoryStore& store) : store_(store) {}

  [[nodiscard]] std::vector<rules::HeldCopy> copies(std::string_view key) const override;
  [[nodiscard]] std::vector<base::WallTime> acceptances(std::string_view rule, base::WallTime from,
                                                        base::WallTime to) const override;

 private:
  db::HistoryStore& store_;
};

// What a decision asks for, in the episode's name.
void record(db::HistoryStore& store, const rules::HistoryEntry& entry, std::int64_t episode_id, db::HistoryState state);

}  // namespace podswarm::scheduler

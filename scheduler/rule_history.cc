#include "scheduler/rule_history.h"

namespace podswarm::scheduler {

std::vector<rules::HeldCopy> RuleHistory::copies(std::string_view key) const {
  std::vector<rules::HeldCopy> held;
  for (const auto& entry : store_.find_key(key)) held.push_back({entry.rule_id, entry.revision, entry.group, entry.at});
  return held;
}

std::vector<base::WallTime> RuleHistory::acceptances(std::string_view rule, base::WallTime from,
                                                     base::WallTime to) const {
  return store_.accepted_between(rule, from, to);
}

void record(db::HistoryStore& store, const rules::HistoryEntry& entry, std::int64_t episode_id,
            db::HistoryState state) {
  db::HistoryEntry row;
  row.rule_id = entry.rule;
  row.revision = entry.revision;
  row.group = entry.group;
  row.at = entry.at;
  row.state = state;
  row.episode_id = episode_id;
  if (entry.keys.empty()) store.add(row);
  for (const auto& key : entry.keys) {
    row.key = key;
    store.add(row);
  }
}

}  // namespace podswarm::scheduler

#include "feeds/rules/history.h"

#include <algorithm>

namespace podswarm::rules {

bool are_copies(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& key) {
    return !key.starts_with("day:") && std::find(b.begin(), b.end(), key) != b.end();
  });
}

MemoryHistory::Ticket MemoryHistory::reserve(HistoryEntry entry) {
  const Ticket ticket = next_++;
  for (const auto& key : entry.keys) by_key_[key].push_back(ticket);
  by_rule_[entry.rule].emplace(entry.at, ticket);
  entries_.emplace(ticket, Held{std::move(entry), false});
  return ticket;
}

void MemoryHistory::commit(Ticket ticket) {
  const auto held = entries_.find(ticket);
  if (held != entries_.end()) held->second.committed = true;
}

void MemoryHistory::release(Ticket ticket) {
  const auto held = entries_.find(ticket);
  if (held == entries_.end() || held->second.committed) return;
  const HistoryEntry& entry = held->second.entry;
  for (const auto& key : entry.keys) std::erase(by_key_[key], ticket);
  std::erase_if(by_rule_[entry.rule], [&](const auto& row) { return row.second == ticket; });
  entries_.erase(held);
}

std::vector<HeldCopy> MemoryHistory::copies(std::string_view key) const {
  std::vector<HeldCopy> out;
  const auto tickets = by_key_.find(std::string(key));
  if (tickets == by_key_.end()) return out;
  for (const Ticket ticket : tickets->second) {
    const HistoryEntry& entry = entries_.at(ticket).entry;
    out.push_back({entry.rule, entry.revision, entry.group, entry.at});
  }
  return out;
}

std::vector<base::WallTime> MemoryHistory::acceptances(std::string_view rule, base::WallTime from,
                                                       base::WallTime to) const {
  std::vector<base::WallTime> out;
  const auto rows = by_rule_.find(std::string(rule));
  if (rows == by_rule_.end()) return out;
  const auto end = rows->second.upper_bound(to);
  for (auto row = rows->second.lower_bound(from); row != end; ++row) out.push_back(row->first);
  return out;
}

}  // namespace podswarm::rules

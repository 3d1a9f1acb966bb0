#include "feeds/rules/replay.h"

#include <algorithm>
#include <utility>

namespace podswarm::rules {

namespace {

void set_moment(Candidate& candidate) {
  const auto& published = candidate.item.published;
  if (published && *published <= candidate.now) candidate.moment = published;
}

}  // namespace

void Replay::ask(Asked item) {
  set_moment(item.candidate);
  pass(item.candidate.decided_at());
  decide(std::move(item));
}

void Replay::hold(const Asked& item) {
  auto candidate = item.candidate;
  set_moment(candidate);
  const Decision taken = rules_.decide(candidate, MemoryHistory());
  HistoryEntry entry = entry_by_hand(candidate);
  if (taken.action == Action::kDownload || taken.action == Action::kDefer) entry.rule = taken.rule;
  history_.commit(history_.reserve(std::move(entry)));
}

void Replay::pass(base::WallTime until) {
  clock_ = std::max(clock_, until);
  while (!waiting_.empty() && waiting_.begin()->first <= clock_) settle(waiting_.begin());
}

void Replay::decide(Asked item) {
  Decision decision = rules_.decide(item.candidate, history_);
  for (const AlsoAccepted& also : decision.also) {
    if (also.action == Action::kNotify) history_.commit(history_.reserve(also.entry));
  }
  if (decision.action == Action::kDownload || decision.action == Action::kNotify) {
    const auto ticket = history_.reserve(decision.entry);
    item.fails ? history_.release(ticket) : history_.commit(ticket);
  }
  tell_(item.number, decision);
  if (!decision.waits || !decision.until) return;
  auto keys = entry_by_hand(item.candidate).keys;
  waiting_.emplace(*decision.until, Waiting{std::move(item), decision.rule, std::move(keys)});
}

// Its wait is over: the copy that is preferred to it comes first.
void Replay::settle(Waits::iterator first) {
  const base::WallTime moment = first->first;
  std::vector<Waits::node_type> settled;
  if (const auto better = preferred_to(first); better != waiting_.end()) {
    better->second.item.candidate.waited = true;
    settled.push_back(waiting_.extract(better));
  }
  settled.push_back(waiting_.extract(first));
  for (auto& one : settled) {
    one.mapped().item.candidate.moment = moment;
    decide(std::move(one.mapped().item));
  }
}

Replay::Waits::iterator Replay::preferred_to(Waits::iterator first) {
  const Waiting& one = first->second;
  auto rank = rules_.preference(one.item.candidate, one.rule);
  auto best = waiting_.end();
  for (auto other = waiting_.begin(); other != waiting_.end(); ++other) {
    if (other == first || other->second.rule != one.rule || !are_copies(one.keys, other->second.keys)) continue;
    const auto other_rank = rules_.preference(other->second.item.candidate, one.rule);
    if (other_rank <= rank) continue;
    rank = other_rank;
    best = other;
  }
  return best;
}

}  // namespace podswarm::rules

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
  if (seen_) seen_->add(candidate);
  const Decision taken = rules_.decide(candidate, MemoryHistory());
  HistoryEntry entry = entry_by_hand(candidate);
  if (taken.action == Action::kDownload || taken.action == Action::kDefer) entry.rule = taken.rule;
  history_.commit(history_.reserve(std::move(entry)));
}

void Replay::finish(base::WallTime until) {
  pass(until);
  for (auto& [rule, line] : std::exchange(lines_, {})) {
    lines_.try_emplace(rule);  // the first of it is in waiting_ still
    for (Waiting& one : line) decide_again(std::move(one), clock_, false);
  }
}

void Replay::pass(base::WallTime until) {
  clock_ = std::max(clock_, until);
  while (!waiting_.empty() && waiting_.begin()->first <= clock_) settle(waiting_.begin());
}

void Replay::decide(Asked item) {
  if (std::string reason = seen_ ? seen_->reason(item.candidate) : ""; !reason.empty()) {
    Decision none;
    none.reason = std::move(reason);
    return tell_(item.number, none);
  }
  const Decision decision = rules_.decide(item.candidate, history_);
  if (seen_ && decision.action != Action::kDefer) seen_->add(item.candidate);
  for (const AlsoAccepted& also : decision.also) {
    if (also.action == Action::kNotify) history_.commit(history_.reserve(also.entry));
  }
  if (decision.action == Action::kDownload || decision.action == Action::kNotify) {
    const auto ticket = history_.reserve(decision.entry);
    item.fails ? history_.release(ticket) : history_.commit(ticket);
  }
  tell_(item.number, decision);
  if (decision.action != Action::kDefer || !decision.until) return;
  auto keys = entry_by_hand(item.candidate).keys;
  Waiting one{std::move(item), decision.rule, std::move(keys), false};
  if (!decision.waits) {
    const auto [line, is_first] = lines_.try_emplace(one.rule);
    if (!is_first) return line->second.push_back(std::move(one));
    one.first_in_line = true;
  }
  waiting_.emplace(*decision.until, std::move(one));
}

void Replay::decide_again(Waiting one, base::WallTime moment, bool waited) {
  one.item.candidate.moment = moment;
  one.item.candidate.waited = waited;
  decide(std::move(one.item));
}

// What it was deferred for is over: the copy that is preferred to it comes first, and whoever stands behind them next.
void Replay::settle(Waits::iterator first) {
  const base::WallTime moment = first->first;
  Waiting one = std::move(waiting_.extract(first).mapped());
  const std::string rule = one.rule;
  auto better = take_preferred_to(one);
  Line behind;
  const bool line_moves = one.first_in_line || (better && better->first_in_line);
  if (line_moves) behind = std::move(lines_.extract(rule).mapped());
  if (better) decide_again(std::move(*better), moment, true);
  decide_again(std::move(one), moment, false);
  if (behind.empty()) return;
  const auto [line, has_no_first] = lines_.try_emplace(rule);
  if (has_no_first) {
    behind.front().first_in_line = true;
    waiting_.emplace(moment, std::move(behind.front()));
    behind.pop_front();
  }
  line->second.splice(line->second.end(), behind);
}

std::optional<Replay::Waiting> Replay::take_preferred_to(const Waiting& one) {
  if (!rules_.prefers(one.rule)) return std::nullopt;
  auto rank = rules_.preference(one.item.candidate, one.rule);
  const auto is_better = [&](const Waiting& other) {
    if (other.rule != one.rule || !are_copies(one.keys, other.keys)) return false;
    const auto other_rank = rules_.preference(other.item.candidate, one.rule);
    if (other_rank <= rank) return false;
    rank = other_rank;
    return true;
  };
  auto best = waiting_.end();
  for (auto other = waiting_.begin(); other != waiting_.end(); ++other) {
    if (is_better(other->second)) best = other;
  }
  if (const auto line = lines_.find(one.rule); line != lines_.end()) {
    auto best_in_line = line->second.end();
    for (auto other = line->second.begin(); other != line->second.end(); ++other) {
      if (is_better(*other)) best_in_line = other;
    }
    if (best_in_line != line->second.end()) {
      Waiting taken = std::move(*best_in_line);
      line->second.erase(best_in_line);
      return taken;
    }
  }
  if (best == waiting_.end()) return std::nullopt;
  return std::move(waiting_.extract(best).mapped());
}

}  // namespace podswarm::rules

#include "engine/core/announce_queue.h"

#include <cassert>

namespace podswarm::engine {

void AnnounceQueue::add(Ticket ticket, const std::string& name, bool urgent) {
  Host& host = hosts_[name];
  if (host.entries++ == 0) host.name = name;
  const bool is_new = entries_.emplace(ticket, Entry{&host, false}).second;
  assert(is_new);
  (void)is_new;
  const Class which = urgent ? kUrgent : kOther;
  host.waiting[which].push_back(ticket);
  stand_in_line(host, which);
}

void AnnounceQueue::stand_in_line(Host& host, Class which) {
  if (host.in_line[which] || host.waiting[which].empty() || host.under_way >= most_a_host_) return;
  host.in_line[which] = true;
  line_[which].push_back(&host);
}

std::optional<AnnounceQueue::Ticket> AnnounceQueue::next() {
  if (under_way_ >= most_) return std::nullopt;
  for (const Class which : {kUrgent, kOther}) {
    auto& line = line_[which];
    while (!line.empty()) {
      Host& host = *line.front();
      auto& waiting = host.waiting[which];
      while (!waiting.empty() && !entries_.contains(waiting.front())) waiting.pop_front();
      line.pop_front();
      host.in_line[which] = false;
      // It may have used up its share by its urgent ones.
      if (waiting.empty() || host.under_way >= most_a_host_) {
        forget_if_unused(host);
        continue;
      }
      const Ticket ticket = waiting.front();
      waiting.pop_front();
      ++under_way_;
      ++host.under_way;
      entries_[ticket].under_way = true;
      stand_in_line(host, which);
      return ticket;
    }
  }
  return std::nullopt;
}

void AnnounceQueue::remove(Ticket ticket) {
  const auto at = entries_.find(ticket);
  if (at == entries_.end()) return;
  Host& host = *at->second.host;
  const bool was_under_way = at->second.under_way;
  entries_.erase(at);
  --host.entries;
  if (was_under_way) {
    --under_way_;
    --host.under_way;
    stand_in_line(host, kUrgent);
    stand_in_line(host, kOther);
  }
  forget_if_unused(host);
}

void AnnounceQueue::forget_if_unused(Host& host) {
  if (host.entries == 0 && !host.in_line[kUrgent] && !host.in_line[kOther]) hosts_.erase(host.name);
}

}  // namespace podswarm::engine

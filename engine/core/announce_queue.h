// Whose turn it is to speak to a tracker. Thousands of torrents that start at once must neither flood a tracker nor,
// where one is dead, wait behind those that wait for it: so many announces are under way at a time, of which so many to
// one host, and hosts take turns. Who is short of peers goes before who only reports. Sans-IO. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

namespace podswarm::engine {

class AnnounceQueue {
 public:
  using Ticket = std::uint64_t;

  AnnounceQueue(std::size_t most, std::size_t most_a_host) : most_(most), most_a_host_(most_a_host) {}
  AnnounceQueue(const AnnounceQueue&) = delete;
  AnnounceQueue& operator=(const AnnounceQueue&) = delete;

  // Waits from now on. `ticket` is not in the queue.
  void add(Ticket ticket, const std::string& host, bool urgent);
  // The next one that may begin; it counts as under way until it is removed.
  [[nodiscard]] std::optional<Ticket> next();
  // It has ended, or is not wanted any more. Unknown tickets are ignored.
  void remove(Ticket ticket);

  [[nodiscard]] std::size_t under_way() const { return under_way_; }
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  enum Class : std::size_t { kUrgent, kOther, kClasses };
  struct Host {
    std::string name;
    std::deque<Ticket> waiting[kClasses];  // may hold some that were removed
    bool in_line[kClasses] = {};
    std::size_t under_way = 0;
    std::size_t entries = 0;
  };
  struct Entry {
    Host* host = nullptr;
    bool under_way = false;
  };
  void stand_in_line(Host& host, Class which);
  void forget_if_unused(Host& host);

  std::size_t most_;
  std::size_t most_a_host_;
  std::size_t under_way_ = 0;
  std::unordered_map<Ticket, Entry> entries_;
  std::map<std::string, Host> hosts_;
  std::deque<Host*> line_[kClasses];  // hosts that may have a turn
};

}  // namespace podswarm::engine

// Since when a document that is made anew for each request has been as it is: its Last-Modified, for clients that know
// no entity tags. What is forgotten, as by a restart, counts as changed. Thread-safe; time is an argument.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace podswarm::web {

class ChangeTimes {
 public:
  explicit ChangeTimes(std::size_t most = 4096) : most_(most) {}

  [[nodiscard]] std::chrono::sys_seconds since(const std::string& address, const std::string& etag,
                                               std::chrono::sys_seconds now) {
    const std::lock_guard lock(mutex_);
    if (known_.size() >= most_ && !known_.contains(address)) known_.clear();
    auto& entry = known_[address];
    if (entry.etag != etag) entry = {etag, now};
    return entry.at;
  }

 private:
  struct Entry {
    std::string etag;
    std::chrono::sys_seconds at{};
  };
  const std::size_t most_;
  std::mutex mutex_;
  std::map<std::string, Entry> known_;
};

}  // namespace podswarm::web

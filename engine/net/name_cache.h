// What name lookups found, for a while: many torrents have one tracker. Failures are kept too, but briefly. The
// lifetimes of the answers themselves are not known: getaddrinfo does not tell them.
//
// Sans-IO: time is an argument. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "base/clock.h"
#include "engine/net/resolver.h"

namespace podswarm::engine {

class NameCache {
 public:
  static constexpr std::chrono::seconds kKeep{60};
  static constexpr std::chrono::seconds kKeepFailure{5};
  static constexpr std::size_t kMost = 1000;

  // Null when nothing is known; valid until the next put().
  [[nodiscard]] const Lookup* find(const std::string& host, base::SteadyTime now) const;
  void put(const std::string& host, Lookup lookup, base::SteadyTime now);
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  struct Entry {
    Lookup lookup;
    base::SteadyTime until;
  };
  std::map<std::string, Entry> names_;
};

}  // namespace podswarm::engine

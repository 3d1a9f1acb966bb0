// Those who wait for something that only one of them can have at a time: each gets its turn in the order in which they
// came. Network thread.
#pragma once

#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

namespace podswarm::engine {

class TurnList {
 public:
  // `wake` is what take() gives when its turn has come. `who` names the one that waits: one that waits already keeps
  // its place.
  void add(const void* who, std::function<void()> wake) {
    const auto [place, is_new] = places_.try_emplace(who);
    if (is_new) place->second = line_.emplace(line_.end(), who, std::move(wake));
  }
  void remove(const void* who) {
    const auto place = places_.find(who);
    if (place == places_.end()) return;
    line_.erase(place->second);
    places_.erase(place);
  }
  // The next one, who waits no longer. Not when empty.
  [[nodiscard]] std::function<void()> take() {
    auto [who, wake] = std::move(line_.front());
    remove(who);
    return std::move(wake);
  }
  void clear() {
    line_.clear();
    places_.clear();
  }
  [[nodiscard]] bool empty() const { return line_.empty(); }
  [[nodiscard]] std::size_t size() const { return line_.size(); }

 private:
  std::list<std::pair<const void*, std::function<void()>>> line_;
  std::unordered_map<const void*, std::list<std::pair<const void*, std::function<void()>>>::iterator> places_;
};

}  // namespace podswarm::engine

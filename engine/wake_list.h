// Those who wait for something that comes to all at once, such as room in memory: whoever brings it need not look at
// every torrent there is. Network thread.
#pragma once

#include <functional>
#include <map>

namespace podswarm::engine {

class WakeList {
 public:
  // `wake` is called once, by the next wake_all(). `who` names the one that waits: adding it again replaces `wake`.
  void add(const void* who, std::function<void()> wake) { waiting_[who] = std::move(wake); }
  void remove(const void* who) { waiting_.erase(who); }
  // Each in turn; it may wait again.
  void wake_all() {
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      const auto [who, wake] = *at;
      waiting_.erase(at);
      wake();
      at = waiting_.upper_bound(who);
    }
  }

 private:
  std::map<const void*, std::function<void()>> waiting_;
};

}  // namespace podswarm::engine

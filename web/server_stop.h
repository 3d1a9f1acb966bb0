// What a stop of the HTTP server has to know: the requests at work, which it waits for, and the open connections, which
// it cuts. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

namespace podswarm::web {

// Which requests are at work, so that a stop can let them finish.
class Gate {
 public:
  // One request's stay: at work until worked(), then being answered until the end of its life.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(gate), inside_(gate.enter()), working_(inside_) {}
    ~Pass() {
      worked();
      if (inside_) gate_.count_down(gate_.answering_);
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    [[nodiscard]] bool inside() const { return inside_; }
    void worked() {
      if (std::exchange(working_, false)) gate_.count_down(gate_.working_);
    }

   private:
    Gate& gate_;
    bool inside_;
    bool working_;
  };

  // Waits for every handler, and for their answers to be taken, but for these no longer than `grace`: a client that
  // does not read must not keep the daemon from stopping.
  void close_and_wait(std::chrono::milliseconds grace) {
    std::unique_lock lock(mutex_);
    closed_ = true;
    changed_.wait(lock, [this] { return working_ == 0; });
    changed_.wait_for(lock, grace, [this] { return answering_ == 0; });
  }

 private:
  bool enter() {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    ++working_;
    ++answering_;
    return true;
  }
  void count_down(int& count) {
    const std::lock_guard lock(mutex_);
    --count;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  int working_ = 0;
  int answering_ = 0;
};

// The sockets of the connections being served. The descriptors are the caller's; each stays open until it is removed,
// so that shut_all() can hit no other.
class OpenConnections {
 public:
  void add(int fd);
  void remove(int fd);
  // Ends reading and writing on all of them, and on those that are added later.
  void shut_all();

 private:
  std::mutex mutex_;
  std::set<int> fds_;
  bool shut_ = false;
};

}  // namespace podswarm::web

// A web server of many feeds for many_feeds.cc: it listens on every loopback address, so that each of 127.0.0.0/8 is a
// host of its own, and keeps book of what each host is asked: how much at once and when. It runs in a process of its
// own, whose CPU is not the measured one's; what it has seen stands in memory that both share. One thread, epoll.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace podswarm::bench {

// 127.0.H.L, 127.1.H.L …: `number` counts hosts.
[[nodiscard]] std::string host_address(std::size_t number);

enum class Round : int {
  kNotModified,  // 304 to whoever has the validator
  kUnchanged,    // 200 with the same document, whatever validators are sent
  kNewItem,      // 200 with one more item in each document
};

struct ServerPlan {
  std::size_t live_hosts = 0;     // numbers 0 and up
  std::size_t dead_hosts = 0;     // numbers live_hosts and up: they take connections and say nothing
  std::size_t items = 10;         // of a document
  std::size_t item_bytes = 1000;  // or so
};

class FeedServer {
 public:
  static constexpr std::size_t kMaxHosts = 16'384;
  static constexpr std::size_t kMaxAsked = 64;  // requests of a round that a host's times are kept of

  // Starts it; exits the program when it cannot listen.
  explicit FeedServer(const ServerPlan& plan);
  // Ends it.
  ~FeedServer();
  FeedServer(const FeedServer&) = delete;
  FeedServer& operator=(const FeedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // What is seen from now on is counted anew. Nobody may be asking meanwhile.
  void begin(Round round);
  [[nodiscard]] std::uint64_t requests() const { return shared_->requests; }
  [[nodiscard]] std::uint64_t not_modified() const { return shared_->not_modified; }
  [[nodiscard]] std::uint64_t bytes_sent() const { return shared_->bytes_sent; }
  // Seconds, on this machine's steady clock, from the first request of a live host to the last one's answer; hosts
  // below `first` are left out.
  [[nodiscard]] double live_seconds(std::size_t first) const;
  // What was broken by hosts asked more than `at_once` at a time, or more often than `together` requests and one each
  // `spacing_s` (with a second of allowance, as the scheduler's clock has whole ones). A line each.
  [[nodiscard]] std::vector<std::string> violations(int at_once, int together, double spacing_s) const;
  [[nodiscard]] int most_at_once() const;

 private:
  struct Host {
    int now = 0;  // connections
    int most = 0;
    std::size_t asked = 0;
    std::array<double, kMaxAsked> at{};
    double last_answer = 0;
  };
  struct Shared {
    std::atomic<int> round{0};
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> not_modified{0};
    std::atomic<std::uint64_t> bytes_sent{0};
    std::uint64_t generation = 0;  // of new items
    std::array<Host, kMaxHosts> hosts;
  };
  class Loop;

  ServerPlan plan_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  Shared* shared_ = nullptr;
  pid_t child_ = -1;
};

}  // namespace podswarm::bench

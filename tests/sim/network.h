// Hosts with an uplink and a downlink of their own, and byte streams between them as TCP gives them: a bounded send
// buffer, a window of unacknowledged bytes that opens from a slow start, latency with jitter, order. The streams of a
// host take turns on its uplink, segment by segment.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>

#include "base/bytes.h"
#include "engine/core/endpoint.h"
#include "engine/core/small_random.h"
#include "tests/sim/event_queue.h"

namespace podswarm::engine::sim {

struct LinkSpeed {
  double up_bytes_per_s = 1e6;
  double down_bytes_per_s = 100e6;
  std::chrono::microseconds latency{10'000};  // between the host and the middle of the network
  std::chrono::microseconds jitter{2'000};    // at most, on top
};

class Network;
class Host;

// One end of a connection.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  static constexpr std::size_t kSendBuffer = 128 * 1024;
  static constexpr std::size_t kFirstWindow = 14'600;
  static constexpr std::size_t kMostWindow = 6u << 20;

  std::function<void(base::ByteView)> on_bytes;
  std::function<void()> on_writable;  // after a write() that took less than was offered
  std::function<void()> on_closed;    // by the other end, or by the network

  // Takes what there is room for, and says how much.
  std::size_t write(base::ByteView bytes);
  // What was written is lost as far as it has not left; the other end hears of it.
  void close();
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] const Endpoint& remote() const { return remote_; }

 private:
  friend class Network;
  friend class Host;
  [[nodiscard]] std::size_t unsent() const { return buffer_.size() - begin_; }
  [[nodiscard]] bool can_transmit() const { return !closed_ && unsent() > 0 && in_flight_ < window_; }
  // The next bytes for the network.
  [[nodiscard]] base::Bytes take(std::size_t most);
  void drop();

  Network* network_ = nullptr;
  Host* host_ = nullptr;
  std::weak_ptr<Stream> other_;
  Endpoint remote_;
  base::Bytes buffer_;
  std::size_t begin_ = 0;  // bytes before it have left
  std::size_t in_flight_ = 0;
  std::size_t window_ = kFirstWindow;
  base::SteadyTime last_arrival_{};  // at the other end: nothing overtakes
  bool wants_to_write_ = false;
  bool queued_ = false;  // waits for its turn on the uplink
  bool closed_ = false;
};

using StreamRef = std::shared_ptr<Stream>;

class Host {
 public:
  Host(Network& network, const Endpoint& endpoint, LinkSpeed speed)
      : network_(network), endpoint_(endpoint), speed_(speed) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Somebody calls; without a taker calls are refused.
  std::function<void(StreamRef)> on_accept;
  // Calls from here come from another port than the one that it listens on.
  void connect(const Endpoint& to, std::function<void(StreamRef)> then);
  // All connections break, and nobody reaches it any more.
  void vanish();
  // Breaks each connection of the host.
  void break_connections();

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] const LinkSpeed& speed() const { return speed_; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }

 private:
  friend class Network;
  friend class Stream;
  void want_turn(const StreamRef& stream);
  void transmit();

  Network& network_;
  Endpoint endpoint_;
  LinkSpeed speed_;
  std::deque<StreamRef> turns_;
  bool transmitting_ = false;
  base::SteadyTime down_free_{};
  std::uint64_t sent_ = 0;
  std::vector<std::weak_ptr<Stream>> streams_;
  std::uint16_t next_port_ = 40'000;
  bool gone_ = false;
};

class Network {
 public:
  Network(EventQueue& events, std::uint64_t seed) : events_(events), random_(seed) {}

  // Addresses differ. The host lives as long as the network.
  Host& add(const Endpoint& endpoint, LinkSpeed speed);
  [[nodiscard]] EventQueue& events() { return events_; }
  // Of everything that went over the network, and when: the same for the same run.
  [[nodiscard]] std::uint64_t digest() const { return digest_; }

 private:
  friend class Host;
  friend class Stream;
  [[nodiscard]] std::chrono::microseconds latency(const Host& a, const Host& b);
  void note(std::uint64_t what);

  EventQueue& events_;
  SmallRandom random_;
  std::unordered_map<Endpoint, std::unique_ptr<Host>, EndpointHasher> hosts_;
  std::uint64_t digest_ = 0xcbf29ce484222325u;
};

}  // namespace podswarm::engine::sim

// The connections of one torrent: whom to call, whom to take, and the exchange's wishes carried to the sockets at the
// end of each event. Network thread.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/core/peer_book.h"
#include "engine/core/swarm.h"
#include "engine/net/peer_connection.h"
#include "engine/services.h"

namespace podswarm::engine {

class PeerSet final : private PeerConnectionHost {
 public:
  // `swarm` is the torrent's exchange. All references outlive it.
  PeerSet(Services& services, Swarm& swarm, const PeerCore::Setup& setup, std::uint64_t torrent);
  ~PeerSet();
  PeerSet(const PeerSet&) = delete;
  PeerSet& operator=(const PeerSet&) = delete;

  // The files, once there are any: what peers ask for is read from there.
  void set_data(TorrentDataRef data) { data_ = std::move(data); }
  // `handler` is told of pieces that we should have and the disk does not give; not from within the exchange.
  void on_unreadable(std::function<void(std::uint32_t piece)> handler) { on_unreadable_ = std::move(handler); }
  // Bytes a second, 0 = none, and connections. What is too many ends at once.
  void set_limits(std::uint64_t up, std::uint64_t down, std::size_t max_peers);
  // Shared with whatever else the torrent receives from.
  [[nodiscard]] Throttle& down_limit() { return limits().down; }

  // Addresses that are not public are passed over from now on, but for a user's own.
  void public_only() { public_only_ = true; }
  void add_address(const Endpoint& endpoint, PeerBook::Source source);
  // The torrent is private (BEP 27): who is known by a magnet link, by other peers or from an earlier run is forgotten,
  // and not spoken to any more. Whoever called us knows us by the tracker, for all we can tell. Not from within the
  // exchange.
  void trackers_only();
  // Calls as many peers as there is room for.
  void connect();
  // A peer called us. `received` is the beginning of its handshake.
  void accept(std::unique_ptr<Transport> transport, base::Bytes received);
  // How useful a connection is: the lowest is the first to go. Among equals, BEP 40 decides.
  struct Worth {
    Swarm::Worth exchange;
    std::uint32_t priority = 0;
    auto operator<=>(const Worth&) const = default;
  };
  // The lowest first.
  [[nodiscard]] std::vector<std::pair<Worth, PeerKey>> by_worth() const;
  // For want of room; whoever it was is not called again soon. Nobody is called instead. Not from within the exchange.
  void disconnect(PeerKey key);
  // No calls are made or taken from now on; all connections end.
  void close();
  // After close(): calls are taken again.
  void open();
  // Once, when uploaded() has come to be so much; must not close() from within. Nothing: never.
  void tell_when_uploaded(std::optional<std::uint64_t> bytes, std::function<void()> tell);

  // ---- the exchange's wishes ----

  void attend(PeerCore& peer);
  void ban(const Endpoint& endpoint);
  // What peers had nothing for us a while ago may have what is missing now.
  void call_again();
  // Data that was waited for may be there.
  void flush_uploads();
  // There is memory to receive into again.
  void resume_reading();

  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  [[nodiscard]] const PeerBook& book() const { return book_; }
  [[nodiscard]] std::uint64_t downloaded() const { return down_.total(); }
  [[nodiscard]] std::uint64_t uploaded() const { return up_.total(); }
  [[nodiscard]] double down_rate(base::SteadyTime now) const { return down_.bytes_per_s(now); }
  [[nodiscard]] double up_rate(base::SteadyTime now) const { return up_.bytes_per_s(now); }

 private:
  // PeerConnectionHost
  void on_received(PeerConnection& connection, base::ByteView bytes, const ChunkRef& chunk) override;
  void on_sent(std::size_t payload) override;
  void on_lost(PeerConnection& connection) override;
  void on_no_memory(PeerConnection& connection) override;
  [[nodiscard]] bool has_piece(std::uint32_t piece) const override;
  BlockCache::State read_block(const BlockRef& block, std::vector<Slice>& out) override;
  void read_ahead(const BlockRef& block) override;

  struct Limits {
    explicit Limits(TimerQueue& timers) : up(timers, up_bucket), down(timers, down_bucket) {}
    TokenBucket up_bucket;
    TokenBucket down_bucket;
    Throttle up;
    Throttle down;
  };
  [[nodiscard]] Limits& limits();
  [[nodiscard]] bool has_room() const;
  // While there is no room: ends a connection that a newcomer at `endpoint` is to be preferred to, if there is one.
  [[nodiscard]] bool make_room_for(const Endpoint& endpoint);
  // The same for whoever the book would have us call.
  void replace_useless(base::SteadyTime now);
  void add(std::unique_ptr<Transport> transport, bool outgoing, base::Bytes received);
  void settle_later();
  void settle();
  void drop(PeerKey key);
  void end(PeerKey key);

  Services& services_;
  Swarm& swarm_;
  PeerCore::Setup setup_;
  std::uint64_t torrent_;
  TorrentDataRef data_;
  std::function<void(std::uint32_t piece)> on_unreadable_;
  PeerBook book_;
  std::unique_ptr<Limits> limits_;  // once there was something to be limited
  std::unordered_map<PeerKey, std::shared_ptr<PeerConnection>> connections_;
  std::vector<PeerKey> attended_;    // to be looked at, may hold one twice
  std::vector<PeerKey> starved_;     // of memory
  bool settling_ = false;            // settle() is posted
  base::SteadyTime called_again_{};  // when call_again() was
  std::size_t calls_ = 0;            // under way
  std::size_t max_peers_;
  base::SteadyTime next_replacement_{};
  bool closed_ = false;
  bool public_only_ = false;
  RateMeter down_;
  RateMeter up_;
  std::uint64_t mark_ = std::numeric_limits<std::uint64_t>::max();  // of uploaded()
  std::function<void()> on_mark_;
  TimerQueue::Alarm call_alarm_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace podswarm::engine

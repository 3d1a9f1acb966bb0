// An honest client: the exchange, the address book and the tracker list of the engine in a shell of simulated streams,
// as PeerSet and PeerConnection are one of sockets. What it sends can be tampered with, to make it a bad one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/core/peer_book.h"
#include "engine/core/swarm.h"
#include "engine/core/tracker_list.h"
#include "tests/sim/network.h"
#include "tests/sim/torrent.h"
#include "tests/sim/tracker.h"

namespace podswarm::engine::sim {

class Node final : private SwarmHost {
 public:
  struct Options {
    std::optional<Bitfield> have;  // nothing at first
    bool upload_scarce = false;
    std::size_t max_peers = 50;
    std::size_t upload_slots = 8;
    std::vector<std::vector<std::string>> trackers;
    std::uint64_t seed = 1;
    std::optional<Endpoint> endpoint;  // else one in a network of its own
    // What it does with a peer's request; kServe where there is none.
    enum class Answer { kServe, kCorrupt, kIgnore, kReject, kTwice };
    std::function<Answer(const BlockRef&, const PeerCore&)> answer;
    // Chokes or unchokes each peer by chance, so often; 0 = never.
    std::chrono::milliseconds choke_pause{0};
  };

  Node(EventQueue& events, Host& host, const SimTorrent& torrent, TrackerMap& trackers, Options options);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Begins to announce itself.
  void start();
  void add_address(const Endpoint& endpoint) {
    book_.add(endpoint, PeerBook::Source::kTracker);
    connect();
  }
  // It is gone, without a word.
  void leave();

  [[nodiscard]] const Swarm& swarm() const { return swarm_; }
  [[nodiscard]] Host& host() { return host_; }
  [[nodiscard]] const Endpoint& endpoint() const { return host_.endpoint(); }
  [[nodiscard]] const PeerId& peer_id() const { return peer_id_; }
  [[nodiscard]] bool complete() const { return swarm_.complete(); }
  [[nodiscard]] double completed_at() const { return completed_at_; }  // seconds; 0 = not yet
  [[nodiscard]] double first_piece_at() const { return first_piece_at_; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }          // payload
  [[nodiscard]] std::uint64_t received() const { return received_; }  // payload, whatever it was worth
  [[nodiscard]] const std::set<Endpoint>& banned() const { return banned_; }
  [[nodiscard]] std::size_t announces() const { return announces_; }
  [[nodiscard]] const PeerBook& book() const { return book_; }
  // Its connection with that one; null if there is none.
  [[nodiscard]] const PeerCore* peer(const Node& other) const;

 private:
  struct Connection {
    StreamRef stream;
    std::unique_ptr<PeerCore> core;
    ChunkRef chunk;
    std::size_t used = 0;
  };
  // What is known of a piece that is not verified.
  struct Stored {
    std::uint32_t blocks = 0;
    std::vector<base::Bytes> bad;  // by block; empty: as it should be
  };

  // SwarmHost
  void attend(PeerCore& peer) override;
  void store(const BlockRef& block, std::vector<Slice> data) override;
  void got_metadata(MetadataFetch::Candidate) override {}
  void got_peers(std::span<const PexPeer> peers) override;
  void got_own_address(const Endpoint&, const Endpoint&) override {}
  void ban(const Endpoint& endpoint) override;
  void wake_at(base::SteadyTime at) override;

  void connect();
  void add(const StreamRef& stream, bool outgoing);
  void receive(PeerKey key, base::ByteView bytes);
  void flush(Connection& connection);
  void serve(Connection& connection);
  void settle();
  void drop(PeerKey key);
  void judge(std::uint32_t piece);
  void choke_at_whim();
  void announce();

  EventQueue& events_;
  Host& host_;
  const SimTorrent& torrent_;
  TrackerMap& trackers_;
  Options options_;
  PeerId peer_id_{};
  ChunkPool pool_{256u << 20};
  PeerBook book_;
  std::unique_ptr<TrackerList> tracker_list_;
  std::map<PeerKey, Connection> connections_;
  Swarm swarm_;
  std::map<std::uint32_t, Stored> stored_;
  std::set<PeerKey> attended_;
  std::set<Endpoint> banned_;
  std::optional<base::SteadyTime> wake_;
  std::size_t calls_ = 0;
  std::size_t announces_ = 0;
  SmallRandom whim_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  double completed_at_ = 0;
  double first_piece_at_ = 0;
  bool gone_ = false;
};

}  // namespace podswarm::engine::sim

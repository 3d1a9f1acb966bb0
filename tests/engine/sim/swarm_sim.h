// A swarm of exchanges on simulated links: virtual time, an uplink of its own rate for each node, a latency for all.
// Payload is of the right size but means nothing; pieces pass, unless a node is told to send bad ones.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "engine/core/swarm.h"
#include "engine/core/torrent_writer.h"

namespace podswarm::engine {

class SwarmSim {
 public:
  struct Options {
    std::uint32_t pieces = 64;
    std::uint32_t piece_length = 64 * 1024;
    std::chrono::milliseconds latency{20};
    std::chrono::milliseconds step{5};
    bool super_seed = false;  // seeds have narrow uplinks
    std::uint64_t seed = 1;
  };

  class Node;

  explicit SwarmSim(Options options) : options_(options), random_(options.seed) {
    NewTorrent torrent;
    torrent.name = "simulated";
    torrent.piece_length = options.piece_length;
    torrent.length = std::uint64_t{options.pieces} * options.piece_length;
    torrent.pieces.assign(std::size_t{options.pieces} * 20, 'x');
    metainfo_ = std::make_unique<Metainfo>(*Metainfo::parse(encode_torrent(torrent)));
    layout_ = std::make_unique<FileLayout>(*metainfo_);
    payload_ = pool_.acquire(ChunkPool::kLarge);
  }

  // A node that has all or nothing. `up_bytes_per_s` is its uplink. `bad`: what it sends fails verification.
  Node& add(bool complete, double up_bytes_per_s, bool bad = false);
  void connect(Node& caller, Node& called);
  void connect_all() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      for (std::size_t k = i + 1; k < nodes_.size(); ++k) connect(*nodes_[k], *nodes_[i]);
    }
  }
  // Until every node that is not bad is complete; false when that took longer than `most`.
  bool run(std::chrono::seconds most);

  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(now_ - kStart).count(); }
  [[nodiscard]] std::uint64_t size() const { return layout_->total_size(); }
  [[nodiscard]] const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }

 private:
  static constexpr base::SteadyTime kStart{std::chrono::hours(1000)};
  void step();

  Options options_;
  SmallRandom random_;
  base::SteadyTime now_ = kStart;
  std::unique_ptr<Metainfo> metainfo_;
  std::unique_ptr<FileLayout> layout_;
  ChunkPool pool_{1 << 20};
  ChunkRef payload_;
  std::vector<std::unique_ptr<Node>> nodes_;
  friend class Node;
};

class SwarmSim::Node final : private SwarmHost {
 public:
  Node(SwarmSim& sim, std::size_t index, bool complete, double up, bool bad)
      : sim_(sim), index_(index), up_(up), bad_(bad), swarm_(options(sim, index), *this) {
    swarm_.set_upload_scarce(complete && sim.options_.super_seed);
    swarm_.set_metadata(*sim.layout_, sim.metainfo_->info, false);
    swarm_.set_have(Bitfield(sim.layout_->piece_count(), complete), sim.now_);
  }

  [[nodiscard]] bool complete() const { return swarm_.complete(); }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] double completed_at() const { return completed_at_; }
  [[nodiscard]] std::uint64_t wasted() const { return swarm_.wasted(); }
  [[nodiscard]] const std::set<Endpoint>& banned() const { return banned_; }
  [[nodiscard]] Endpoint endpoint() const {
    return Endpoint::v4({10, 0, static_cast<std::uint8_t>(index_ >> 8), static_cast<std::uint8_t>(index_)}, 6881);
  }

 private:
  friend class SwarmSim;
  struct Flight {
    base::SteadyTime at;
    base::Bytes bytes;
  };
  struct Link {
    std::unique_ptr<PeerCore> core;
    Node* other = nullptr;
    PeerKey other_key = kNoPeer;
    std::deque<Flight> arriving;
  };

  static Swarm::Options options(SwarmSim& sim, std::size_t index) {
    Swarm::Options made;
    made.info_hash = sim.metainfo_->info_hash();
    made.our_id[0] = static_cast<std::uint8_t>(index + 1);
    made.our_id[1] = static_cast<std::uint8_t>((index + 1) >> 8);
    made.seed = sim.random_();
    return made;
  }

  // SwarmHost
  void attend(PeerCore&) override {}
  void store(const BlockRef& block, std::vector<Slice>) override {
    const std::uint32_t blocks = (sim_.layout_->piece_size(block.piece) + kBlockSize - 1) / kBlockSize;
    if (++stored_[block.piece] == blocks) verdicts_.push_back(block.piece);
  }
  void got_metadata(base::Bytes) override {}
  void got_peers(std::span<const PexPeer>) override {}
  void got_own_address(const Endpoint&, const Endpoint&) override {}
  void ban(const Endpoint& endpoint) override { banned_.insert(endpoint); }
  void wake_at(base::SteadyTime at) override { wake_ = std::min(wake_, at); }

  PeerKey open(Node& other, bool outgoing) {
    PeerCore::Setup setup;
    setup.key = swarm_.next_key();
    setup.info_hash = sim_.metainfo_->info_hash();
    setup.our_id = options_id();
    setup.endpoint = other.endpoint();
    setup.outgoing = outgoing;
    Link& link = links_[setup.key];
    link.core = std::make_unique<PeerCore>(setup, swarm_.peer_host(), sim_.now_);
    link.other = &other;
    swarm_.add(*link.core, sim_.now_);
    return setup.key;
  }
  [[nodiscard]] PeerId options_id() const {
    PeerId id{};
    id[0] = static_cast<std::uint8_t>(index_ + 1);
    id[1] = static_cast<std::uint8_t>((index_ + 1) >> 8);
    return id;
  }

  void receive() {
    for (auto& [key, link] : links_) {
      while (!link.arriving.empty() && link.arriving.front().at <= sim_.now_ && !link.core->closed()) {
        const base::Bytes bytes = std::move(link.arriving.front().bytes);
        link.arriving.pop_front();
        const std::uint64_t before = link.core->download().total();
        sender_is_bad_ = link.other->bad_;
        swarm_.receive(*link.core, bytes, sim_.payload_, sim_.now_);
        if (sender_is_bad_ && link.core->download().total() > before) tainted_ = true;
        judge();
      }
    }
  }
  // A bad node's blocks spoil every piece they are in.
  void judge() {
    for (const std::uint32_t piece : std::exchange(verdicts_, {})) {
      stored_.erase(piece);
      if (std::exchange(tainted_, false) && sender_is_bad_) {
        swarm_.piece_failed(piece, sim_.now_);
      } else {
        swarm_.piece_passed(piece, sim_.now_);
      }
    }
    if (complete() && completed_at_ == 0) completed_at_ = sim_.seconds();
  }

  // Spends the uplink of one step, link by link in turn.
  void send(double seconds) {
    budget_ = std::min(budget_ + up_ * seconds, up_ * 0.1);
    std::vector<Link*> links;
    for (auto& [key, link] : links_) links.push_back(&link);
    if (links.empty()) return;
    std::rotate(links.begin(), links.begin() + static_cast<std::ptrdiff_t>(turn_++ % links.size()), links.end());
    for (Link* link : links) {
      // Messages cost nothing, blocks a block each.
      push(*link);
    }
    for (bool any = true; any && budget_ > 0;) {
      any = false;
      for (Link* link : links) {
        PeerCore& core = *link->core;
        if (budget_ <= 0 || core.closed() || core.uploads().empty()) continue;
        const BlockRef block = core.uploads().front().block;
        if (!swarm_.have().test(block.piece)) {
          core.refuse(block);
          continue;
        }
        core.answer(block, {{sim_.payload_, base::ByteView(sim_.payload_->data(), block.length)}});
        budget_ -= block.length;
        sent_ += block.length;
        any = true;
        push(*link);
      }
    }
  }
  void push(Link& link) {
    SendQueue& output = link.core->output();
    if (output.empty() || link.core->closed()) return;
    base::Bytes bytes;
    while (!output.empty()) {
      base::ByteView parts[16];
      const std::size_t count = output.gather(parts);
      std::size_t size = 0;
      for (std::size_t i = 0; i < count; ++i) {
        bytes.insert(bytes.end(), parts[i].begin(), parts[i].end());
        size += parts[i].size();
      }
      link.core->on_sent(output.consume(size), sim_.now_);
    }
    link.other->links_[link.other_key].arriving.push_back({sim_.now_ + sim_.options_.latency, std::move(bytes)});
  }

  void tick() {
    if (sim_.now_ < wake_) return;
    wake_ = base::SteadyTime::max();
    if (const auto next = swarm_.tick(sim_.now_)) wake_ = std::min(wake_, *next);
  }
  // Both ends of what one of them closed.
  void drop_closed() {
    for (auto at = links_.begin(); at != links_.end();) {
      if (!at->second.core->closed()) {
        ++at;
        continue;
      }
      Link& link = at->second;
      const auto far = link.other->links_.find(link.other_key);
      if (far != link.other->links_.end()) far->second.core->close("the other end closed");
      swarm_.remove(*link.core, sim_.now_);
      at = links_.erase(at);
    }
  }

  SwarmSim& sim_;
  std::size_t index_;
  double up_;
  bool bad_;
  Swarm swarm_;
  std::map<PeerKey, Link> links_;
  std::map<std::uint32_t, std::uint32_t> stored_;  // blocks of each piece
  std::vector<std::uint32_t> verdicts_;
  std::set<Endpoint> banned_;
  base::SteadyTime wake_ = base::SteadyTime::max();
  double budget_ = 0;
  std::size_t turn_ = 0;
  std::uint64_t sent_ = 0;
  double completed_at_ = 0;
  bool tainted_ = false;
  bool sender_is_bad_ = false;
};

inline SwarmSim::Node& SwarmSim::add(bool complete, double up_bytes_per_s, bool bad) {
  nodes_.push_back(std::make_unique<Node>(*this, nodes_.size(), complete, up_bytes_per_s, bad));
  return *nodes_.back();
}

inline void SwarmSim::connect(Node& caller, Node& called) {
  const PeerKey near = caller.open(called, true);
  const PeerKey far = called.open(caller, false);
  caller.links_[near].other_key = far;
  called.links_[far].other_key = near;
}

inline void SwarmSim::step() {
  now_ += options_.step;
  for (const auto& node : nodes_) node->receive();
  for (const auto& node : nodes_) node->tick();
  for (const auto& node : nodes_) node->send(std::chrono::duration<double>(options_.step).count());
  for (const auto& node : nodes_) node->drop_closed();
  for (const auto& node : nodes_) node->drop_closed();
}

inline bool SwarmSim::run(std::chrono::seconds most) {
  const base::SteadyTime end = now_ + most;
  while (now_ < end) {
    step();
    bool all = true;
    for (const auto& node : nodes_) all = all && (node->complete() || node->bad_);
    if (all) return true;
  }
  return false;
}

}  // namespace podswarm::engine

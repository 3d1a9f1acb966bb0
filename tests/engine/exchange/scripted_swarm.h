// An exchange whose peers are played by a test, message by message, in virtual time.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/swarm.h"
#include "engine/core/torrent_writer.h"

namespace podswarm::engine {

// A message that the exchange sent.
struct SentMessage {
  WireEvent::Kind kind = WireEvent::Kind::kKeepAlive;
  BlockRef block;
  std::uint8_t extended_id = 0;
  base::Bytes data;
};

class ScriptedSwarm final : public SwarmHost {
 public:
  static constexpr std::uint32_t kPiece = 32 * 1024;  // two blocks
  using Kind = WireEvent::Kind;

  class Peer {
   public:
    // ---- what the peer says ----
    void say(base::ByteView bytes) { swarm_.feed(*this, bytes); }
    template <std::size_t N>
    void say(const std::array<std::uint8_t, N>& message) {
      say(base::ByteView(message));
    }
    void handshake(bool fast = true) {
      Handshake handshake;
      handshake.info_hash = swarm_.info_hash();
      handshake.peer_id.fill(static_cast<std::uint8_t>(100 + core_->key()));
      handshake.fast = fast;
      say(encode_handshake(handshake));
    }
    void has(const Bitfield& pieces) {
      base::Bytes message;
      append_bitfield(message, pieces);
      say(message);
    }
    void extensions(const ExtensionHandshake& handshake) { extended(0, encode_extension_handshake(handshake)); }
    void extended(std::uint8_t id, base::ByteView payload) {
      base::Bytes message;
      append_extended(message, id, payload);
      say(message);
    }
    // A block of anything.
    void give(const BlockRef& block) {
      say(encode_piece_header(block));
      say(base::Bytes(block.length, 'x'));
    }

    // ---- what it hears ----
    // Everything that was sent since the last call; the handshake is left out.
    std::vector<SentMessage> heard();
    std::vector<SentMessage> heard(Kind kind) {
      std::vector<SentMessage> all = heard();
      std::erase_if(all, [kind](const SentMessage& message) { return message.kind != kind; });
      return all;
    }
    [[nodiscard]] PeerCore& core() { return *core_; }

   private:
    friend class ScriptedSwarm;
    Peer(ScriptedSwarm& swarm, const PeerCore::Setup& setup)
        : swarm_(swarm), core_(std::make_unique<PeerCore>(setup, swarm.swarm_->peer_host(), swarm.now)) {}
    ScriptedSwarm& swarm_;
    std::unique_ptr<PeerCore> core_;
    WireDecoder decoder_;
    std::size_t handshake_left_ = kHandshakeSize;
  };

  enum class Knows { kTorrent, kPrivateTorrent, kNothing };
  explicit ScriptedSwarm(std::uint32_t pieces, Knows knows = Knows::kTorrent) {
    NewTorrent torrent;
    torrent.name = "scripted";
    torrent.piece_length = kPiece;
    torrent.length = std::uint64_t{pieces} * kPiece;
    torrent.pieces.assign(std::size_t{pieces} * 20, 'x');
    metainfo_ = std::make_unique<Metainfo>(*Metainfo::parse(encode_torrent(torrent)));
    layout_ = std::make_unique<FileLayout>(*metainfo_);
    Swarm::Options options;
    options.info_hash = info_hash();
    options.our_id.fill(1);
    options.seed = 1;
    swarm_ = std::make_unique<Swarm>(options, *this);
    if (knows != Knows::kNothing) swarm_->set_metadata(*layout_, metainfo_->info, knows == Knows::kPrivateTorrent);
    chunk_ = pool_.acquire(ChunkPool::kLarge);
  }
  ~ScriptedSwarm() {
    for (const auto& peer : peers_) swarm_->remove(peer->core(), now);
  }

  [[nodiscard]] InfoHash info_hash() const { return metainfo_->info_hash(); }
  [[nodiscard]] base::ByteView info() const { return metainfo_->info; }
  Swarm& operator*() { return *swarm_; }
  Swarm* operator->() { return swarm_.get(); }
  [[nodiscard]] Bitfield pieces(std::initializer_list<std::uint32_t> some) const {
    Bitfield made(layout_->piece_count());
    for (const std::uint32_t piece : some) made.set(piece);
    return made;
  }
  [[nodiscard]] Bitfield all() const { return Bitfield(layout_->piece_count(), true); }

  Peer& connect(const char* address = "80.4.4.200") {
    PeerCore::Setup setup;
    setup.key = swarm_->next_key();
    setup.info_hash = info_hash();
    setup.our_id.fill(1);
    setup.endpoint = *parse_endpoint(address, 6881);
    setup.outgoing = true;
    peers_.push_back(std::unique_ptr<Peer>(new Peer(*this, setup)));
    swarm_->add(peers_.back()->core(), now);
    return *peers_.back();
  }
  void disconnect(Peer& peer) {
    swarm_->remove(peer.core(), now);
    std::erase_if(peers_, [&peer](const auto& other) { return other.get() == &peer; });
  }
  // Time passes; the exchange is called when it asked for it.
  void wait(std::chrono::milliseconds time) {
    const base::SteadyTime end = now + time;
    while (wake <= end) {
      now = std::max(now, std::exchange(wake, base::SteadyTime::max()));
      if (const auto next = swarm_->tick(now)) wake = std::min(wake, *next);
    }
    now = end;
  }

  base::SteadyTime now{std::chrono::hours(1000)};
  base::SteadyTime wake = base::SteadyTime::max();
  std::vector<BlockRef> stored;
  std::vector<PexPeer> learnt;
  std::vector<MetadataFetch::Candidate> candidates;  // to be hashed
  std::vector<Endpoint> own;

 private:
  friend class Peer;
  void feed(Peer& peer, base::ByteView bytes) { swarm_->receive(*peer.core_, bytes, chunk_, now); }

  // SwarmHost
  void attend(PeerCore&) override {}
  void store(const BlockRef& block, std::vector<Slice>) override { stored.push_back(block); }
  void got_metadata(MetadataFetch::Candidate info) override { candidates.push_back(std::move(info)); }
  void got_peers(std::span<const PexPeer> peers) override { learnt.insert(learnt.end(), peers.begin(), peers.end()); }
  void got_own_address(const Endpoint&, const Endpoint& address) override { own.push_back(address); }
  void ban(const Endpoint&) override {}
  void wake_at(base::SteadyTime at) override { wake = std::min(wake, at); }

  std::unique_ptr<Metainfo> metainfo_;
  std::unique_ptr<FileLayout> layout_;
  ChunkPool pool_{1 << 20};
  ChunkRef chunk_;
  std::unique_ptr<Swarm> swarm_;
  std::vector<std::unique_ptr<Peer>> peers_;
};

inline std::vector<SentMessage> ScriptedSwarm::Peer::heard() {
  base::Bytes bytes;
  SendQueue& output = core_->output();
  while (!output.empty()) {
    base::ByteView parts[16];
    const std::size_t count = output.gather(parts);
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      bytes.insert(bytes.end(), parts[i].begin(), parts[i].end());
      size += parts[i].size();
    }
    core_->on_sent(output.consume(size), swarm_.now);
  }
  base::ByteView rest = bytes;
  const std::size_t skipped = std::min(handshake_left_, rest.size());
  handshake_left_ -= skipped;
  rest = rest.subspan(skipped);
  std::vector<SentMessage> messages;
  for (WireEvent event; decoder_.next(rest, event) == WireDecoder::Step::kEvent;) {
    messages.push_back({event.kind, event.block, event.extended_id, {event.data.begin(), event.data.end()}});
  }
  return messages;
}

}  // namespace podswarm::engine

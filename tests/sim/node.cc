#include "tests/sim/node.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace podswarm::engine::sim {

namespace {

constexpr std::size_t kWatermark = 64 * 1024;  // payload ready to be sent
constexpr std::chrono::milliseconds kHashing{2};
constexpr std::chrono::milliseconds kTrackerTrip{40};
constexpr std::chrono::seconds kTrackerTimeout{30};

PeerId id_of(const Endpoint& endpoint) {
  PeerId id{};
  std::copy_n(endpoint.address.begin(), 16, id.begin());
  base::store_be32(id.data() + 16, endpoint.port);
  return id;
}

Swarm::Options swarm_options(const SimTorrent& torrent, const Endpoint& endpoint, std::uint64_t seed) {
  Swarm::Options options;
  options.info_hash = torrent.metainfo().info_hash();
  options.our_id = id_of(endpoint);
  options.listen_port = endpoint.port;
  options.seed = seed;
  return options;
}

}  // namespace

Node::Node(EventQueue& events, Host& host, const SimTorrent& torrent, TrackerMap& trackers, Options options)
    : events_(events),
      host_(host),
      torrent_(torrent),
      trackers_(trackers),
      options_(std::move(options)),
      peer_id_(id_of(host.endpoint())),
      swarm_(swarm_options(torrent, host.endpoint(), options_.seed), *this),
      whim_(options_.seed) {
  swarm_.set_upload_scarce(options_.upload_scarce);
  swarm_.set_upload_slots(options_.upload_slots, events.now());
  swarm_.set_metadata(torrent.layout(), torrent.metainfo().info, false);
  swarm_.set_have(options_.have.value_or(Bitfield(torrent.layout().piece_count())), events.now());
  host.on_accept = [this](const StreamRef& stream) { add(stream, false); };
}

void Node::start() {
  TrackerList::Options options;
  options.complete = complete();
  tracker_list_ = std::make_unique<TrackerList>(options_.trackers, options, static_cast<std::uint32_t>(options_.seed));
  announce();
  if (options_.choke_pause.count() > 0) choke_at_whim();
}

void Node::leave() {
  gone_ = true;
  host_.vanish();
  host_.on_accept = nullptr;
  while (!connections_.empty()) drop(connections_.begin()->first);
}

// ---- trackers ----

void Node::announce() {
  if (gone_) return;
  for (const auto& due : tracker_list_->due(events_.now())) {
    ++announces_;
    AnnounceRequest request;
    request.info_hash = torrent_.metainfo().info_hash();
    request.peer_id = peer_id_;
    request.port = endpoint().port;
    request.event = due.event;
    request.left = complete() ? 0 : 1;
    const auto tracker = trackers_.find(due.url);
    const auto body = tracker == trackers_.end() ? std::nullopt : tracker->second.announce(request, endpoint());
    const auto trip = body ? base::SteadyTime::duration(kTrackerTrip) : base::SteadyTime::duration(kTrackerTimeout);
    events_.after(trip, [this, which = due.tracker, body] {
      if (gone_) return;
      if (!body) {
        tracker_list_->failed(which, "timed out", events_.now());
      } else if (const auto answer = parse_announce_response(*body); !answer) {
        tracker_list_->failed(which, answer.error().message, events_.now());
      } else {
        tracker_list_->succeeded(which, *answer, events_.now());
        for (const Endpoint& peer : answer->peers) book_.add(peer, PeerBook::Source::kTracker);
        connect();
      }
      announce();
    });
  }
  if (const auto due = tracker_list_->next_due()) {
    events_.at(*due, [this, due = *due] {
      if (tracker_list_->next_due() == due) announce();
    });
  }
}

void Node::got_peers(std::span<const PexPeer> peers) {
  for (const PexPeer& peer : peers) book_.add(peer.endpoint, PeerBook::Source::kExchange);
  events_.after({}, [this] { connect(); });
}

// ---- connections ----

void Node::connect() {
  if (gone_) return;
  const auto now = events_.now();
  while (connections_.size() + calls_ < options_.max_peers) {
    const auto endpoint = book_.next(now);
    if (!endpoint) break;
    ++calls_;
    host_.connect(*endpoint, [this, endpoint = *endpoint](const StreamRef& stream) {
      --calls_;
      if (gone_) return stream ? stream->close() : void();
      if (stream) {
        add(stream, true);
      } else {
        book_.failed(endpoint, events_.now());
      }
      connect();
    });
  }
  const auto due = book_.next_due();
  if (due && connections_.size() + calls_ < options_.max_peers) {
    events_.at(std::max(*due, now + std::chrono::seconds(1)), [this] { connect(); });
  }
}

void Node::add(const StreamRef& stream, bool outgoing) {
  if (gone_ || stream->closed() || book_.is_banned(stream->remote()) ||
      (!outgoing && connections_.size() >= options_.max_peers)) {
    return stream->close();
  }
  PeerCore::Setup setup;
  setup.key = swarm_.next_key();
  setup.info_hash = torrent_.metainfo().info_hash();
  setup.our_id = peer_id_;
  setup.endpoint = stream->remote();
  setup.outgoing = outgoing;
  const PeerKey key = setup.key;
  Connection& connection = connections_[key];
  connection.stream = stream;
  connection.core = std::make_unique<PeerCore>(setup, swarm_.peer_host(), events_.now());
  stream->on_bytes = [this, key](base::ByteView bytes) { receive(key, bytes); };
  stream->on_writable = [this, key] {
    const auto at = connections_.find(key);
    if (at != connections_.end()) flush(at->second);
  };
  stream->on_closed = [this, key] {
    const auto at = connections_.find(key);
    if (at == connections_.end()) return;
    at->second.core->close("the other end closed");
    attend(*at->second.core);
  };
  swarm_.add(*connection.core, events_.now());
  attend(*connection.core);
}

void Node::receive(PeerKey key, base::ByteView bytes) {
  Connection& connection = connections_.at(key);
  PeerCore& core = *connection.core;
  while (!bytes.empty() && !core.closed()) {
    if (connection.chunk && connection.chunk->unique()) connection.used = 0;
    if (!connection.chunk || connection.used == connection.chunk->size()) {
      connection.chunk = pool_.acquire(ChunkPool::kSmall);
      connection.used = 0;
    }
    const std::size_t size = std::min(bytes.size(), connection.chunk->size() - connection.used);
    std::uint8_t* const into = connection.chunk->data() + connection.used;
    std::memcpy(into, bytes.data(), size);
    connection.used += size;
    bytes = bytes.subspan(size);
    const std::uint64_t before = core.download().total();
    const bool was_handshaken = core.handshaken();
    const ChunkRef chunk = connection.chunk;
    swarm_.receive(core, {into, size}, chunk, events_.now());
    received_ += core.download().total() - before;
    if (!was_handshaken && core.handshaken() && core.outgoing()) book_.worked(core.endpoint());
  }
  if (connection.chunk && connection.chunk->unique()) connection.chunk.reset();
  attend(core);
}

void Node::attend(PeerCore& peer) {
  if (attended_.empty()) events_.after({}, [this] { settle(); });
  attended_.insert(peer.key());
}

void Node::settle() {
  for (const PeerKey key : std::exchange(attended_, {})) {
    const auto at = connections_.find(key);
    if (at == connections_.end()) continue;
    flush(at->second);
    if (at->second.core->closed()) drop(key);
  }
}

void Node::drop(PeerKey key) {
  const auto at = connections_.find(key);
  Connection connection = std::move(at->second);
  connections_.erase(at);
  connection.stream->close();
  connection.chunk.reset();
  PeerCore& core = *connection.core;
  const auto now = events_.now();
  if (core.outgoing()) {
    core.handshaken() ? book_.ended(core.endpoint(), core.pointless(), now) : book_.hung_up(core.endpoint(), now);
  }
  if (core.handshaken() && !core.pointless()) book_.connection_lost(core.endpoint(), now);
  swarm_.remove(core, now);
  connect();
}

void Node::ban(const Endpoint& endpoint) {
  banned_.insert(endpoint);
  book_.ban(endpoint);
}

const PeerCore* Node::peer(const Node& other) const {
  for (const auto& [key, connection] : connections_) {
    const PeerCore& core = *connection.core;
    if (core.handshaken() && !core.closed() && core.peer_id() == other.peer_id()) return &core;
  }
  return nullptr;
}

void Node::choke_at_whim() {
  if (gone_) return;
  for (auto& [key, connection] : connections_) {
    if (!connection.core->handshaken() || connection.core->closed()) continue;
    connection.core->send_choke(whim_() % 2 == 0, events_.now());
    attend(*connection.core);
  }
  events_.after(options_.choke_pause, [this] { choke_at_whim(); });
}

// ---- sending ----

void Node::serve(Connection& connection) {
  PeerCore& core = *connection.core;
  const auto data = [this](const BlockRef& block) { return std::vector<Slice>{torrent_.content(block)}; };
  while (core.output().payload_size() < kWatermark && !core.uploads().empty()) {
    const BlockRef block = core.uploads().front().block;
    using Answer = Options::Answer;
    Answer answer = options_.answer ? options_.answer(block, core) : Answer::kServe;
    if (!swarm_.have().test(block.piece)) answer = Answer::kReject;
    switch (answer) {
      case Answer::kServe:
        core.answer(block, data(block));
        break;
      case Answer::kCorrupt: {
        // Another block's bytes in its place.
        const BlockRef other{(block.piece + 1) % torrent_.layout().piece_count(), 0, block.length};
        core.answer(block, data(other));
        break;
      }
      case Answer::kIgnore:
        return;
      case Answer::kReject:
        core.refuse(block);
        break;
      case Answer::kTwice:
        core.answer(block, data(block));
        core.output().append(base::ByteView(encode_piece_header(block)));
        for (Slice& slice : data(block)) core.output().append(std::move(slice));
        break;
    }
  }
}

void Node::flush(Connection& connection) {
  PeerCore& core = *connection.core;
  SendQueue& output = core.output();
  for (bool room = true; room && !core.closed();) {
    serve(connection);
    if (output.empty()) return;
    base::ByteView parts[16];
    const std::size_t count = output.gather(parts);
    std::size_t written = 0;
    for (std::size_t i = 0; i < count && room; ++i) {
      const std::size_t taken = connection.stream->write(parts[i]);
      written += taken;
      room = taken == parts[i].size();
    }
    const std::size_t payload = output.consume(written);
    core.on_sent(payload, events_.now());
    sent_ += payload;
  }
}

// ---- pieces ----

void Node::store(const BlockRef& block, std::vector<Slice> data) {
  const std::uint32_t blocks = (torrent_.layout().piece_size(block.piece) + kBlockSize - 1) / kBlockSize;
  Stored& stored = stored_[block.piece];
  stored.bad.resize(blocks);
  base::Bytes bytes;
  for (const Slice& slice : data) bytes.insert(bytes.end(), slice.bytes.begin(), slice.bytes.end());
  const Slice content = torrent_.content(block);
  const base::ByteView right = content.bytes;
  if (!std::equal(bytes.begin(), bytes.end(), right.begin(), right.end())) {
    stored.bad[block.offset / kBlockSize] = std::move(bytes);
  }
  if (++stored.blocks < blocks) return;
  events_.after(kHashing, [this, piece = block.piece] { judge(piece); });
}

void Node::judge(std::uint32_t piece) {
  const Stored stored = std::move(stored_[piece]);
  stored_.erase(piece);
  if (gone_) return;
  const auto now = events_.now();
  // Digests as of SHA-1, but that those of good blocks are known without.
  std::vector<Sha1Hash> digests(stored.bad.size());
  for (std::size_t i = 0; i < digests.size(); ++i) {
    if (!stored.bad[i].empty()) digests[i] = sha1(stored.bad[i]);
  }
  const bool good = std::all_of(stored.bad.begin(), stored.bad.end(), [](const auto& bytes) { return bytes.empty(); });
  if (good) {
    swarm_.piece_passed(piece, digests, now);
    if (first_piece_at_ == 0) first_piece_at_ = events_.seconds();
    if (complete()) {
      completed_at_ = events_.seconds();
      if (tracker_list_) {
        tracker_list_->completed(now);
        announce();
      }
    }
  } else {
    swarm_.piece_failed(piece, digests, now);
  }
}

// ---- time ----

void Node::wake_at(base::SteadyTime at) {
  if (wake_ && *wake_ <= at) return;
  wake_ = at;
  events_.at(at, [this, at] {
    if (gone_ || wake_ != at) return;
    wake_.reset();
    if (const auto next = swarm_.tick(events_.now())) wake_at(*next);
  });
}

}  // namespace podswarm::engine::sim

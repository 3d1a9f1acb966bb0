#include "engine/net/peer_connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/net/send_watermark.h"

namespace podswarm::engine {

namespace {

constexpr int kReadsATurn = 4;                  // before others get theirs
constexpr double kLargeChunkRate = 512 * 1024;  // bytes/s from which on large chunks are received into
constexpr std::size_t kLeastRoom = 8 * 1024;    // a chunk with less left is not received into
constexpr std::size_t kPartsAtOnce = 64;        // of one writev
constexpr std::size_t kMostATurn = 4u << 20;    // sent before others get their turn
// Requests behind the front one whose data is fetched meanwhile.
constexpr std::array<std::size_t, 4> kReadAhead{16, 32, 48, 64};

base::SteadyTime clock_now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

PeerConnection::PeerConnection(std::unique_ptr<Transport> transport, const PeerCore::Setup& setup, PeerHost& peer_host,
                               const PeerResources& resources, PeerConnectionHost& host)
    : transport_(std::move(transport)),
      core_(setup, peer_host, clock_now()),
      resources_(resources),
      host_(host),
      down_all_turn_([this] { read(); }),
      down_turn_([this] { read(); }),
      up_all_turn_([this] { flush(); }),
      up_turn_([this] { flush(); }) {}

PeerConnection::~PeerConnection() {
  close();
}

void PeerConnection::close() {
  if (closed_) return;
  closed_ = true;
  for (Throttle::Waiter* turn : {&down_all_turn_, &down_turn_, &up_all_turn_, &up_turn_}) turn->leave();
  transport_->close();
  chunk_.reset();
}

void PeerConnection::lose(std::string reason) {
  core_.close(std::move(reason));
  close();
  host_.on_lost(*this);
}

void PeerConnection::start(base::Bytes received) {
  if (!received.empty()) host_.on_received(*this, received, nullptr);
  flush();
  wait_readable();
}

// ---- receiving ----

void PeerConnection::wait_readable() {
  if (closed_ || waits_readable_) return;
  waits_readable_ = true;
  transport_->wait_readable([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->waits_readable_ = false;
    self->read();
  });
}

bool PeerConnection::prepare_chunk() {
  if (chunk_ && chunk_->unique()) used_ = 0;
  if (chunk_ && chunk_->size() - used_ >= kLeastRoom) return true;
  const bool fast = core_.download().bytes_per_s(core_.now()) >= kLargeChunkRate;
  chunk_.reset();
  chunk_ = resources_.chunks.acquire(fast ? ChunkPool::kLarge : ChunkPool::kSmall);
  used_ = 0;
  return chunk_ != nullptr;
}

std::uint64_t PeerConnection::may_receive(base::SteadyTime now) {
  const std::uint64_t own = resources_.down.ask(down_turn_, now);
  return own == 0 ? 0 : std::min(own, resources_.down_all.ask(down_all_turn_, now));
}

std::uint64_t PeerConnection::may_send(base::SteadyTime now) {
  const std::uint64_t own = resources_.up.ask(up_turn_, now);
  return own == 0 ? 0 : std::min(own, resources_.up_all.ask(up_all_turn_, now));
}

void PeerConnection::read() {
  for (int turn = 0; turn < kReadsATurn && !closed_; ++turn) {
    const base::SteadyTime now = clock_now();
    const std::uint64_t allowed = may_receive(now);
    if (allowed == 0) return;
    if (!prepare_chunk()) return host_.on_no_memory(*this);
    const std::size_t room = std::min<std::uint64_t>(chunk_->size() - used_, allowed);
    const std::span<std::uint8_t> into(chunk_->data() + used_, room);
    boost::system::error_code error;
    const std::size_t got = transport_->read(into, error);
    if (error) return lose("the connection ended: " + error.message());
    if (got == 0) break;
    resources_.down_all.take(down_all_turn_, got);
    resources_.down.take(down_turn_, got);
    used_ += got;
    const ChunkRef chunk = chunk_;
    host_.on_received(*this, into.first(got), chunk);
    if (got < room) break;
  }
  if (closed_) return;
  if (chunk_ && chunk_->unique()) chunk_.reset();
  wait_readable();
}

void PeerConnection::resume_reading() {
  if (!closed_ && !waits_readable_ && !down_turn_.waits() && !down_all_turn_.waits()) read();
}

// ---- sending ----

void PeerConnection::wait_writable() {
  if (closed_ || waits_writable_) return;
  waits_writable_ = true;
  transport_->wait_writable([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->waits_writable_ = false;
    self->flush();
  });
}

void PeerConnection::flush() {
  if (closed_ || waits_writable_) return;
  std::size_t sent = 0;
  while (sent < kMostATurn) {
    serve();
    const std::size_t before = core_.output().size();
    if (before == 0) return;
    const bool all = write();
    if (closed_) return;
    sent += before - std::min(before, core_.output().size());
    if (!all) break;
  }
  wait_writable();
}

void PeerConnection::serve() {
  SendQueue& output = core_.output();
  if (core_.uploads().empty()) return;
  const base::SteadyTime now = clock_now();
  const std::size_t watermark = send_watermark(core_.upload().bytes_per_s(now));
  std::vector<Slice> data;
  while (output.payload_size() < watermark && !core_.uploads().empty()) {
    const BlockRef block = core_.uploads().front().block;
    if (!host_.has_piece(block.piece)) {
      core_.refuse(block);
      continue;
    }
    const BlockCache::State state = host_.read_block(block, data);
    if (state == BlockCache::State::kWait) break;
    if (state == BlockCache::State::kFailed) {
      core_.refuse(block);
      continue;
    }
    // What the limit holds back need not be fetched yet.
    if (may_send(now) == 0) return;
    resources_.up_all.take(up_all_turn_, block.length);
    resources_.up.take(up_turn_, block.length);
    core_.answer(block, std::move(data));
  }
  for (const std::size_t ahead : kReadAhead) {
    if (ahead >= core_.uploads().size()) break;
    const BlockRef block = core_.uploads()[ahead].block;
    if (host_.has_piece(block.piece)) host_.read_ahead(block);
  }
}

bool PeerConnection::write() {
  SendQueue& output = core_.output();
  std::array<base::ByteView, kPartsAtOnce> parts;
  while (!output.empty()) {
    const std::size_t count = output.gather(parts);
    std::size_t wanted = 0;
    for (std::size_t i = 0; i < count; ++i) wanted += parts[i].size();
    boost::system::error_code error;
    const std::size_t sent = transport_->write(std::span(parts).first(count), error);
    if (error) {
      lose("the connection ended: " + error.message());
      return false;
    }
    if (sent == 0) return false;
    const std::size_t payload = output.consume(sent);
    core_.on_sent(payload, clock_now());
    if (payload > 0) host_.on_sent(payload);
    if (sent < wanted) return false;
  }
  return true;
}

}  // namespace podswarm::engine

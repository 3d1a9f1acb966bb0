#include "tests/sim/network.h"

#include <algorithm>

namespace podswarm::engine::sim {

namespace {

constexpr std::chrono::seconds kConnectTimeout{15};
// What a link sends in one go.
constexpr double kTurnSeconds = 0.004;
constexpr std::size_t kLeastTurn = 1'460;
constexpr std::size_t kMostTurn = 64 * 1024;

base::SteadyTime::duration seconds(double s) {
  return std::chrono::duration_cast<base::SteadyTime::duration>(std::chrono::duration<double>(s));
}

}  // namespace

// ---- streams ----

std::size_t Stream::write(base::ByteView bytes) {
  if (closed_) return 0;
  const std::size_t taken = std::min(bytes.size(), kSendBuffer - std::min(kSendBuffer, unsent()));
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
  wants_to_write_ = taken < bytes.size();
  host_->want_turn(shared_from_this());
  return taken;
}

void Stream::drop() {
  closed_ = true;
  buffer_.clear();
  begin_ = 0;
  on_bytes = nullptr;
  on_writable = nullptr;
  on_closed = nullptr;
}

base::Bytes Stream::take(std::size_t most) {
  const std::size_t size = std::min({most, unsent(), window_ - in_flight_});
  const auto first = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
  base::Bytes bytes(first, first + static_cast<std::ptrdiff_t>(size));
  begin_ += size;
  in_flight_ += size;
  if (begin_ >= kSendBuffer) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  return bytes;
}

void Stream::close() {
  if (closed_) return;
  drop();
  const StreamRef other = other_.lock();
  if (!other) return;
  const auto when = std::max(last_arrival_, network_->events_.now() + network_->latency(*host_, *other->host_));
  network_->events_.at(when, [other] {
    if (other->closed_) return;
    const auto tell = std::move(other->on_closed);
    other->drop();
    if (tell) tell();
  });
}

// ---- hosts ----

void Host::connect(const Endpoint& to, std::function<void(StreamRef)> then) {
  Endpoint from = endpoint_;
  from.port = ++next_port_;
  const auto callee = network_.hosts_.find(to);
  if (callee == network_.hosts_.end() || callee->second->gone_ || gone_) {
    // Nobody is there to refuse.
    network_.events_.after(kConnectTimeout, [then = std::move(then)] { then(nullptr); });
    return;
  }
  Host& other = *callee->second;
  const auto way = network_.latency(*this, other);
  network_.events_.after(way, [this, &other, from, to, way, then = std::move(then)] {
    const bool taken = other.on_accept != nullptr && !other.gone_ && !gone_;
    StreamRef near;
    if (taken) {
      near = std::make_shared<Stream>();
      const auto far = std::make_shared<Stream>();
      const auto join = [this](Stream& stream, Host& host, const StreamRef& opposite, const Endpoint& remote) {
        stream.network_ = &network_;
        stream.host_ = &host;
        stream.other_ = opposite;
        stream.remote_ = remote;
      };
      join(*near, *this, far, to);
      join(*far, other, near, from);
      // The caller knows that it is connected before anything comes.
      far->last_arrival_ = network_.events_.now() + way + std::chrono::microseconds(1);
      streams_.push_back(near);
      other.streams_.push_back(far);
      other.on_accept(far);
    }
    network_.events_.after(way, [near, then] { then(near); });
  });
}

void Host::break_connections() {
  const auto streams = std::exchange(streams_, {});
  for (const auto& weak : streams) {
    const StreamRef stream = weak.lock();
    if (!stream || stream->closed_) continue;
    const auto tell = stream->on_closed;
    stream->close();
    if (tell) tell();
  }
}

void Host::vanish() {
  gone_ = true;
  break_connections();
}

void Host::want_turn(const StreamRef& stream) {
  if (stream->queued_ || !stream->can_transmit()) return;
  stream->queued_ = true;
  turns_.push_back(stream);
  if (!transmitting_) transmit();
}

void Host::transmit() {
  transmitting_ = false;
  while (!turns_.empty() && !turns_.front()->can_transmit()) {
    turns_.front()->queued_ = false;
    turns_.pop_front();
  }
  if (turns_.empty()) return;
  const StreamRef stream = turns_.front();
  turns_.pop_front();
  stream->queued_ = false;
  const StreamRef other = stream->other_.lock();
  if (!other) return transmit();
  const std::size_t turn =
      std::clamp(static_cast<std::size_t>(speed_.up_bytes_per_s * kTurnSeconds), kLeastTurn, kMostTurn);
  auto bytes = std::make_shared<base::Bytes>(stream->take(turn));
  const std::size_t size = bytes->size();
  sent_ += size;
  transmitting_ = true;
  want_turn(stream);

  EventQueue& events = network_.events_;
  const auto sent_at = events.now() + seconds(static_cast<double>(size) / speed_.up_bytes_per_s);
  Host& to = *other->host_;
  const auto reaches = std::max(sent_at + network_.latency(*this, to), stream->last_arrival_);
  stream->last_arrival_ = reaches;
  network_.note(size);
  events.at(sent_at, [this, stream] {
    if (stream->wants_to_write_ && !stream->closed_) {
      stream->wants_to_write_ = false;
      if (stream->on_writable) stream->on_writable();
    }
    transmit();
  });
  events.at(reaches, [this, stream, other, bytes, &to] {
    EventQueue& queue = network_.events_;
    to.down_free_ =
        std::max(to.down_free_, queue.now()) + seconds(static_cast<double>(bytes->size()) / to.speed_.down_bytes_per_s);
    stream->last_arrival_ = std::max(stream->last_arrival_, to.down_free_);
    queue.at(to.down_free_, [this, stream, other, bytes, &to] {
      network_.note(bytes->size());
      if (!other->closed_ && other->on_bytes) other->on_bytes(*bytes);
      network_.events_.after(network_.latency(*this, to), [this, stream, size = bytes->size()] {
        stream->in_flight_ -= size;
        stream->window_ = std::min(Stream::kMostWindow, stream->window_ + size);
        if (!stream->closed_) want_turn(stream);
      });
    });
  });
}

// ---- the network ----

Host& Network::add(const Endpoint& endpoint, LinkSpeed speed) {
  auto& host = hosts_[endpoint];
  host = std::make_unique<Host>(*this, endpoint, speed);
  return *host;
}

std::chrono::microseconds Network::latency(const Host& a, const Host& b) {
  const auto most = static_cast<std::uint64_t>((a.speed_.jitter + b.speed_.jitter).count());
  const auto extra = std::chrono::microseconds(most == 0 ? 0 : random_() % most);
  return a.speed_.latency + b.speed_.latency + extra;
}

void Network::note(std::uint64_t what) {
  for (const std::uint64_t value : {what, static_cast<std::uint64_t>(events_.now().time_since_epoch().count())}) {
    digest_ = (digest_ ^ value) * 0x100000001b3u;
  }
}

}  // namespace podswarm::engine::sim

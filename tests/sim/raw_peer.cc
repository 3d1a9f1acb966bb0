#include "tests/sim/raw_peer.h"

#include <algorithm>

namespace podswarm::engine::sim {

namespace {

constexpr std::chrono::milliseconds kPause{50};

}  // namespace

RawPeer::RawPeer(EventQueue& events, Host& host, const SimTorrent& torrent, Options options)
    : events_(events), host_(host), options_(std::move(options)), random_(options_.seed) {
  handshake_.info_hash = torrent.metainfo().info_hash();
  for (auto& byte : handshake_.peer_id) byte = static_cast<std::uint8_t>(random_());
  handshake_.fast = options_.fast;
  host.on_accept = [this](const StreamRef& stream) {
    ++calls_;
    add(stream);
  };
}

void RawPeer::call(const Endpoint& endpoint) {
  host_.connect(endpoint, [this](const StreamRef& stream) {
    if (stream && !stream->closed()) add(stream);
  });
}

std::size_t RawPeer::open() const {
  return static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(),
                                                [](const auto& connection) { return !connection->stream->closed(); }));
}

void RawPeer::add(const StreamRef& stream) {
  const auto& connection = connections_.emplace_back(std::make_shared<Connection>());
  connection->stream = stream;
  connection->since = events_.seconds();
  append(connection->unsent, encode_handshake(handshake_));
  stream->on_closed = [this, since = connection->since] { longest_ = std::max(longest_, events_.seconds() - since); };
  // A stream begins when both ends know of it.
  events_.after(kPause, [this, connection] { talk(connection); });
}

void RawPeer::talk(const std::shared_ptr<Connection>& held) {
  Connection& connection = *held;
  if (connection.stream->closed()) return;
  if (connection.unsent.empty() || connection.said == 0) {
    const base::Bytes more = options_.say(random_, connection.said++);
    connection.unsent.insert(connection.unsent.end(), more.begin(), more.end());
  }
  const std::size_t taken = connection.stream->write(connection.unsent);
  connection.unsent.erase(connection.unsent.begin(), connection.unsent.begin() + static_cast<std::ptrdiff_t>(taken));
  events_.after(kPause, [this, held] { talk(held); });
}

}  // namespace podswarm::engine::sim

#include "engine/peer_set.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/ip_range.h"

namespace podswarm::engine {

namespace {

base::SteadyTime clock_now() {
  return std::chrono::steady_clock::now();
}

// A goodbye may be on its way to us when more comes to be wanted: so long, it is answered by another call.
constexpr std::chrono::seconds kHaste{5};
constexpr std::chrono::seconds kHastePause{1};
// A connection is given this long to come to something before another may take its place.
constexpr std::chrono::seconds kGrace{60};
// How often room is made for others that could be called.
constexpr std::chrono::seconds kReplacementPause{30};

}  // namespace

PeerSet::PeerSet(Services& services, Swarm& swarm, const PeerCore::Setup& setup, std::uint64_t torrent)
    : services_(services),
      swarm_(swarm),
      setup_(setup),
      torrent_(torrent),
      max_peers_(services.options.max_peers_per_torrent),
      call_alarm_(services.timers, [this] { connect(); }) {}

PeerSet::~PeerSet() {
  close();
}

void PeerSet::set_limits(std::uint64_t up, std::uint64_t down, std::size_t max_peers) {
  if (limits_ || up != 0 || down != 0) {
    const base::SteadyTime now = clock_now();
    limits().up.set_limit(up, now);
    limits().down.set_limit(down, now);
  }
  max_peers_ = max_peers;
  if (closed_) return;
  if (connections_.size() > max_peers_) {
    const auto all = by_worth();
    for (std::size_t i = 0; i < all.size() && connections_.size() > max_peers_; ++i) disconnect(all[i].second);
  }
  connect();
}

PeerSet::Limits& PeerSet::limits() {
  if (!limits_) limits_ = std::make_unique<Limits>(services_.timers);
  return *limits_;
}

bool PeerSet::has_room() const {
  return !closed_ && connections_.size() + calls_ < max_peers_ && services_.connections < services_.options.max_peers;
}

void PeerSet::add_address(const Endpoint& endpoint, PeerBook::Source source) {
  const bool is_users = source == PeerBook::Source::kUser;
  if (public_only_ && !is_users && !base::is_public_address(endpoint.address_bytes())) return;
  if (book_.add(endpoint, source)) connect();
}

void PeerSet::connect() {
  const base::SteadyTime now = clock_now();
  for (auto own : {services_.external.v4(), services_.external.v6()}) {
    if (!own) continue;
    own->port = services_.listen_port;
    book_.set_own(*own);
  }
  if (!has_room()) replace_useless(now);
  while (has_room()) {
    const auto due = book_.next_due();
    if (!due || *due > now) break;
    if (!services_.dialer.has_room()) {
      call_alarm_.cancel();
      return services_.dialer.wait(this, [this] { connect(); });
    }
    const auto endpoint = book_.next(now);
    if (!endpoint) break;
    ++calls_;
    ++services_.connections;
    services_.dialer.dial(*endpoint, [this, endpoint = *endpoint,
                                      alive = std::weak_ptr<char>(alive_)](std::unique_ptr<Transport> transport) {
      if (alive.expired()) return;
      --calls_;
      --services_.connections;
      if (transport && book_.is_in_use(endpoint)) {
        add(std::move(transport), true, {});
      } else if (transport) {
        transport->close();
        connect();
      } else {
        book_.failed(endpoint, clock_now());
        connect();
      }
    });
  }
  const auto due = book_.next_due();
  if (due && !closed_) {
    call_alarm_.set(has_room() ? *due : std::max(*due, next_replacement_));
  } else {
    call_alarm_.cancel();
  }
}

void PeerSet::accept(std::unique_ptr<Transport> transport, base::Bytes received) {
  if (closed_ || book_.is_banned(transport->remote())) return transport->close();
  if (!has_room() && !make_room_for(transport->remote())) return transport->close();
  add(std::move(transport), false, std::move(received));
}

// ---- too many ----

std::vector<std::pair<PeerSet::Worth, PeerKey>> PeerSet::by_worth() const {
  const base::SteadyTime now = clock_now();
  std::vector<std::pair<Worth, PeerKey>> all;
  for (const auto& [key, connection] : connections_) {
    const PeerCore& core = connection->core();
    all.emplace_back(Worth{swarm_.worth(core, now), book_.priority(core.endpoint())}, key);
  }
  std::sort(all.begin(), all.end());
  return all;
}

void PeerSet::disconnect(PeerKey key) {
  const auto at = connections_.find(key);
  if (at == connections_.end()) return;
  at->second->core().close("there was no room for it", true);
  end(key);
}

bool PeerSet::make_room_for(const Endpoint& endpoint) {
  const base::SteadyTime now = clock_now();
  const std::uint32_t priority = book_.priority(endpoint);
  for (const auto& [worth, key] : by_worth()) {
    if (worth.exchange.use == Swarm::Use::kFlowing) break;
    const PeerCore& core = connections_.find(key)->second->core();
    if (core.started() + kGrace > now) continue;
    if (worth.exchange.use != Swarm::Use::kNone && worth.priority >= priority) continue;
    disconnect(key);
    return has_room();
  }
  return false;
}

void PeerSet::replace_useless(base::SteadyTime now) {
  const auto due = book_.next_due();
  if (closed_ || now < next_replacement_ || !due || *due > now) return;
  next_replacement_ = now + kReplacementPause;
  for (const auto& [worth, key] : by_worth()) {
    if (worth.exchange.use != Swarm::Use::kNone) return;
    PeerCore& core = connections_.find(key)->second->core();
    if (core.started() + kGrace > now) continue;
    // Not at once: this may be called from within the exchange.
    core.close("others may be of more use", true);
    return attend(core);
  }
}

void PeerSet::add(std::unique_ptr<Transport> transport, bool outgoing, base::Bytes received) {
  if (closed_) return transport->close();
  PeerCore::Setup setup = setup_;
  setup.key = swarm_.next_key();
  setup.endpoint = transport->remote();
  setup.outgoing = outgoing;
  const PeerResources resources{services_.chunks, services_.up, services_.down, limits().up, limits().down};
  PeerConnectionHost& host = *this;
  const auto connection =
      std::make_shared<PeerConnection>(std::move(transport), setup, swarm_.peer_host(), resources, host);
  connections_.emplace(setup.key, connection);
  ++services_.connections;
  swarm_.add(connection->core(), clock_now());
  connection->start(std::move(received));
}

void PeerSet::close() {
  if (closed_) return;
  closed_ = true;
  services_.unread.remove(this);
  services_.dialer.stop_waiting(this);
  call_alarm_.cancel();
  while (!connections_.empty()) drop(connections_.begin()->first);
  // Calls under way end as expired.
  services_.connections -= calls_;
  calls_ = 0;
  alive_.reset();
}

void PeerSet::open() {
  if (!closed_) return;
  closed_ = false;
  settling_ = false;
  attended_.clear();
  starved_.clear();
  alive_ = std::make_shared<char>();
}

void PeerSet::tell_when_uploaded(std::optional<std::uint64_t> bytes, std::function<void()> tell) {
  mark_ = bytes.value_or(std::numeric_limits<std::uint64_t>::max());
  on_mark_ = std::move(tell);
}

// ---- the exchange's wishes ----

void PeerSet::attend(PeerCore& peer) {
  attended_.push_back(peer.key());
  settle_later();
}

void PeerSet::ban(const Endpoint& endpoint) {
  book_.ban(endpoint);
}

// Once a turn of the event loop, so that what several events have for a peer goes out in one write.
void PeerSet::settle_later() {
  if (settling_ || closed_) return;
  settling_ = true;
  boost::asio::post(services_.io, [this, alive = std::weak_ptr<char>(alive_)] {
    if (alive.expired()) return;
    settling_ = false;
    settle();
  });
}

void PeerSet::settle() {
  const std::vector<PeerKey> keys = std::exchange(attended_, {});
  for (const PeerKey key : keys) {
    const auto at = connections_.find(key);
    if (at == connections_.end()) continue;
    const std::shared_ptr<PeerConnection> connection = at->second;
    if (!connection->core().closed()) connection->flush();
    if (connection->core().closed()) drop(key);
  }
}

void PeerSet::drop(PeerKey key) {
  end(key);
  if (!closed_) connect();
}

void PeerSet::end(PeerKey key) {
  const auto at = connections_.find(key);
  if (at == connections_.end()) return;
  const std::shared_ptr<PeerConnection> connection = std::move(at->second);
  connections_.erase(at);
  --services_.connections;
  connection->close();
  PeerCore& core = connection->core();
  const base::SteadyTime now = clock_now();
  if (core.outgoing()) {
    if (core.peer_id() == setup_.our_id) {
      book_.refuse(core.endpoint());
    } else if (!core.handshaken()) {
      book_.hung_up(core.endpoint(), now);
    } else {
      // Who hung up as more came to be wanted has something for us after all.
      const bool in_haste = now < called_again_ + kHaste;
      book_.ended(core.endpoint(), core.pointless() && !in_haste, now);
      if (in_haste) book_.call_again(now + kHastePause);
    }
  }
  if (core.handshaken() && !core.pointless()) book_.connection_lost(core.endpoint(), now);
  swarm_.remove(core, now);
}

void PeerSet::trackers_only() {
  std::vector<Endpoint> strangers;
  for (const auto source : {PeerBook::Source::kMagnet, PeerBook::Source::kExchange, PeerBook::Source::kResume}) {
    const auto in_use = book_.forget_from(source);
    strangers.insert(strangers.end(), in_use.begin(), in_use.end());
  }
  std::vector<PeerKey> keys;
  for (const auto& [key, connection] : connections_) {
    PeerCore& core = connection->core();
    if (!core.outgoing() || std::find(strangers.begin(), strangers.end(), core.endpoint()) == strangers.end()) continue;
    core.close("the torrent is private, and no tracker named it");
    keys.push_back(key);
  }
  for (const PeerKey key : keys) end(key);
}

void PeerSet::call_again() {
  called_again_ = clock_now();
  book_.call_again(called_again_);
  connect();
}

void PeerSet::flush_uploads() {
  for (const auto& [key, connection] : connections_) {
    if (!connection->core().uploads().empty()) attend(connection->core());
  }
}

void PeerSet::resume_reading() {
  const std::vector<PeerKey> keys = std::exchange(starved_, {});
  for (const PeerKey key : keys) {
    const auto at = connections_.find(key);
    if (at == connections_.end()) continue;
    const std::shared_ptr<PeerConnection> connection = at->second;
    connection->resume_reading();
  }
}

// ---- PeerConnectionHost ----

void PeerSet::on_received(PeerConnection& connection, base::ByteView bytes, const ChunkRef& chunk) {
  PeerCore& core = connection.core();
  const base::SteadyTime now = clock_now();
  const bool was_handshaken = core.handshaken();
  const std::uint64_t before = core.download().total();
  swarm_.receive(core, bytes, chunk, now);
  if (const std::uint64_t payload = core.download().total() - before; payload > 0) down_.add(payload, now);
  if (!was_handshaken && core.handshaken() && core.outgoing()) book_.worked(core.endpoint());
  if (core.closed()) attend(core);
}

void PeerSet::on_sent(std::size_t payload) {
  up_.add(payload, clock_now());
  if (up_.total() < mark_) return;
  mark_ = std::numeric_limits<std::uint64_t>::max();
  on_mark_();
}

void PeerSet::on_lost(PeerConnection& connection) {
  attend(connection.core());
}

void PeerSet::on_no_memory(PeerConnection& connection) {
  starved_.push_back(connection.core().key());
}

bool PeerSet::has_piece(std::uint32_t piece) const {
  return swarm_.ready() && swarm_.have().test(piece);
}

BlockCache::State PeerSet::read_block(const BlockRef& block, std::vector<Slice>& out) {
  const BlockCache::State state = services_.cache.get(torrent_, data_, block, out);
  if (state == BlockCache::State::kWait) services_.unread.add(this, [this] { flush_uploads(); });
  if (state == BlockCache::State::kFailed && on_unreadable_) {
    boost::asio::post(services_.io, [this, piece = block.piece, alive = std::weak_ptr<char>(alive_)] {
      if (!alive.expired()) on_unreadable_(piece);
    });
  }
  return state;
}

void PeerSet::read_ahead(const BlockRef& block) {
  services_.cache.read_ahead(torrent_, data_, block);
}

}  // namespace podswarm::engine

#include "engine/net/udp_tracker.h"

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <random>
#include <utility>

#include "base/ip_range.h"

namespace podswarm::engine {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

constexpr unsigned kMaxDoublings = 8;
constexpr std::size_t kMaxConnections = 1000;

bool is_public(const asio::ip::address& address) {
  if (address.is_v4()) return base::is_public_address(address.to_v4().to_bytes());
  return base::is_public_address(address.to_v6().to_bytes());
}

}  // namespace

UdpTrackers::UdpTrackers(asio::io_context& io, Resolver& resolver, const TrackerClientOptions& options)
    : io_(io), resolver_(resolver), options_(options) {}

void UdpTrackers::announce(Ticket ticket, const base::Url& url, const Which& which, const AnnounceRequest& request,
                           Handler on_done) {
  auto call = std::make_shared<Call>(io_);
  call->path_and_query = url.target;
  call->which = which;
  call->request = request;
  call->on_done = std::move(on_done);
  begin(ticket, std::move(call), url);
}

void UdpTrackers::scrape(Ticket ticket, const base::Url& url, bool allow_private, std::vector<InfoHash> torrents,
                         ScrapeHandler on_done) {
  auto call = std::make_shared<Call>(io_);
  call->which.allow_private = allow_private;
  call->torrents = std::move(torrents);
  call->on_counts = std::move(on_done);
  begin(ticket, std::move(call), url);
}

void UdpTrackers::begin(Ticket ticket, std::shared_ptr<Call> call, const base::Url& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  call->name = (v6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
  // The port belongs to every address found.
  call->endpoints.emplace_back(asio::ip::udp::v4(), url.port);
  calls_[ticket] = std::move(call);
  resolver_.resolve(url.host, [weak = weak_from_this(), ticket](Lookup lookup) {
    if (const auto self = weak.lock()) self->on_resolved(ticket, std::move(lookup));
  });
}

void UdpTrackers::on_resolved(Ticket ticket, Lookup lookup) {
  const auto found = calls_.find(ticket);
  if (found == calls_.end()) return;
  Call& call = *found->second;
  const std::uint16_t port = call.endpoints.front().port();
  call.endpoints.clear();
  if (!lookup.addresses.empty()) {
    std::erase_if(lookup.addresses, [&call](const auto& address) { return !is_of(call.which.family, address); });
    if (lookup.addresses.empty()) lookup.error = "the host has no address of that kind";
  }
  for (const auto& address : lookup.addresses) {
    if (call.which.allow_private || is_public(address)) call.endpoints.emplace_back(address, port);
  }
  if (lookup.addresses.empty()) return fail(ticket, AnnounceError::kNetwork, lookup.error);
  if (call.endpoints.empty()) {
    return fail(ticket, AnnounceError::kNetwork, "a private address, which is not allowed here");
  }
  send(ticket, call);
}

error_code UdpTrackers::open(bool v6) {
  Channel& line = channel(v6);
  if (line.socket) return {};
  error_code error;
  Socket socket(io_);
  socket.open(v6 ? asio::ip::udp::v6() : asio::ip::udp::v4(), error);
  if (!error && v6) socket.set_option(asio::ip::v6_only(true), error);
  if (!error) socket.non_blocking(true, error);
  Endpoint local(v6 ? asio::ip::udp::v6() : asio::ip::udp::v4(), 0);
  if (options_.local_address.is_v6() == v6) local.address(options_.local_address);
  if (!error) socket.bind(local, error);
  if (error) return error;
  line.socket.emplace(std::move(socket));
  receive(v6);
  return {};
}

// A connect where there is no valid connection id, else the announce or the scrape.
void UdpTrackers::send(Ticket ticket, Call& call) {
  const Endpoint& to = call.endpoints[call.endpoint];
  const bool v6 = to.address().is_v6();
  const auto now = steady_clock::now();
  std::erase_if(connections_, [&](const auto& entry) { return now - entry.second.since >= kUdpConnectionIdLifetime; });
  const auto connection = connections_.find(to);
  transactions_.erase(call.transaction);
  static thread_local std::random_device random;
  do {
    call.transaction = static_cast<std::uint32_t>(random());
  } while (transactions_.contains(call.transaction));
  transactions_[call.transaction] = ticket;
  const bool first_packet = call.attempt == 0 && !call.connecting;
  call.connecting = connection == connections_.end();
  if (first_packet && !call.connecting) call.old_connection = true;
  const auto packet = [&] {
    if (call.connecting) return encode_udp_connect(call.transaction);
    const std::uint64_t id = connection->second.id;
    if (!call.torrents.empty()) return encode_udp_scrape(id, call.transaction, call.torrents);
    return encode_udp_announce(id, call.transaction, call.request, call.path_and_query);
  }();
  error_code error = open(v6);
  // A full socket buffer is a lost packet; it is repeated like one.
  if (!error) channel(v6).socket->send_to(asio::buffer(packet), to, 0, error);
  if (error == asio::error::would_block || error == asio::error::try_again) error = {};
  std::chrono::milliseconds wait =
      hurried_ ? *hurried_ : options_.udp_first_timeout * (1u << std::min(call.attempt, kMaxDoublings));
  if (error) {
    // No way to that address (a machine without IPv6, say): the next one at once, while there is one not yet tried.
    if (call.endpoint + 1 == call.endpoints.size()) {
      return fail(ticket, AnnounceError::kNetwork, error.message());
    }
    wait = std::chrono::milliseconds(0);
  }
  ++call.attempt;
  call.timer.expires_after(wait);
  call.timer.async_wait([weak = weak_from_this(), ticket, transaction = call.transaction](error_code cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self) return;
    const auto found = self->calls_.find(ticket);
    if (found != self->calls_.end() && found->second->transaction == transaction) self->on_timeout(ticket);
  });
}

void UdpTrackers::on_timeout(Ticket ticket) {
  const auto call = calls_.at(ticket);
  if (!hurried_ && call->attempt >= options_.udp_attempts) {
    return fail(ticket, AnnounceError::kTimeout, "no answer over UDP");
  }
  call->endpoint = (call->endpoint + 1) % call->endpoints.size();
  send(ticket, *call);
}

void UdpTrackers::receive(bool v6) {
  Channel& line = channel(v6);
  line.socket->async_receive_from(asio::buffer(line.buffer), line.from,
                                  [weak = weak_from_this(), v6](error_code error, std::size_t bytes) {
                                    const auto self = weak.lock();
                                    if (!self || self->closed_ || error == asio::error::operation_aborted) return;
                                    // An ICMP error of an earlier packet comes out here; the timer deals with it.
                                    if (!error) self->on_packet(v6, bytes);
                                    if (!self->closed_) self->receive(v6);
                                  });
}

void UdpTrackers::on_packet(bool v6, std::size_t bytes) {
  const Channel& line = channel(v6);
  const base::ByteView packet(line.buffer.data(), bytes);
  const auto header = peek_udp_reply(packet);
  if (!header) return;
  const auto transaction = transactions_.find(header->transaction);
  if (transaction == transactions_.end()) return;
  const Ticket ticket = transaction->second;
  const auto call = calls_.at(ticket);
  if (line.from != call->endpoints[call->endpoint]) return;
  auto reply = decode_udp_reply(packet, v6);
  if (!reply) {
    if (reply.error().code == UdpTrackerError::kRefused) on_refused(ticket, *call, reply.error().message);
    return;
  }
  if (const auto* connected = std::get_if<UdpConnected>(&reply->body)) {
    if (!call->connecting) return;
    if (connections_.size() >= kMaxConnections) connections_.erase(connections_.begin());
    connections_[line.from] = {connected->connection, steady_clock::now()};
    call->attempt = 0;
    send(ticket, *call);
  } else if (auto* announced = std::get_if<AnnounceResponse>(&reply->body)) {
    if (call->connecting || !call->on_done) return;
    cancel(ticket);
    call->on_done(std::move(*announced));
  } else if (auto* scraped = std::get_if<UdpScraped>(&reply->body)) {
    if (call->connecting || !call->on_counts) return;
    cancel(ticket);
    call->on_counts(std::move(scraped->torrents));
  }
}

void UdpTrackers::on_refused(Ticket ticket, Call& call, const std::string& message) {
  // A tracker that was restarted does not know the id that it gave to an announce before this one.
  if (!call.connecting && call.old_connection) {
    connections_.erase(call.endpoints[call.endpoint]);
    call.old_connection = false;
    return send(ticket, call);
  }
  fail(ticket, AnnounceError::kRefused, message);
}

void UdpTrackers::fail(Ticket ticket, AnnounceError error, const std::string& message) {
  const auto call = calls_.at(ticket);
  cancel(ticket);
  const auto failure = base::fail(error, call->name + ": " + message);
  if (call->on_done) call->on_done(failure);
  if (call->on_counts) call->on_counts(failure);
}

void UdpTrackers::cancel(Ticket ticket) {
  const auto found = calls_.find(ticket);
  if (found == calls_.end()) return;
  found->second->timer.cancel();
  transactions_.erase(found->second->transaction);
  calls_.erase(found);
}

void UdpTrackers::hurry(std::chrono::milliseconds interval) {
  hurried_ = interval;
  std::vector<Ticket> resolved;
  for (const auto& [ticket, call] : calls_) {
    if (call->attempt > 0) resolved.push_back(ticket);
  }
  for (const Ticket ticket : resolved) {
    if (const auto found = calls_.find(ticket); found != calls_.end()) send(ticket, *found->second);
  }
}

void UdpTrackers::close() {
  closed_ = true;
  for (const auto& [ticket, call] : calls_) call->timer.cancel();
  calls_.clear();
  transactions_.clear();
  for (Channel* line : {&v4_, &v6_}) {
    error_code ignored;
    if (line->socket) line->socket->close(ignored);
  }
}

}  // namespace podswarm::engine

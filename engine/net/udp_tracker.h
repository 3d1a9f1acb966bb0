// Announces and scrapes over UDP (BEP 15): connection ids kept for their 60 s, packets repeated after 15·2^n s, replies
// matched by transaction id and sender.
//
// Threads: the io_context's.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/url.h"
#include "engine/core/tracker_udp.h"
#include "engine/net/resolver.h"
#include "engine/net/tracker_client.h"

namespace podswarm::engine {

// Held by shared_ptr; close() before the last one goes.
class UdpTrackers : public std::enable_shared_from_this<UdpTrackers> {
 public:
  using Ticket = TrackerClient::Ticket;
  using Handler = std::function<void(base::Result<AnnounceResponse, AnnounceError>)>;

  UdpTrackers(boost::asio::io_context& io, Resolver& resolver, const TrackerClientOptions& options);

  // Which of the addresses that a tracker's name has may be spoken to.
  struct Which {
    AddressFamily family = AddressFamily::kAny;
    bool allow_private = true;
  };

  // `ticket` is the caller's choice, unique among its announces. The handler is never called from inside this call.
  void announce(Ticket ticket, const base::Url& url, const Which& which, const AnnounceRequest& request,
                Handler on_done);
  // At most kMaxUdpScrape torrents; the counts come in their order. Likewise.
  using ScrapeHandler = std::function<void(base::Result<std::vector<ScrapeCounts>, AnnounceError>)>;
  void scrape(Ticket ticket, const base::Url& url, bool allow_private, std::vector<InfoHash> torrents,
              ScrapeHandler on_done);
  void cancel(Ticket ticket);
  // From now on each packet is repeated after `interval`, without doubling and without end.
  void hurry(std::chrono::milliseconds interval);
  void close();

 private:
  using Endpoint = boost::asio::ip::udp::endpoint;
  using Socket = boost::asio::ip::udp::socket;

  struct Call {
    Call(boost::asio::io_context& io) : timer(io) {}
    std::string name;  // "host:port"
    std::string path_and_query;
    Which which;
    AnnounceRequest request;
    Handler on_done;
    std::vector<InfoHash> torrents;  // to be scraped; none: it is an announce
    ScrapeHandler on_counts;
    std::vector<Endpoint> endpoints;
    std::size_t endpoint = 0;
    unsigned attempt = 0;  // packets sent since the last answer
    std::uint32_t transaction = 0;
    bool connecting = false;
    bool old_connection = false;  // the id at hand was another announce's: it may have been forgotten there
    boost::asio::steady_timer timer;
  };
  struct Connection {
    std::uint64_t id = 0;
    std::chrono::steady_clock::time_point since;
  };
  // One socket a family, opened when first needed.
  struct Channel {
    std::optional<Socket> socket;
    Endpoint from;
    std::array<std::uint8_t, 16 * 1024> buffer{};
  };

  void begin(Ticket ticket, std::shared_ptr<Call> call, const base::Url& url);
  void on_resolved(Ticket ticket, Lookup lookup);
  void send(Ticket ticket, Call& call);
  void on_timeout(Ticket ticket);
  void receive(bool v6);
  void on_packet(bool v6, std::size_t bytes);
  void on_refused(Ticket ticket, Call& call, const std::string& message);
  void fail(Ticket ticket, AnnounceError error, const std::string& message);
  [[nodiscard]] boost::system::error_code open(bool v6);
  [[nodiscard]] Channel& channel(bool v6) { return v6 ? v6_ : v4_; }

  boost::asio::io_context& io_;
  Resolver& resolver_;
  TrackerClientOptions options_;
  std::map<Ticket, std::shared_ptr<Call>> calls_;
  std::map<std::uint32_t, Ticket> transactions_;
  std::map<Endpoint, Connection> connections_;
  std::optional<std::chrono::milliseconds> hurried_;
  Channel v4_;
  Channel v6_;
  bool closed_ = false;
};

}  // namespace podswarm::engine

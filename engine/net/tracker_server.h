// A small HTTP tracker (BEP 3, 7, 23, 48): GET /announce and GET /scrape. Peers per info-hash with expiry, in memory
// only, under limits. For tests, demonstrations and private swarms; it takes any info-hash.
//
// Threads: created, called and destroyed on the io_context's thread; local_port() from any thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace podswarm::engine {

struct TrackerServerOptions {
  std::string address = "127.0.0.1";       // to listen on; "" = any, IPv4 and IPv6
  std::uint16_t port = 0;                  // 0 = one that the system picks
  std::chrono::seconds interval{1800};     // that peers are asked to keep
  std::chrono::seconds peer_expiry{2700};  // a peer not heard of for this long is forgotten
  std::size_t max_torrents = 10'000;
  std::size_t max_peers_per_torrent = 2'000;
  std::size_t max_numwant = 200;
  std::size_t max_connections = 500;
  std::chrono::milliseconds request_timeout{10'000};
};

class TrackerServer {
 public:
  // Listens. Throws boost::system::system_error when it cannot.
  TrackerServer(boost::asio::io_context& io, TrackerServerOptions options);
  // Closes the listener and every connection.
  ~TrackerServer();
  TrackerServer(const TrackerServer&) = delete;
  TrackerServer& operator=(const TrackerServer&) = delete;

  [[nodiscard]] std::uint16_t local_port() const;
  // "http://127.0.0.1:6969/announce"; for "any" the loopback address.
  [[nodiscard]] std::string announce_url() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace podswarm::engine

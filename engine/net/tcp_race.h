// Connects to whichever of a host's addresses answers first (RFC 8305): the next address gets its turn when the one
// before failed, or has not answered for a moment.
//
// Threads: the io_context's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <vector>

namespace podswarm::engine {

class TcpRace : public std::enable_shared_from_this<TcpRace> {
 public:
  // The socket, or why the last address failed. Called once, never from inside start(), and not after cancel().
  using Handler = std::function<void(boost::system::error_code, boost::asio::ip::tcp::socket)>;

  // `endpoints`: not empty, in order of preference; the families take turns. Those of `local`'s family are called from
  // that address, the unspecified one being any.
  TcpRace(boost::asio::io_context& io, std::vector<boost::asio::ip::tcp::endpoint> endpoints,
          boost::asio::ip::address local, std::chrono::milliseconds stagger, Handler on_done);

  void start();
  void cancel();

 private:
  void try_next();
  void on_connected(std::list<boost::asio::ip::tcp::socket>::iterator attempt, boost::system::error_code error);

  boost::asio::io_context& io_;
  std::vector<boost::asio::ip::tcp::endpoint> endpoints_;
  boost::asio::ip::address local_;
  std::chrono::milliseconds stagger_;
  Handler on_done_;
  boost::asio::steady_timer timer_;
  std::list<boost::asio::ip::tcp::socket> attempts_;
  std::size_t next_ = 0;
  bool done_ = false;
};

// First of one family, first of the other, second of the one …
[[nodiscard]] std::vector<boost::asio::ip::tcp::endpoint> interleave_families(
    const std::vector<boost::asio::ip::tcp::endpoint>& endpoints);

}  // namespace podswarm::engine

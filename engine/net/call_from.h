// Makes a socket call from a local address of ours. The port is found when it is known whom it calls: one that another
// connection has used a moment ago will do, as long as that one led elsewhere. Else each call would take a port of its
// own for a minute, and a busy machine runs out of them: the first announces of many torrents fail then. Network thread.
#pragma once

#include <netinet/in.h>

#include <boost/asio/detail/socket_option.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

namespace podswarm::engine {

// The socket is open, of the address's family, and not connected yet.
inline void call_from(boost::asio::ip::tcp::socket& socket, const boost::asio::ip::address& address,
                      boost::system::error_code& error) {
#ifdef IP_BIND_ADDRESS_NO_PORT
  const boost::asio::detail::socket_option::boolean<IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT> port_later(true);
  boost::system::error_code ignored;
  socket.set_option(port_later, ignored);
#endif
  socket.bind({address, 0}, error);
}

}  // namespace podswarm::engine

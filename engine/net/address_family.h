// Which kind of address to go to.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>

namespace podswarm::engine {

enum class AddressFamily : std::uint8_t { kAny, kV4, kV6 };

[[nodiscard]] inline bool is_of(AddressFamily family, const boost::asio::ip::address& address) {
  return family == AddressFamily::kAny || (family == AddressFamily::kV6) == address.is_v6();
}

}  // namespace podswarm::engine

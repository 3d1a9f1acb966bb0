// Over which families a tracker is announced to (BEP 7): both, where its host has addresses of both, as it sees one of
// our addresses each time. A family that leads nowhere while the other one does is left alone for a while.
//
// Sans-IO: time is an argument. One thread.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "engine/net/address_family.h"

namespace podswarm::engine {

class TrackerFamilies {
 public:
  static constexpr std::chrono::minutes kPause{30};
  static constexpr std::size_t kMost = 1000;

  // One or two; kAny where there is nothing to choose from. `addresses` are the host's; `local` is the address to
  // announce from, of the one family that is to be used then; unspecified = any.
  [[nodiscard]] std::vector<AddressFamily> choose(const std::string& host,
                                                  const std::vector<boost::asio::ip::address>& addresses,
                                                  const boost::asio::ip::address& local, base::SteadyTime now) const;
  // It gave no answer, but the other one did.
  void failed(const std::string& host, AddressFamily family, base::SteadyTime now);
  // Neither did: both are worth another try.
  void all_failed(const std::string& host);

 private:
  std::map<std::pair<std::string, AddressFamily>, base::SteadyTime> paused_;  // until then
};

}  // namespace podswarm::engine

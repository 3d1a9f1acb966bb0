// Under which address the world sees us: trackers (BEP 24) and peers (BEP 10, `yourip`) say so, and any of them may
// lie. Each network that votes has one voice, as who holds one address of it may hold all; what most of them say is
// taken. Sans-IO. Network thread.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/endpoint.h"

namespace podswarm::engine {

class ExternalAddress {
 public:
  // Of each family; older voices are forgotten.
  static constexpr std::size_t kMostVoters = 100;
  // An address that fewer than this many vote for is not believed.
  static constexpr std::size_t kLeastVotes = 2;

  // A peer says that we are `said`, whose port does not matter. A voter's later vote replaces its earlier one, and one
  // that was cast from its network (a /24, or a /48 of IPv6). Votes for an address that is not public count for nothing:
  // only a neighbour can cast them.
  void vote(const Endpoint& peer, const Endpoint& said);
  // A tracker of that URL says so. Its network is where its address is one, else the domain: the last two labels.
  void vote(std::string_view tracker, const Endpoint& said);

  // Port 0. Nothing as long as it is not known.
  [[nodiscard]] std::optional<Endpoint> v4() const { return v4_.winner; }
  [[nodiscard]] std::optional<Endpoint> v6() const { return v6_.winner; }

 private:
  struct Ballot {
    std::map<std::string, Endpoint> votes;  // by voter
    std::deque<std::string> voters;         // the oldest first
    std::map<Endpoint, std::size_t> counts;
    std::optional<Endpoint> winner;
  };
  void cast(const std::string& voter, const Endpoint& said);
  static void take_back(Ballot& ballot, const Endpoint& vote);
  static void count(Ballot& ballot);

  Ballot v4_;
  Ballot v6_;
};

}  // namespace podswarm::engine

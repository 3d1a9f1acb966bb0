// Under which address the world sees us: trackers (BEP 24) and peers (BEP 10, `yourip`) say so, and any of them may
// lie. Each address that votes has one voice; what most of them say is taken. Sans-IO. Network thread.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "engine/core/endpoint.h"

namespace podswarm::engine {

class ExternalAddress {
 public:
  // Of each family; older voices are forgotten.
  static constexpr std::size_t kMostVoters = 100;
  // An address that fewer than this many vote for is not believed.
  static constexpr std::size_t kLeastVotes = 2;

  // `voter` (a peer's address, a tracker's URL) says that we are `said`, whose port does not matter. A voter's later
  // vote replaces its earlier one. Votes for an address that is not public count for nothing: only a neighbour can cast
  // them.
  void vote(base::ByteView voter, const Endpoint& said);

  // Port 0. Nothing as long as it is not known.
  [[nodiscard]] std::optional<Endpoint> v4() const { return v4_.winner; }
  [[nodiscard]] std::optional<Endpoint> v6() const { return v6_.winner; }

 private:
  struct Ballot {
    std::map<base::Bytes, Endpoint> votes;  // by voter
    std::deque<base::Bytes> voters;         // the oldest first
    std::map<Endpoint, std::size_t> counts;
    std::optional<Endpoint> winner;
  };
  static void take_back(Ballot& ballot, const Endpoint& vote);
  static void count(Ballot& ballot);

  Ballot v4_;
  Ballot v6_;
};

}  // namespace podswarm::engine

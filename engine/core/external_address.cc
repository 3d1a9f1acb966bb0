#include "engine/core/external_address.h"

#include "base/ip_range.h"

namespace podswarm::engine {

void ExternalAddress::take_back(Ballot& ballot, const Endpoint& vote) {
  const auto at = ballot.counts.find(vote);
  if (--at->second == 0) ballot.counts.erase(at);
}

void ExternalAddress::vote(base::ByteView voter, const Endpoint& said) {
  if (!base::is_public_address(said.address_bytes())) return;
  Endpoint address = said;
  address.port = 0;
  Ballot& ballot = said.is_v6 ? v6_ : v4_;
  const base::Bytes name(voter.begin(), voter.end());
  const auto [at, is_new] = ballot.votes.try_emplace(name, address);
  if (!is_new) {
    if (at->second == address) return;
    take_back(ballot, at->second);
    at->second = address;
  } else {
    ballot.voters.push_back(name);
    if (ballot.voters.size() > kMostVoters) {
      const auto oldest = ballot.votes.find(ballot.voters.front());
      take_back(ballot, oldest->second);
      ballot.votes.erase(oldest);
      ballot.voters.pop_front();
    }
  }
  ++ballot.counts[address];
  count(ballot);
}

void ExternalAddress::count(Ballot& ballot) {
  // A tie does not unseat who is believed.
  const auto held = ballot.winner ? ballot.counts.find(*ballot.winner) : ballot.counts.end();
  std::size_t most = held == ballot.counts.end() ? 0 : held->second;
  if (most == 0) ballot.winner.reset();
  for (const auto& [address, votes] : ballot.counts) {
    if (votes >= kLeastVotes && votes > most) {
      most = votes;
      ballot.winner = address;
    }
  }
}

}  // namespace podswarm::engine

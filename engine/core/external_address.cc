#include "engine/core/external_address.h"

#include <string>
#include <utility>

#include "base/ip_range.h"
#include "base/url.h"

namespace podswarm::engine {

namespace {

std::string network_of(const Endpoint& endpoint) {
  return std::string(base::as_text(endpoint.address_bytes().first(endpoint.is_v6 ? 6 : 3)));
}

std::string domain_of(std::string_view host) {
  const std::size_t last = host.rfind('.');
  const std::size_t before = last == std::string_view::npos || last == 0 ? last : host.rfind('.', last - 1);
  if (before != std::string_view::npos) host.remove_prefix(before + 1);
  return std::string(host);
}

}  // namespace

void ExternalAddress::take_back(Ballot& ballot, const Endpoint& vote) {
  const auto at = ballot.counts.find(vote);
  if (--at->second == 0) ballot.counts.erase(at);
}

void ExternalAddress::vote(const Endpoint& peer, const Endpoint& said) {
  cast(network_of(peer), said);
}

void ExternalAddress::vote(std::string_view tracker, const Endpoint& said) {
  const auto url = base::parse_url(std::string(tracker));
  if (!url) return;
  const auto address = parse_endpoint(url->host, 1);
  cast(address ? network_of(*address) : domain_of(url->host), said);
}

void ExternalAddress::cast(const std::string& name, const Endpoint& said) {
  if (!base::is_public_address(said.address_bytes())) return;
  Endpoint address = said;
  address.port = 0;
  Ballot& ballot = said.is_v6 ? v6_ : v4_;
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

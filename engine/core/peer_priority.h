// Canonical peer priority (BEP 40): a number that both ends of a connection compute alike, from their addresses. Whom
// to call and whom to keep when there are too many is decided by it, so that nobody can take all of a swarm's places.
// Pure.
#pragma once

#include <cstdint>

#include "engine/core/endpoint.h"

namespace podswarm::engine {

// Higher is to be preferred. Both of one family; else 0.
[[nodiscard]] std::uint32_t peer_priority(const Endpoint& ours, const Endpoint& theirs);

}  // namespace podswarm::engine

// Peer ids (BEP 20). Pure values; randomness is an argument.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/core/peer_wire.h"

namespace podswarm::engine {

// "-PS0100-" and twelve characters of [0-9A-Za-z] made from `random`.
[[nodiscard]] PeerId make_peer_id(const std::array<std::uint8_t, 12>& random);

// The client's name and version as far as the id tells, "qBittorrent 4.6.0"; else the printable part of it, for logs.
[[nodiscard]] std::string client_name(const PeerId& id);

}  // namespace podswarm::engine

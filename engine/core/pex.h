// Peer exchange (BEP 11): the message. Pure values.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/core/endpoint.h"

namespace podswarm::engine {

enum class PexError { kNotBencoded };

// At most this many are read or sent as added and as dropped, of both families together.
inline constexpr std::size_t kMaxPexPeers = 50;

// The flags of `added.f`.
inline constexpr std::uint8_t kPexEncryption = 0x01;
inline constexpr std::uint8_t kPexUploadOnly = 0x02;
inline constexpr std::uint8_t kPexUtp = 0x04;
inline constexpr std::uint8_t kPexHolepunch = 0x08;
inline constexpr std::uint8_t kPexReachable = 0x10;

struct PexPeer {
  Endpoint endpoint;
  std::uint8_t flags = 0;

  friend bool operator==(const PexPeer&, const PexPeer&) = default;
};

struct PexMessage {
  std::vector<PexPeer> added;
  std::vector<Endpoint> dropped;

  [[nodiscard]] bool empty() const { return added.empty() && dropped.empty(); }
};

// The payload of an extended message with our ut_pex id. Unusable addresses are left out.
[[nodiscard]] base::Result<PexMessage, PexError> decode_pex(base::ByteView payload);
// More than kMaxPexPeers are cut off: send the rest a minute later.
[[nodiscard]] base::Bytes encode_pex(const PexMessage& message);

}  // namespace podswarm::engine

// Magnet links (BEP 9, BEP 53): parsing and printing. Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/core/digest.h"
#include "engine/core/metainfo.h"

namespace podswarm::engine {

enum class MagnetError {
  kNotMagnet,
  kTooLong,
  kNoHash,   // no xt that names a torrent
  kBadHash,  // an xt that should name one, but is broken
};

inline constexpr std::size_t kMaxMagnetLength = 64 * 1024;

struct Magnet {
  std::string name;  // dn; "" if there is none. Not a path: clean it before it becomes one
  std::optional<Sha1Hash> info_hash_v1;
  std::optional<Sha256Hash> info_hash_v2;
  TorrentSources sources;                                               // tr (a tier each), ws, dht
  std::vector<std::pair<std::string, std::uint16_t>> peers;             // x.pe
  std::vector<std::pair<std::uint32_t, std::uint32_t>> selected_files;  // so: first and last index, both included

  // What peers and trackers know it by: v1 if there is one.
  [[nodiscard]] InfoHash info_hash() const { return info_hash_v1 ? *info_hash_v1 : truncated(*info_hash_v2); }
};

// White space around is trimmed. Unknown, empty and unusable parameters are passed over.
[[nodiscard]] base::Result<Magnet, MagnetError> parse_magnet(std::string_view link);

// "magnet:?xt=…&dn=…&tr=…&ws=…"
[[nodiscard]] std::string to_string(const Magnet& magnet);

}  // namespace podswarm::engine

// A torrent file or magnet link as one JSON object, for `podswarm parse --json`. Pure functions.
//   torrent: format, name, info_hash, info_hash_v2, total_size, piece_length, private, comment, creation_date, files
//            (path, length), trackers, web_seeds
//   magnet:  format, name, info_hash, info_hash_v2, trackers, web_seeds
#pragma once

#include <string>

#include "engine/core/magnet.h"
#include "engine/core/metainfo.h"

namespace podswarm::engine {

// UTF-8 whatever the torrent holds.
[[nodiscard]] std::string to_json(const Metainfo& metainfo);
[[nodiscard]] std::string to_json(const Magnet& magnet);

}  // namespace podswarm::engine

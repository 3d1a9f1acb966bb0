// Checks data on disk against a torrent, by itself: for `podswarm torrent verify`.
#pragma once

#include <filesystem>
#include <optional>

#include "engine/core/bitfield.h"
#include "engine/core/metainfo.h"
#include "engine/disk/disk_error.h"

namespace podswarm::engine {

// Those of `pieces`, or without it of all pieces, whose bytes below `dir` are right; what a part file holds of missing
// files counts. Changes nothing on disk. Blocks until all are read, on `threads` workers (0: one a core, at most 4).
// Missing files are missing pieces; a failure is a disk that cannot be read.
[[nodiscard]] DiskResult<Bitfield> verify_data(Metainfo metainfo, const std::filesystem::path& dir,
                                               const std::optional<Bitfield>& pieces = {}, std::size_t threads = 0);

}  // namespace podswarm::engine

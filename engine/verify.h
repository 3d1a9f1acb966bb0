// Checks data on disk against a torrent, by itself: for `podswarm torrent verify`.
#pragma once

#include <filesystem>

#include "engine/core/bitfield.h"
#include "engine/core/metainfo.h"
#include "engine/disk/disk_error.h"

namespace podswarm::engine {

// The pieces whose bytes below `dir` are right. Blocks until all are read, on `threads` workers (0: one a core, at most
// 4). Missing files are missing pieces; a failure is a disk that cannot be read.
[[nodiscard]] DiskResult<Bitfield> verify_data(Metainfo metainfo, const std::filesystem::path& dir,
                                               std::size_t threads = 0);

}  // namespace podswarm::engine

// A copy of a finished download with tags in it, made beside the download and ready to be moved to its place. The
// download itself is never written to: a torrent may be seeding it. For this folder's own sources. Blocking.
//
// A crash at any moment leaves either no copy or a whole one. The folder that holds it, ".tagged-SIZE", stays when the
// copy has been moved away: by its name the file is known again where it has gone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "library/library.h"

namespace podswarm::library {

// The copy, made now or by an earlier attempt. Nothing where there is nothing to change, no format that takes tags, or
// anything goes wrong (which is logged): then the download is placed as it came.
[[nodiscard]] std::optional<std::filesystem::path> tagged_copy(const std::filesystem::path& source,
                                                               const TagRequest& request);

// The size of a tagged copy of `source` that has been moved away.
[[nodiscard]] std::optional<std::uint64_t> size_of_moved_copy(const std::filesystem::path& source);

}  // namespace podswarm::library

// Opens what lies below a folder, and only that: no symbolic link is followed on the way, nor at its end, so that whoever
// may write into the folder cannot lead anybody out of it. The folder's own path is the caller's word: it may hold links.
// Not for the network thread: every call may block.
#pragma once

#include <filesystem>

#include "base/file.h"
#include "base/result.h"

namespace podswarm::base {

// `relative` below `root`, with open(2)'s flags; O_CLOEXEC is added. kOutside: it is absolute, has a ".." in it, or is
// reached through a link; kNotFound as ever. "" is the root itself.
[[nodiscard]] Result<UniqueFd, FileError> open_beneath(const std::filesystem::path& root,
                                                       const std::filesystem::path& relative, int flags);

// The same one name after the other, for kernels that cannot do it in one call (openat2 came with Linux 5.6, and
// containers may forbid it).
[[nodiscard]] Result<UniqueFd, FileError> open_beneath_by_steps(const std::filesystem::path& root,
                                                                const std::filesystem::path& relative, int flags);

}  // namespace podswarm::base

// Whether a path lies below a folder.
#pragma once

#include <filesystem>
#include <optional>
#include <span>

namespace podswarm::library {

// The path below `folder`, as the names say; nothing where it is not, or is the folder itself.
[[nodiscard]] std::optional<std::filesystem::path> path_below(const std::filesystem::path& path,
                                                              const std::filesystem::path& folder);

// In truth as well: no symbolic link leads out of `folder` on the way to where the path's last name stands or would
// stand. Blocking.
[[nodiscard]] bool lies_below(const std::filesystem::path& path, const std::filesystem::path& folder);

// The library where the path lies below it, as the names say; else the path's own folder: where a person has put a file,
// the way there is theirs.
[[nodiscard]] std::filesystem::path root_of(const std::filesystem::path& path, const std::filesystem::path& library);

// The innermost folder that all of these lie below, as the names say; "" where there is none.
[[nodiscard]] std::filesystem::path common_folder(std::span<const std::filesystem::path> paths);

}  // namespace podswarm::library

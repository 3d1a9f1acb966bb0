// Reads and writes that are whole or fail. Throws DiskError.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string>

namespace podswarm::engine {

// All of it, at `offset`; `parts` is used up. `path` is for the message.
void write_fully(int fd, std::span<iovec> parts, std::uint64_t offset, const std::string& path);
// As many bytes as there are, at most out.size().
[[nodiscard]] std::size_t read_fully(int fd, std::span<std::uint8_t> out, std::uint64_t offset,
                                     const std::string& path);

}  // namespace podswarm::engine

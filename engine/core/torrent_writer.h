// Makes a version 1 .torrent (BEP 3) from a list of files and the hashes of its pieces. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace podswarm::engine {

struct NewTorrentFile {
  std::vector<std::string> path;  // elements below the torrent's name
  std::uint64_t length = 0;
  bool pad = false;  // BEP 47: zeros that bring the next file to a piece's beginning
};

struct NewTorrent {
  std::string name;
  std::uint32_t piece_length = 0;
  std::string pieces;  // 20 bytes a piece over the files' bytes joined
  // Of a single-file torrent: its length. Else `files` are.
  std::optional<std::uint64_t> length;
  std::vector<NewTorrentFile> files;
  std::vector<std::vector<std::string>> tiers;
  std::vector<std::string> web_seeds;
  bool is_private = false;
  std::string comment;
  std::string created_by;
  std::optional<std::int64_t> creation_date;  // Unix seconds
};

// The number of pieces must be that of the sizes: asserted.
[[nodiscard]] base::Bytes encode_torrent(const NewTorrent& torrent);

// A power of two that gives about 1,500 pieces, 16 KiB to 16 MiB.
[[nodiscard]] std::uint32_t suggested_piece_length(std::uint64_t total_size);

}  // namespace podswarm::engine

// The torrent that a simulated swarm is about: random content, in memory. Its pieces are judged by their bytes; the
// hashes in its metainfo are none. Piece lengths are multiples of the block size.
#pragma once

#include <vector>

#include "engine/core/chunk.h"
#include "engine/core/file_layout.h"
#include "engine/core/metainfo.h"
#include "engine/core/peer_wire.h"
#include "engine/core/small_random.h"
#include "engine/core/torrent_writer.h"

namespace podswarm::engine::sim {

class SimTorrent {
 public:
  SimTorrent(std::uint32_t pieces, std::uint32_t piece_length, std::uint64_t seed)
      : metainfo_(make(pieces, piece_length)), layout_(metainfo_) {
    SmallRandom random(seed);
    for (std::uint64_t size = 0; size < layout_.total_size(); size += ChunkPool::kLarge) {
      const ChunkRef chunk = content_.emplace_back(pool_.acquire(ChunkPool::kLarge));
      for (std::size_t i = 0; i < chunk->size(); i += 8) base::store_be64(chunk->data() + i, random());
    }
  }
  SimTorrent(const SimTorrent&) = delete;
  SimTorrent& operator=(const SimTorrent&) = delete;

  [[nodiscard]] const Metainfo& metainfo() const { return metainfo_; }
  [[nodiscard]] const FileLayout& layout() const { return layout_; }
  [[nodiscard]] std::uint64_t size() const { return layout_.total_size(); }
  [[nodiscard]] Slice content(const BlockRef& block) const {
    const std::size_t at = std::size_t{block.piece} * layout_.piece_length() + block.offset;
    const ChunkRef& chunk = content_[at / ChunkPool::kLarge];
    return {chunk, base::ByteView(chunk->data() + at % ChunkPool::kLarge, block.length)};
  }

 private:
  static Metainfo make(std::uint32_t pieces, std::uint32_t piece_length) {
    NewTorrent torrent;
    torrent.name = "simulated";
    torrent.piece_length = piece_length;
    torrent.length = std::uint64_t{pieces} * piece_length;
    torrent.pieces.assign(std::size_t{pieces} * 20, 'x');
    return *Metainfo::parse(encode_torrent(torrent));
  }

  Metainfo metainfo_;
  FileLayout layout_;
  ChunkPool pool_{std::size_t{1} << 40};
  std::vector<ChunkRef> content_;
};

}  // namespace podswarm::engine::sim

// Some pieces of a torrent, read from disk and hashed: in steps, so that others get their turn in between. Where it
// pays, several pieces side by side (see Sha1Lane).
//
// Belongs to one thread at a time; every call may block. Throws DiskError.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/disk/hasher.h"
#include "engine/disk/torrent_data.h"

namespace podswarm::engine {

class PieceBatch {
 public:
  // `side_by_side`: the device has no head to be moved about.
  PieceBatch(TorrentDataRef data, std::vector<std::uint32_t> pieces, bool side_by_side);

  // About so many bytes more. True when all pieces have been looked at.
  bool advance(std::uint64_t bytes);

  [[nodiscard]] const std::vector<std::uint32_t>& pieces() const { return pieces_; }
  [[nodiscard]] const std::vector<std::uint32_t>& good() const { return good_; }
  // Of reading and hashing; 0 where nothing was read.
  [[nodiscard]] double bytes_per_s() const;

 private:
  void begin_group();
  void end_group();
  void hash_next();

  TorrentDataRef data_;
  std::vector<std::uint32_t> pieces_;
  std::vector<std::uint32_t> good_;
  std::size_t at_once_;
  // The pieces at hand: `group_` of them from `next_` on, all of one size.
  std::size_t next_ = 0;
  std::size_t group_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t offset_ = 0;
  std::array<bool, PieceHasher::kMost> there_{};
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::vector<PieceHasher> hashers_;
  std::uint64_t read_ = 0;
  std::chrono::nanoseconds took_{0};
};

}  // namespace podswarm::engine

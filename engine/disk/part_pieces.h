// The part file of a torrent: what was received of pieces that reach into files which are skipped, so that those files
// need not exist. A header, a table that says in which slot a piece lies, and slots of a piece's length each. A slot
// says nothing about its bytes being good: as everywhere, resume data and hashes do.
//
//   "podswarm parts 1"  piece length (u32)  piece count (u32)  per piece: slot + 1 (u32, 0 = none)
//   zeros up to a multiple of 4096  slots
//
// Thread-safe; every call may block. Throws DiskError.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "engine/core/resume.h"
#include "engine/disk/disk_error.h"
#include "engine/disk/file_pool.h"

namespace podswarm::engine {

class PartPieces {
 public:
  // Where it lies and how it is opened is the owner's business.
  struct Access {
    std::function<std::string()> shown;  // its path, for messages
    // The open file; with `write` made if missing, else null.
    std::function<FilePool::Handle(bool write)> open;
    // Closes and deletes it.
    std::function<void()> remove;
  };
  PartPieces(Access access, std::uint32_t piece_length, std::uint32_t piece_count);
  PartPieces(const PartPieces&) = delete;
  PartPieces& operator=(const PartPieces&) = delete;

  // Something of that piece was written.
  [[nodiscard]] bool has(std::uint32_t piece);
  [[nodiscard]] std::vector<std::uint32_t> pieces();

  // `parts`, one after the other, at `offset` of the piece; they are used up.
  void write(std::uint32_t piece, std::uint32_t offset, std::span<iovec> parts);
  // False when nothing of the piece is there: what of `out` was not read is unspecified.
  [[nodiscard]] bool read(std::uint32_t piece, std::uint32_t offset, std::span<std::uint8_t> out);
  // The piece's slot is free; with the last one the file goes.
  void drop(std::uint32_t piece);

  // What the file looks like now.
  [[nodiscard]] ResumeFile look();
  void sync();

 private:
  // Reads the table, once. Afterwards the mutex is held by the caller.
  void load();
  bool read_table(int fd);
  void write_entry(int fd, std::uint32_t piece, std::uint32_t value) const;
  [[nodiscard]] std::uint64_t slot_offset(std::uint32_t slot) const;

  Access access_;
  std::uint32_t piece_length_;
  std::uint32_t piece_count_;
  std::mutex mutex_;
  bool loaded_ = false;
  bool headed_ = false;                           // the file has a header that is ours
  bool dirty_ = false;                            // written to since the last sync
  std::map<std::uint32_t, std::uint32_t> slots_;  // by piece
  std::set<std::uint32_t> taken_;                 // slots
};

}  // namespace podswarm::engine

// A torrent's files below its folder: reads and writes by piece and offset. Folders and files are made when first
// written to; no symbolic link below the folder is followed, so nothing outside of it is touched. Padding reads as
// zeros and is never written. A file that is not wanted and does not exist is not made: its share of the pieces that
// reach into it lies in the part file (PartPieces), until it is wanted. A file that exists stays where it is.
//
// Thread-safe; every call may block. Throws DiskError.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "engine/core/digest.h"
#include "engine/core/file_layout.h"
#include "engine/core/resume.h"
#include "engine/disk/disk_error.h"
#include "engine/disk/file_pool.h"
#include "engine/disk/part_pieces.h"

namespace podswarm::engine {

class Storage {
 public:
  // `layout` and `pool` must outlive it. The part file lies in the folder too, named after the info-hash.
  Storage(const FileLayout& layout, const std::filesystem::path& folder, const InfoHash& info_hash, FilePool& pool);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  // Which files are wanted from now on, as FileLayout::entries(); all are at first. Does not block. arrange() makes it
  // so.
  void want(std::vector<bool> wanted);
  // Moves what the part file holds of wanted files into them, and sees which of the others do not exist. Before
  // anything is read or written for the first time, and after each want().
  void arrange();

  [[nodiscard]] const std::string& folder() const { return folder_; }

  // `parts`, one after the other, at `offset` of the piece.
  void write(std::uint32_t piece, std::uint32_t offset, std::span<const base::ByteView> parts);
  // Fills `out` from `offset` of the piece. False when a file is missing or ends before: what of `out` was not read is
  // unspecified.
  [[nodiscard]] bool read(std::uint32_t piece, std::uint32_t offset, std::span<std::uint8_t> out);

  // The piece will be read soon: lets the device begin.
  void will_read(std::uint32_t piece);

  // What the files look like now, as FileLayout::entries().
  [[nodiscard]] std::vector<ResumeFile> look() const;
  // The part file: what it looks like, and of which pieces it holds something.
  [[nodiscard]] ResumeFile look_at_part() const;
  [[nodiscard]] std::vector<std::uint32_t> pieces_in_part() const;
  // Whether the file's bytes lie in the part file.
  [[nodiscard]] bool is_in_part(std::uint32_t file) const;
  // Of the wanted files, makes those without bytes and the symbolic links, cuts off what is longer than it should be.
  void complete();
  // Everything that was written is on the disk afterwards.
  void sync();
  // Closes the files.
  void release();

 private:
  [[nodiscard]] base::UniqueFd open_folder() const;
  // The folder that entry lies in; made when `create`. Invalid when it does not exist.
  [[nodiscard]] base::UniqueFd open_parent(const std::string& path, bool create) const;
  // The file; made when `write`. Invalid when it does not exist.
  [[nodiscard]] base::UniqueFd open_path(const std::string& path, bool write, unsigned mode) const;
  [[nodiscard]] base::UniqueFd open_entry(std::uint32_t file, bool write) const;
  [[nodiscard]] FilePool::Handle handle(std::uint32_t file, bool write);
  [[nodiscard]] std::string path_of(const std::string& name) const { return folder_ + '/' + name; }
  [[nodiscard]] std::string shown(std::uint32_t file) const;
  [[nodiscard]] FilePool::Key part_key() const {
    return {owner_, static_cast<std::uint32_t>(layout_.entries().size())};
  }
  [[nodiscard]] std::string part_name() const { return "." + base::to_hex(info_hash_) + ".parts"; }
  [[nodiscard]] PartPieces::Access part_access();
  [[nodiscard]] std::vector<bool> wanted() const;
  [[nodiscard]] bool exists(std::uint32_t file) const;
  // The file's bytes out of the part file, into the file, synced.
  void take_from_part(std::uint32_t file);
  [[nodiscard]] std::uint32_t offset_in_piece(std::uint32_t piece, const FileSpan& span) const;

  const FileLayout& layout_;
  const std::string folder_;  // a path keeps its parts apart, which is of no use here and takes memory
  FilePool& pool_;
  std::uint64_t owner_;
  const InfoHash info_hash_;
  std::unique_ptr<PartPieces> part_;  // where something is in it; made and dropped under `arranging_` alone
  std::mutex sync_mutex_;  // one sync at a time, taken before the others
  // Held by those who read or write, shared; alone by arrange().
  mutable std::shared_mutex arranging_;
  std::vector<bool> in_part_;  // empty where none is; changes under `arranging_`
  mutable std::mutex mutex_;
  std::vector<bool> wanted_;  // empty where all are
  std::vector<bool> dirty_;   // written to since the last sync
  // Of a torrent with many files, from its first write on: the file system tells it of writes that failed since.
  FilePool::Handle folder_handle_;
};

}  // namespace podswarm::engine

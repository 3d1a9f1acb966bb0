// A torrent's files below its folder: reads and writes by piece and offset. Folders and files are made when first
// written to; no symbolic link below the folder is followed, so nothing outside of it is touched. Padding reads as
// zeros and is never written.
//
// Thread-safe; every call may block. Throws DiskError.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "engine/core/file_layout.h"
#include "engine/core/resume.h"
#include "engine/disk/disk_error.h"
#include "engine/disk/file_pool.h"

namespace podswarm::engine {

class Storage {
 public:
  // `layout` and `pool` must outlive it.
  Storage(const FileLayout& layout, std::filesystem::path folder, FilePool& pool);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  // `parts`, one after the other, at `offset` of the piece.
  void write(std::uint32_t piece, std::uint32_t offset, std::span<const base::ByteView> parts);
  // Fills `out` from `offset` of the piece. False when a file is missing or ends before: what of `out` was not read is
  // unspecified.
  [[nodiscard]] bool read(std::uint32_t piece, std::uint32_t offset, std::span<std::uint8_t> out);

  // The piece will be read soon: lets the device begin.
  void will_read(std::uint32_t piece);

  // What the files look like now, as FileLayout::entries().
  [[nodiscard]] std::vector<ResumeFile> look() const;
  // Makes the files without bytes and the symbolic links, cuts off what is longer than it should be.
  void complete();
  // Everything that was written is on the disk afterwards.
  void sync();
  // Closes the files.
  void release();

 private:
  [[nodiscard]] base::UniqueFd open_folder() const;
  // The folder that entry lies in; made when `create`. Invalid when it does not exist.
  [[nodiscard]] base::UniqueFd open_parent(const std::string& path, bool create) const;
  [[nodiscard]] base::UniqueFd open_entry(std::uint32_t file, bool write) const;
  [[nodiscard]] FilePool::Handle handle(std::uint32_t file, bool write);
  [[nodiscard]] std::string shown(std::uint32_t file) const;

  const FileLayout& layout_;
  std::filesystem::path folder_;
  FilePool& pool_;
  std::uint64_t owner_;
  std::mutex mutex_;
  std::vector<bool> dirty_;  // written to since the last sync
  // Of a torrent with many files, from its first write on: the file system tells it of writes that failed since.
  FilePool::Handle folder_handle_;
};

}  // namespace podswarm::engine

// Where a torrent's bytes lie in its files (BEP 3, 47, 52), and safe names for those files on disk. A pure value, made
// once from the metainfo; may be read from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/metainfo.h"

namespace podswarm::engine {

class PathSet;

// A run of bytes of one file.
struct FileSpan {
  std::uint32_t file = 0;  // index into entries()
  std::uint64_t offset = 0;
  std::uint32_t length = 0;

  friend bool operator==(const FileSpan&, const FileSpan&) = default;
};

class FileLayout {
 public:
  struct Entry {
    // Relative to the download's folder, '/' between elements, safe on every file system: no "..", no empty element, no
    // name reserved by Windows, elements of at most 240 bytes, no two entries the same (case ignored), none a folder of
    // another. "" where `on_disk` is false.
    std::string path;
    std::uint64_t offset = 0;  // in the torrent's piece space
    std::uint64_t length = 0;
    bool on_disk = true;  // false: padding, which reads as zeros and is never written
    bool executable = false;
    std::string symlink;  // the path of the entry it points to; "" of an ordinary file
  };

  explicit FileLayout(const Metainfo& metainfo);

  // As many as metainfo.files and in their order, empty files included.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] std::uint32_t piece_length() const { return piece_length_; }
  [[nodiscard]] std::uint32_t piece_count() const { return piece_count_; }
  // Of the files on disk together.
  [[nodiscard]] std::uint64_t disk_size() const { return disk_size_; }
  [[nodiscard]] std::uint32_t piece_size(std::uint32_t piece) const;
  // Payload to be had by downloading everything: all piece sizes together, padding included.
  [[nodiscard]] std::uint64_t total_size() const { return total_size_; }

  // Whether piece, offset and length name bytes inside the piece; `length` 0 is not.
  [[nodiscard]] bool contains(std::uint32_t piece, std::uint32_t offset, std::uint32_t length) const;

  // The files' parts that the range is made of, in order, padding included; replaces what is in `out`. contains()
  // holds.
  void map(std::uint32_t piece, std::uint32_t offset, std::uint32_t length, std::vector<FileSpan>& out) const;

  // The pieces [first, second) that hold bytes of that file; empty for a file without bytes.
  [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> pieces_of(std::uint32_t file) const;

 private:
  void add_links(const Metainfo& metainfo, PathSet& paths);
  // In with_bytes_: the entry that holds the byte at `position` of the piece space.
  [[nodiscard]] std::vector<std::uint32_t>::const_iterator entry_at(std::uint64_t position) const;

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> with_bytes_;  // the entries that are not empty, by offset
  std::uint32_t piece_length_ = 0;
  std::uint32_t piece_count_ = 0;
  std::uint64_t disk_size_ = 0;
  std::uint64_t total_size_ = 0;
  std::uint64_t end_ = 0;               // of the piece space
  bool pieces_end_with_files_ = false;  // v2 alone
};

}  // namespace podswarm::engine

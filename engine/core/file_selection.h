// Which files of a torrent are wanted, and what that means for its pieces: a piece is wanted as much as the most wanted
// file that has bytes in it. Also what a magnet's `so=` selects (BEP 53), and how far each file is. Pure values.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/core/bitfield.h"
#include "engine/core/file_layout.h"
#include "engine/core/file_priority.h"

namespace podswarm::engine {

class FileSelection {
 public:
  // Everything, normally. `layout` must outlive it.
  explicit FileSelection(const FileLayout& layout) : layout_(layout) {}

  // As FileLayout::entries(); files that are not mentioned are normal.
  void set(std::vector<FilePriority> files);
  // Empty where all are normal.
  [[nodiscard]] const std::vector<FilePriority>& files() const { return files_; }
  [[nodiscard]] FilePriority of(std::uint32_t file) const {
    return file < files_.size() ? files_[file] : FilePriority::kNormal;
  }
  [[nodiscard]] bool wants(std::uint32_t file) const { return of(file) != FilePriority::kSkip; }
  // Not one file is wanted.
  [[nodiscard]] bool nothing() const;
  // As FileLayout::entries().
  [[nodiscard]] std::vector<bool> wanted() const;

  // One for each piece. Padding (BEP 47) that fills a piece alone goes with the file before it.
  [[nodiscard]] std::vector<FilePriority> pieces() const;
  // Of the wanted files on disk: all their bytes, and those that lie in that piece.
  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] std::uint64_t bytes_in(std::uint32_t piece) const;

 private:
  const FileLayout& layout_;
  std::vector<FilePriority> files_;
};

// The files in these ranges (first and last index, both included) are normal, the others skipped; empty, which is all
// of them, where the ranges name no file that there is.
[[nodiscard]] std::vector<FilePriority> select_ranges(
    const std::vector<std::pair<std::uint32_t, std::uint32_t>>& ranges, std::size_t file_count);

// Of each of FileLayout::entries(), how many bytes lie in the pieces of `have`.
[[nodiscard]] std::vector<std::uint64_t> file_progress(const FileLayout& layout, const Bitfield& have);

}  // namespace podswarm::engine

#include "engine/core/file_selection.h"

#include <algorithm>

namespace podswarm::engine {

void FileSelection::set(std::vector<FilePriority> files) {
  files.resize(layout_.entries().size(), FilePriority::kNormal);
  const bool plain =
      std::all_of(files.begin(), files.end(), [](FilePriority priority) { return priority == FilePriority::kNormal; });
  if (plain) files = {};
  files_ = std::move(files);
}

bool FileSelection::nothing() const {
  const auto& entries = layout_.entries();
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (entries[i].on_disk && wants(i)) return false;
  }
  return !files_.empty();
}

std::vector<bool> FileSelection::wanted() const {
  std::vector<bool> wanted(layout_.entries().size());
  for (std::uint32_t i = 0; i < wanted.size(); ++i) wanted[i] = wants(i);
  return wanted;
}

std::vector<FilePriority> FileSelection::pieces() const {
  const auto& entries = layout_.entries();
  std::vector<FilePriority> pieces(layout_.piece_count(), files_.empty() ? FilePriority::kNormal : FilePriority::kSkip);
  if (files_.empty()) return pieces;
  std::vector<bool> has_file(pieces.size());
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].on_disk) continue;
    const auto [first, end] = layout_.pieces_of(i);
    for (std::uint32_t piece = first; piece < end; ++piece) {
      pieces[piece] = std::max(pieces[piece], of(i));
      has_file[piece] = true;
    }
  }
  FilePriority before = FilePriority::kNormal;
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (entries[i].on_disk) {
      before = of(i);
      continue;
    }
    const auto [first, end] = layout_.pieces_of(i);
    for (std::uint32_t piece = first; piece < end; ++piece) {
      if (!has_file[piece]) pieces[piece] = std::max(pieces[piece], before);
    }
  }
  return pieces;
}

std::uint64_t FileSelection::bytes() const {
  const auto& entries = layout_.entries();
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (entries[i].on_disk && wants(i)) bytes += entries[i].length;
  }
  return bytes;
}

std::uint64_t FileSelection::bytes_in(std::uint32_t piece) const {
  std::vector<FileSpan> spans;
  layout_.map(piece, 0, layout_.piece_size(piece), spans);
  std::uint64_t bytes = 0;
  for (const FileSpan& span : spans) {
    if (layout_.entries()[span.file].on_disk && wants(span.file)) bytes += span.length;
  }
  return bytes;
}

std::vector<FilePriority> select_ranges(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& ranges,
                                        std::size_t file_count) {
  std::vector<FilePriority> files(file_count, FilePriority::kSkip);
  bool any = false;
  for (const auto& [first, last] : ranges) {
    for (std::size_t i = first; i <= last && i < file_count; ++i) {
      files[i] = FilePriority::kNormal;
      any = true;
    }
  }
  if (!any) files = {};
  return files;
}

std::vector<std::uint64_t> file_progress(const FileLayout& layout, const Bitfield& have) {
  const auto& entries = layout.entries();
  std::vector<std::uint64_t> done(entries.size());
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    const auto [first, end] = layout.pieces_of(i);
    const std::uint64_t file_end = entries[i].offset + entries[i].length;
    for (std::uint32_t piece = have.next_set(first); piece < end; piece = have.next_set(piece + 1)) {
      const std::uint64_t begin = std::uint64_t{piece} * layout.piece_length();
      done[i] += std::min(file_end, begin + layout.piece_size(piece)) - std::max(entries[i].offset, begin);
    }
  }
  return done;
}

}  // namespace podswarm::engine

#include "engine/core/file_layout.h"

#include <algorithm>
#include <cassert>
#include <string_view>
#include <unordered_map>

#include "engine/core/path_set.h"

namespace podswarm::engine {

FileLayout::FileLayout(const Metainfo& metainfo)
    : piece_length_(metainfo.piece_length),
      piece_count_(metainfo.piece_count),
      total_size_(metainfo.total_size),
      pieces_end_with_files_(!metainfo.is_v1()) {
  PathSet paths;
  entries_.reserve(metainfo.files.size());
  for (const MetainfoFile& file : metainfo.files) {
    Entry entry;
    entry.offset = file.offset;
    entry.length = file.length;
    entry.executable = file.executable;
    entry.on_disk = !file.pad && file.symlink.empty();
    if (entry.on_disk) {
      entry.path = paths.add(file.path);
      disk_size_ += file.length;
    }
    if (file.length > 0) with_bytes_.push_back(static_cast<std::uint32_t>(entries_.size()));
    end_ = std::max(end_, file.offset + file.length);
    entries_.push_back(std::move(entry));
  }
  add_links(metainfo, paths);
}

void FileLayout::add_links(const Metainfo& metainfo, PathSet& paths) {
  std::unordered_map<std::string_view, std::uint32_t> by_path;
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    if (metainfo.files[i].symlink.empty()) continue;
    if (by_path.empty()) {
      for (std::uint32_t k = 0; k < entries_.size(); ++k) {
        if (entries_[k].on_disk) by_path.emplace(metainfo.files[k].path, k);
      }
    }
    const auto target = by_path.find(metainfo.name + "/" + metainfo.files[i].symlink);
    if (target == by_path.end()) continue;
    entries_[i].symlink = entries_[target->second].path;
    entries_[i].path = paths.add(metainfo.files[i].path);
    entries_[i].on_disk = true;
  }
}

std::uint32_t FileLayout::piece_size(std::uint32_t piece) const {
  assert(piece < piece_count_);
  const std::uint64_t begin = std::uint64_t{piece} * piece_length_;
  std::uint64_t end = end_;
  if (pieces_end_with_files_) {
    const Entry& entry = entries_[*entry_at(begin)];
    end = entry.offset + entry.length;
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(piece_length_, end - begin));
}

std::vector<std::uint32_t>::const_iterator FileLayout::entry_at(std::uint64_t position) const {
  const auto after =
      std::upper_bound(with_bytes_.begin(), with_bytes_.end(), position,
                       [this](std::uint64_t at, std::uint32_t entry) { return at < entries_[entry].offset; });
  assert(after != with_bytes_.begin());
  return std::prev(after);
}

bool FileLayout::contains(std::uint32_t piece, std::uint32_t offset, std::uint32_t length) const {
  if (piece >= piece_count_ || length == 0) return false;
  const std::uint32_t size = piece_size(piece);
  return offset < size && length <= size - offset;
}

void FileLayout::map(std::uint32_t piece, std::uint32_t offset, std::uint32_t length,
                     std::vector<FileSpan>& out) const {
  assert(contains(piece, offset, length));
  out.clear();
  std::uint64_t at = std::uint64_t{piece} * piece_length_ + offset;
  for (auto entry = entry_at(at); length > 0; ++entry) {
    const Entry& file = entries_[*entry];
    const std::uint64_t in_file = at - file.offset;
    const auto part = static_cast<std::uint32_t>(std::min<std::uint64_t>(length, file.length - in_file));
    out.push_back({*entry, in_file, part});
    at += part;
    length -= part;
  }
}

std::pair<std::uint32_t, std::uint32_t> FileLayout::pieces_of(std::uint32_t file) const {
  const Entry& entry = entries_[file];
  if (entry.length == 0) return {0, 0};
  return {static_cast<std::uint32_t>(entry.offset / piece_length_),
          static_cast<std::uint32_t>((entry.offset + entry.length - 1) / piece_length_ + 1)};
}

}  // namespace podswarm::engine

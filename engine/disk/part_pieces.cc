#include "engine/disk/part_pieces.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "engine/disk/file_io.h"

namespace podswarm::engine {

namespace {

constexpr std::string_view kMagic = "podswarm parts 1";
constexpr std::uint64_t kTable = kMagic.size() + 8;
constexpr std::uint64_t kAlignment = 4096;

}  // namespace

PartPieces::PartPieces(Access access, std::uint32_t piece_length, std::uint32_t piece_count)
    : access_(std::move(access)), piece_length_(piece_length), piece_count_(piece_count) {}

std::uint64_t PartPieces::slot_offset(std::uint32_t slot) const {
  const std::uint64_t table_end = kTable + 4 * std::uint64_t{piece_count_};
  return (table_end + kAlignment - 1) / kAlignment * kAlignment + std::uint64_t{slot} * piece_length_;
}

void PartPieces::load() {
  if (loaded_) return;
  const FilePool::Handle file = access_.open(false);
  headed_ = file && read_table(file->get());
  if (!headed_) {
    slots_.clear();
    taken_.clear();
  }
  loaded_ = true;
}

// False when the file is not what it should be.
bool PartPieces::read_table(int fd) {
  base::Bytes bytes(kTable + 4 * std::size_t{piece_count_});
  const std::size_t got = read_fully(fd, bytes, 0, access_.shown());
  if (got < kTable || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) return false;
  if (base::load_be32(&bytes[kMagic.size()]) != piece_length_ ||
      base::load_be32(&bytes[kMagic.size() + 4]) != piece_count_) {
    return false;
  }
  for (std::uint32_t piece = 0; piece < piece_count_; ++piece) {
    const std::uint32_t value = base::load_be32(&bytes[kTable + 4 * std::size_t{piece}]);
    if (value == 0) continue;
    if (value > piece_count_ || !taken_.insert(value - 1).second) return false;
    slots_[piece] = value - 1;
  }
  return true;
}

void PartPieces::write_entry(int fd, std::uint32_t piece, std::uint32_t value) const {
  std::uint8_t bytes[4];
  base::store_be32(bytes, value);
  iovec part{bytes, sizeof bytes};
  write_fully(fd, {&part, 1}, kTable + 4 * std::uint64_t{piece}, access_.shown());
}

bool PartPieces::has(std::uint32_t piece) {
  const std::lock_guard lock(mutex_);
  load();
  return slots_.contains(piece);
}

std::vector<std::uint32_t> PartPieces::pieces() {
  const std::lock_guard lock(mutex_);
  load();
  std::vector<std::uint32_t> pieces;
  pieces.reserve(slots_.size());
  for (const auto& [piece, slot] : slots_) pieces.push_back(piece);
  return pieces;
}

void PartPieces::write(std::uint32_t piece, std::uint32_t offset, std::span<iovec> parts) {
  assert(piece < piece_count_ && offset < piece_length_);
  const std::lock_guard lock(mutex_);
  load();
  const FilePool::Handle file = access_.open(true);
  if (!headed_) {
    if (::ftruncate(file->get(), 0) != 0) throw DiskError::from_errno(errno, access_.shown(), "write");
    base::Bytes head(kTable);
    std::memcpy(head.data(), kMagic.data(), kMagic.size());
    base::store_be32(&head[kMagic.size()], piece_length_);
    base::store_be32(&head[kMagic.size() + 4], piece_count_);
    iovec part{head.data(), head.size()};
    write_fully(file->get(), {&part, 1}, 0, access_.shown());
    headed_ = true;
  }
  dirty_ = true;
  auto at = slots_.find(piece);
  if (at == slots_.end()) {
    std::uint32_t slot = 0;
    for (const std::uint32_t taken : taken_) {
      if (taken != slot) break;
      ++slot;
    }
    // As long as a slot from the start, so that what was written of it can be read in one go.
    struct stat info {};
    const std::uint64_t end = slot_offset(slot + 1);
    if (::fstat(file->get(), &info) != 0 ||
        (static_cast<std::uint64_t>(info.st_size) < end && ::ftruncate(file->get(), static_cast<off_t>(end)) != 0)) {
      throw DiskError::from_errno(errno, access_.shown(), "write");
    }
    write_entry(file->get(), piece, slot + 1);
    taken_.insert(slot);
    at = slots_.emplace(piece, slot).first;
  }
  write_fully(file->get(), parts, slot_offset(at->second) + offset, access_.shown());
}

bool PartPieces::read(std::uint32_t piece, std::uint32_t offset, std::span<std::uint8_t> out) {
  const std::lock_guard lock(mutex_);
  load();
  const auto at = slots_.find(piece);
  if (at == slots_.end()) return false;
  const FilePool::Handle file = access_.open(false);
  return file && read_fully(file->get(), out, slot_offset(at->second) + offset, access_.shown()) == out.size();
}

void PartPieces::drop(std::uint32_t piece) {
  const std::lock_guard lock(mutex_);
  load();
  const auto at = slots_.find(piece);
  if (at == slots_.end()) return;
  if (slots_.size() == 1) {
    access_.remove();
    headed_ = false;
    dirty_ = false;
  } else {
    write_entry(access_.open(true)->get(), piece, 0);
    dirty_ = true;
  }
  taken_.erase(at->second);
  slots_.erase(at);
}

ResumeFile PartPieces::look() {
  const std::lock_guard lock(mutex_);
  load();
  struct stat info {};
  const FilePool::Handle file = headed_ ? access_.open(false) : nullptr;
  if (!file || ::fstat(file->get(), &info) != 0) return {};
  return {static_cast<std::uint64_t>(info.st_size),
          std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec, true};
}

void PartPieces::sync() {
  const std::lock_guard lock(mutex_);
  if (!dirty_) return;
  const FilePool::Handle file = access_.open(false);
  if (!file || ::fdatasync(file->get()) != 0)
    throw DiskError::from_errno(file ? errno : ENOENT, access_.shown(), "sync");
  dirty_ = false;
}

}  // namespace podswarm::engine

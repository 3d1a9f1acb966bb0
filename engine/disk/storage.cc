#include "engine/disk/storage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "engine/disk/file_io.h"

namespace podswarm::engine {

namespace {

constexpr std::uint32_t kCopy = 256 * 1024;  // at once
// Above it, syncing the whole file system once costs less than each file by itself.
constexpr std::size_t kManyFiles = 64;

}  // namespace

Storage::Storage(const FileLayout& layout, const std::filesystem::path& folder, const InfoHash& info_hash, FilePool& pool)
    : layout_(layout),
      folder_(folder.string()),
      pool_(pool),
      owner_(pool.new_owner()),
      info_hash_(info_hash),
      dirty_(layout.entries().size()) {}

Storage::~Storage() {
  pool_.close_all(owner_);
}

void Storage::release() {
  pool_.close_all(owner_);
  const std::lock_guard lock(mutex_);
  folder_handle_.reset();
}

std::string Storage::shown(std::uint32_t file) const {
  return path_of(layout_.entries()[file].path);
}

base::UniqueFd Storage::open_folder() const {
  return base::UniqueFd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

base::UniqueFd Storage::open_parent(const std::string& path, bool create) const {
  base::UniqueFd at = open_folder();
  if (!at && errno == ENOENT && create) {
    if (::mkdir(folder_.c_str(), 0777) != 0 && errno != EEXIST) {
      throw DiskError::from_errno(errno, folder_, "create the folder");
    }
    at = open_folder();
  }
  if (!at) {
    if (errno == ENOENT && !create) return at;
    throw DiskError::from_errno(errno, folder_, "open the folder");
  }
  // Step by step, each one no link: a path resolved in one go could lead out through a link that somebody planted.
  const auto steps = base::split(path, '/');
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    const std::string step(steps[i]);
    const auto open_step = [&] {
      return base::UniqueFd(::openat(at.get(), step.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    };
    base::UniqueFd next = open_step();
    if (!next && errno == ENOENT && create) {
      if (::mkdirat(at.get(), step.c_str(), 0777) != 0 && errno != EEXIST) {
        throw DiskError::from_errno(errno, path_of(path), "create the folder of");
      }
      next = open_step();
    }
    if (!next) {
      if (errno == ENOENT && !create) return next;
      throw DiskError::from_errno(errno, path_of(path), "open the folder of");
    }
    at = std::move(next);
  }
  return at;
}

base::UniqueFd Storage::open_path(const std::string& path, bool write, unsigned mode) const {
  const base::UniqueFd parent = open_parent(path, write);
  if (!parent) return {};
  const std::string name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  const int flags = (write ? O_RDWR | O_CREAT : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  base::UniqueFd fd(::openat(parent.get(), name.c_str(), flags, mode));
  if (!fd) {
    if (errno == ENOENT && !write) return fd;
    throw DiskError::from_errno(errno, path_of(path), "open");
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    throw DiskError(FailureKind::kDisk, path_of(path) + ": is not a file");
  }
  return fd;
}

base::UniqueFd Storage::open_entry(std::uint32_t file, bool write) const {
  const auto& entry = layout_.entries()[file];
  return open_path(entry.path, write, entry.executable ? 0777 : 0666);
}

// In the pool of open files it stands behind the others.
PartPieces::Access Storage::part_access() {
  PartPieces::Access access;
  access.shown = [this] { return path_of(part_name()); };
  access.open = [this](bool write) {
    return pool_.get(part_key(), write, [&] { return open_path(part_name(), write, 0666); });
  };
  access.remove = [this] {
    pool_.close(part_key());
    const base::UniqueFd folder = open_folder();
    if (folder) ::unlinkat(folder.get(), part_name().c_str(), 0);
  };
  return access;
}

// ---- which files are wanted ----

void Storage::want(std::vector<bool> wanted) {
  const std::lock_guard lock(mutex_);
  wanted_ = std::move(wanted);
}

std::vector<bool> Storage::wanted() const {
  const std::lock_guard lock(mutex_);
  return wanted_.empty() ? std::vector<bool>(layout_.entries().size(), true) : wanted_;
}

bool Storage::exists(std::uint32_t file) const {
  const auto& path = layout_.entries()[file].path;
  const base::UniqueFd parent = open_parent(path, false);
  struct stat info {};
  return parent && ::fstatat(parent.get(), path.substr(path.rfind('/') + 1).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

ResumeFile Storage::look_at_part() const {
  const std::shared_lock lock(arranging_);
  return part_ ? part_->look() : ResumeFile{};
}

std::vector<std::uint32_t> Storage::pieces_in_part() const {
  const std::shared_lock lock(arranging_);
  return part_ ? part_->pieces() : std::vector<std::uint32_t>();
}

bool Storage::is_in_part(std::uint32_t file) const {
  const std::shared_lock lock(arranging_);
  return file < in_part_.size() && in_part_[file];
}

std::uint32_t Storage::offset_in_piece(std::uint32_t piece, const FileSpan& span) const {
  const std::uint64_t at = layout_.entries()[span.file].offset + span.offset;
  return static_cast<std::uint32_t>(at - std::uint64_t{piece} * layout_.piece_length());
}

void Storage::arrange() {
  const std::lock_guard lock(arranging_);
  const std::vector<bool> wanted = this->wanted();
  const bool all_wanted = std::find(wanted.begin(), wanted.end(), false) == wanted.end();
  if (!part_) part_ = std::make_unique<PartPieces>(part_access(), layout_.piece_length(), layout_.piece_count());
  if (all_wanted && part_->pieces().empty()) {
    part_.reset();
    in_part_ = {};
    return;
  }
  const auto& entries = layout_.entries();
  in_part_.resize(entries.size());
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].on_disk || !entries[i].symlink.empty() || entries[i].length == 0) continue;
    if (!in_part_[i] && !exists(i)) in_part_[i] = true;
    if (wanted[i] && in_part_[i]) take_from_part(i);
  }
}

void Storage::take_from_part(std::uint32_t file) {
  std::vector<std::uint32_t> pieces = part_->pieces();
  const auto [first, end] = layout_.pieces_of(file);
  std::erase_if(pieces, [first = first, end = end](std::uint32_t piece) { return piece < first || piece >= end; });
  std::vector<FileSpan> spans;
  std::vector<std::uint8_t> buffer;
  for (const std::uint32_t piece : pieces) {
    layout_.map(piece, 0, layout_.piece_size(piece), spans);
    for (const FileSpan& span : spans) {
      if (span.file != file) continue;
      for (std::uint32_t done = 0; done < span.length;) {
        buffer.resize(std::min(kCopy, span.length - done));
        // What was never received may not be there to be read.
        if (!part_->read(piece, offset_in_piece(piece, span) + done, buffer)) break;
        iovec part{buffer.data(), buffer.size()};
        write_fully(handle(file, true)->get(), {&part, 1}, span.offset + done, shown(file));
        done += static_cast<std::uint32_t>(buffer.size());
      }
    }
  }
  if (!pieces.empty()) {
    const FilePool::Handle written = handle(file, false);
    if (written && ::fdatasync(written->get()) != 0) throw DiskError::from_errno(errno, shown(file), "sync");
  }
  in_part_[file] = false;
  // A slot may hold the bytes of several files.
  for (const std::uint32_t piece : pieces) {
    layout_.map(piece, 0, layout_.piece_size(piece), spans);
    const bool needed =
        std::any_of(spans.begin(), spans.end(), [this](const FileSpan& span) { return in_part_[span.file]; });
    if (!needed) part_->drop(piece);
  }
}

// ---- bytes ----

FilePool::Handle Storage::handle(std::uint32_t file, bool write) {
  return pool_.get({owner_, file}, write, [&] { return open_entry(file, write); });
}

void Storage::write(std::uint32_t piece, std::uint32_t offset, std::span<const base::ByteView> parts) {
  const std::shared_lock lock(arranging_);
  std::uint32_t length = 0;
  for (const base::ByteView part : parts) length += static_cast<std::uint32_t>(part.size());
  std::vector<FileSpan> spans;
  layout_.map(piece, offset, length, spans);
  std::vector<iovec> vectors;
  std::size_t part = 0;
  std::size_t begin = 0;  // of that part, what earlier spans took
  for (const FileSpan& span : spans) {
    vectors.clear();
    std::size_t left = span.length;
    while (left > 0) {
      const std::size_t taken = std::min(left, parts[part].size() - begin);
      // pwritev only reads from it.
      auto* data = const_cast<std::uint8_t*>(parts[part].data() + begin);
      if (!vectors.empty() && static_cast<std::uint8_t*>(vectors.back().iov_base) + vectors.back().iov_len == data) {
        vectors.back().iov_len += taken;
      } else if (taken > 0) {
        vectors.push_back({data, taken});
      }
      left -= taken;
      begin += taken;
      if (begin == parts[part].size()) {
        ++part;
        begin = 0;
      }
    }
    if (!layout_.entries()[span.file].on_disk) continue;
    if (span.file < in_part_.size() && in_part_[span.file]) {
      part_->write(piece, offset_in_piece(piece, span), vectors);
      continue;
    }
    const FilePool::Handle file = handle(span.file, true);
    if (const int error = pool_.before_write(shown(span.file), span.length); error != 0) {
      throw DiskError::from_errno(error, shown(span.file), "write");
    }
    {
      const std::lock_guard alone(file->writing);
      write_fully(file->get(), vectors, span.offset, shown(span.file));
    }
    const std::lock_guard dirt(mutex_);
    dirty_[span.file] = true;
    if (!folder_handle_ && layout_.entries().size() > kManyFiles) {
      folder_handle_ = std::make_shared<FilePool::File>(open_folder());
    }
  }
}

bool Storage::read(std::uint32_t piece, std::uint32_t offset, std::span<std::uint8_t> out) {
  const std::shared_lock lock(arranging_);
  std::vector<FileSpan> spans;
  layout_.map(piece, offset, static_cast<std::uint32_t>(out.size()), spans);
  for (const FileSpan& span : spans) {
    const auto target = out.first(span.length);
    out = out.subspan(span.length);
    if (!layout_.entries()[span.file].on_disk) {
      std::memset(target.data(), 0, target.size());
      continue;
    }
    if (span.file < in_part_.size() && in_part_[span.file]) {
      if (!part_->read(piece, offset_in_piece(piece, span), target)) return false;
      continue;
    }
    const FilePool::Handle file = handle(span.file, false);
    if (!file || read_fully(file->get(), target, span.offset, shown(span.file)) < target.size()) return false;
  }
  return true;
}

void Storage::will_read(std::uint32_t piece) {
  // Of a large piece the beginning: from there on the kernel reads ahead by itself.
  constexpr std::uint32_t kMost = 4 * 1024 * 1024;
  std::vector<FileSpan> spans;
  layout_.map(piece, 0, std::min(kMost, layout_.piece_size(piece)), spans);
  for (const FileSpan& span : spans) {
    if (!layout_.entries()[span.file].on_disk) continue;
    const FilePool::Handle file = handle(span.file, false);
    if (file) (void)::posix_fadvise(file->get(), static_cast<off_t>(span.offset), span.length, POSIX_FADV_WILLNEED);
  }
}

std::vector<ResumeFile> Storage::look() const {
  const auto& entries = layout_.entries();
  std::vector<ResumeFile> files(entries.size());
  const base::UniqueFd folder = open_folder();
  if (!folder) {
    // A folder that cannot be read is not an empty one.
    if (errno != ENOENT) throw DiskError::from_errno(errno, folder_, "open the folder");
    return files;
  }
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].on_disk || !entries[i].symlink.empty()) continue;
    struct stat info {};
    if (::fstatat(folder.get(), entries[i].path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(info.st_mode)) continue;
    files[i] = {static_cast<std::uint64_t>(info.st_size),
                std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec, true};
  }
  return files;
}

void Storage::complete() {
  const auto& entries = layout_.entries();
  const std::vector<bool> wanted = this->wanted();
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    if (!entry.on_disk || !wanted[i]) continue;
    if (!entry.symlink.empty()) {
      const base::UniqueFd parent = open_parent(entry.path, true);
      const std::filesystem::path link(entry.path);
      const auto target = std::filesystem::path(entry.symlink).lexically_relative(link.parent_path());
      if (::symlinkat(target.c_str(), parent.get(), link.filename().c_str()) != 0 && errno != EEXIST) {
        throw DiskError::from_errno(errno, shown(i), "create");
      }
      continue;
    }
    struct stat info {};
    const FilePool::Handle file = handle(i, entry.length == 0);
    if (!file || ::fstat(file->get(), &info) != 0 || static_cast<std::uint64_t>(info.st_size) == entry.length) continue;
    const FilePool::Handle writable = handle(i, true);
    if (::ftruncate(writable->get(), static_cast<off_t>(entry.length)) != 0) {
      throw DiskError::from_errno(errno, shown(i), "cut");
    }
    const std::lock_guard lock(mutex_);
    dirty_[i] = true;
  }
}

void Storage::sync() {
  // Who finds nothing left to sync may only say so when it is on the disk.
  const std::lock_guard alone(sync_mutex_);
  {
    const std::shared_lock lock(arranging_);
    if (part_) part_->sync();
  }
  std::vector<bool> dirty(layout_.entries().size());
  FilePool::Handle folder;
  {
    const std::lock_guard lock(mutex_);
    dirty.swap(dirty_);
    folder = folder_handle_;
  }
  const auto fail = [&](std::uint32_t first, int error, const std::string& path) {
    {
      const std::lock_guard lock(mutex_);
      for (std::size_t k = first; k < dirty.size(); ++k) {
        if (dirty[k]) dirty_[k] = true;
      }
    }
    throw DiskError::from_errno(error, path, "sync");
  };
  const auto count = static_cast<std::size_t>(std::count(dirty.begin(), dirty.end(), true));
  if (folder && *folder && count > kManyFiles) {
    if (::syncfs(folder->get()) != 0) fail(0, errno, folder_);
    return;
  }
  for (std::uint32_t i = 0; i < dirty.size(); ++i) {
    if (!dirty[i]) continue;
    const FilePool::Handle file = handle(i, false);
    if (!file || ::fdatasync(file->get()) != 0) fail(i, file ? errno : ENOENT, shown(i));
  }
}

}  // namespace podswarm::engine

#include "library/tagged_copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>

#include "base/file.h"
#include "base/log.h"
#include "library/place_tree.h"

namespace podswarm::library {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kFinished = ".tagged-";
constexpr std::string_view kDraft = ".tagging";
constexpr std::size_t kMaxCoverBytes = 16u << 20;

struct FinishedFolder {
  fs::path path;
  std::uint64_t size = 0;
};

std::optional<FinishedFolder> finished_folder(const fs::path& source) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(source.parent_path(), error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kFinished)) continue;
    std::uint64_t size = 0;
    const char* const end = name.data() + name.size();
    const auto [rest, bad] = std::from_chars(name.data() + kFinished.size(), end, size);
    if (bad == std::errc{} && rest == end) return FinishedFolder{entry.path(), size};
  }
  return std::nullopt;
}

void sync_file(const fs::path& file) {
  const base::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) ::fsync(fd.get());
}

Cover cover_of(const fs::path& file) {
  if (file.empty()) return {};
  auto bytes = base::read_file(file, kMaxCoverBytes);
  return bytes ? *std::move(bytes) : Cover();
}

// What went wrong; "" with a copy at `draft`.
std::string make_copy(const fs::path& source, const fs::path& draft, const TagRequest& request, const Cover& cover) {
  const auto tree = read_tree(source);
  if (!tree) return tree.error().message;
  if (auto made = make_folders(draft.parent_path()); !made) return made.error().message;
  if (auto copied = duplicate_tree(source, *tree, draft, false, std::nullopt); !copied) return copied.error().message;
  if (auto written = write_tags(draft, request.tags, request.mode, cover); !written) return written.error().message;
  // What cannot be read again is no file to put into a library.
  if (auto again = read_tags(draft); !again) return again.error().message;
  sync_file(draft);
  base::sync_folder(draft.parent_path());
  return {};
}

}  // namespace

std::optional<fs::path> tagged_copy(const fs::path& source, const TagRequest& request) {
  std::error_code error;
  if (const auto finished = finished_folder(source)) {
    const fs::path copy = finished->path / source.filename();
    if (fs::is_regular_file(copy, error)) return copy;
    fs::remove_all(finished->path, error);  // moved away before, and not found there
  }
  const Cover cover = cover_of(request.cover);
  const auto lacks = lacks_tags(source, request.tags, request.mode, cover);
  if (!lacks) {
    spdlog::debug("no tags are written: {}", lacks.error().message);
    return std::nullopt;
  }
  if (!*lacks) return std::nullopt;
  const fs::path draft = source.parent_path() / kDraft;
  fs::remove_all(draft, error);
  std::string problem = make_copy(source, draft / source.filename(), request, cover);
  if (problem.empty()) {
    const auto size = fs::file_size(draft / source.filename(), error);
    const fs::path finished = source.parent_path() / (std::string(kFinished) + std::to_string(size));
    const auto renamed = base::rename_without_replacing(draft, finished);
    if (renamed) return finished / source.filename();
    problem = renamed.error().message;
  }
  spdlog::warn("{}: placed without tags: {}", source.filename().string(), problem);
  fs::remove_all(draft, error);
  return std::nullopt;
}

std::optional<std::uint64_t> size_of_moved_copy(const fs::path& source) {
  const auto finished = finished_folder(source);
  std::error_code error;
  if (!finished || fs::exists(finished->path / source.filename(), error)) return std::nullopt;
  return finished->size;
}

}  // namespace podswarm::library

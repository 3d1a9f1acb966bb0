#include "scheduler/missing_files.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/log.h"
#include "library/below.h"
#include "scheduler/download_queue.h"

namespace podswarm::scheduler {

namespace {

constexpr std::chrono::hours kLookAgain{24};

// Any other trouble than that there is no such file tells nothing.
bool is_gone(const std::filesystem::path& file) {
  struct stat info {};
  return ::lstat(file.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

}  // namespace

// What downloads make in it stays for as long as it is a library; an empty folder is where its disk is to be mounted.
bool MissingFiles::is_there(const std::filesystem::path& root) {
  const auto [entry, is_new] = is_there_.try_emplace(root);
  std::error_code error;
  if (is_new) entry->second = std::filesystem::is_directory(root / kIncomingFolder, error);
  return entry->second;
}

std::size_t MissingFiles::look(base::WallTime now, const Enough& enough) {
  if (now < next_look_) return 0;
  if (left_.empty()) {
    for (auto& file : context_.files.list()) left_.push_back(std::move(file));
  }
  is_there_.clear();
  std::size_t gone = 0;
  for (bool first = true; !left_.empty() && (first || !enough()); first = false) {
    const auto file = std::move(left_.front());
    left_.pop_front();
    if (!is_gone(file.path)) continue;
    // It may have been renamed, and be known by another name by now.
    const auto row = context_.files.find(file.id);
    const auto episode = row && row->path == file.path ? context_.episodes.find(row->episode_id) : std::nullopt;
    const auto feed = episode ? context_.feeds.find(episode->feed_id) : std::nullopt;
    if (!feed) continue;
    const auto root = context_.settings->library_root(context_.settings->for_feed(*feed));
    if (!library::path_below(file.path, root) || !is_there(root)) continue;
    // One that is on its way again is in other hands, and one that seeds has a file of its own.
    const auto download = context_.downloads.find_by_episode(episode->id);
    if (download && (download->state != db::DownloadState::kDone || download->seeding)) continue;
    spdlog::info("{}: {} is gone from the library", episode->title, file.path.string());
    context_.files.remove(file.id, now, "gone from the library");
    ++gone;
  }
  if (left_.empty()) next_look_ = now + kLookAgain;
  return gone;
}

}  // namespace podswarm::scheduler

#include "scheduler/missing_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>

#include "base/log.h"
#include "library/below.h"
#include "scheduler/download_queue.h"
#include "scheduler/placing.h"
#include "scheduler/rename_steps.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

constexpr const char* kRemembered = "missing";
constexpr std::chrono::hours kLookAgain{24};
// More than so many, and than this part of all, is no person's doing.
constexpr std::size_t kMany = 20;
constexpr std::size_t kPart = 4;

// Any other trouble than that there is no such file tells nothing.
bool is_gone(const std::filesystem::path& file) {
  struct stat info {};
  return ::lstat(file.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

}  // namespace

void MissingFiles::remember() {
  json::error_code error;
  const auto value = json::parse(context_.remembered.get(kRemembered).value_or("{}"), error);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr) return;
  if (const auto* at = object->if_contains("next"); at != nullptr && at->is_int64()) {
    next_look_ = base::WallTime(std::chrono::seconds(at->get_int64()));
  }
  const auto* files = object->if_contains("files");
  if (files == nullptr || !files->is_array()) return;
  for (const auto& file : files->get_array()) {
    if (file.is_int64()) suspects_.insert(file.get_int64());
  }
}

// What downloads make in it stays for as long as it is a library; an empty folder is where its disk is to be mounted.
bool MissingFiles::is_there(const std::filesystem::path& root) {
  const auto [entry, is_new] = is_there_.try_emplace(root);
  std::error_code error;
  if (is_new) entry->second = std::filesystem::is_directory(root / kIncomingFolder, error);
  return entry->second;
}

bool MissingFiles::is_missing(const db::FileRow& file) {
  if (!is_gone(file.path)) return false;
  const auto episode = context_.episodes.find(file.episode_id);
  const auto feed = episode ? context_.feeds.find(episode->feed_id) : std::nullopt;
  if (!feed) return false;
  const auto root = context_.settings->library_root(context_.settings->for_feed(*feed));
  if (!library::path_below(file.path, root) || !is_there(root)) return false;
  // One that is on its way again is in other hands, and one that seeds has a file of its own.
  const auto download = context_.downloads.find_by_episode(file.episode_id);
  return !download || (download->state == db::DownloadState::kDone && !download->seeding);
}

void MissingFiles::look(base::WallTime now, const Enough& enough) {
  if (now < next_look_) return;
  if (left_.empty()) {
    for (auto& file : context_.files.list()) left_.push_back(std::move(file));
    looked_at_ = left_.size();
    missing_.clear();
    is_there_.clear();
  }
  for (bool first = true; !left_.empty() && (first || !enough()); first = false) {
    if (is_missing(left_.front())) missing_.insert(left_.front().id);
    left_.pop_front();
  }
  if (left_.empty()) conclude(now);
}

void MissingFiles::conclude(base::WallTime now) {
  next_look_ = now + kLookAgain;
  db::Transaction transaction(context_.database);
  const bool moving = has_renames(context_) || !remembered_plans(context_).empty();
  if (missing_.size() > std::max(kMany, looked_at_ / kPart)) {
    spdlog::warn("{} of {} files are not in the library: is a disk of it not mounted?", missing_.size(), looked_at_);
  } else if (!moving) {
    for (const auto id : missing_) {
      // It may have been renamed, and be known by another name by now.
      const auto file = suspects_.contains(id) ? context_.files.find(id) : std::nullopt;
      if (!file || !is_missing(*file)) continue;
      spdlog::info("{} is gone from the library", file->path.string());
      context_.files.remove(id, now, "gone from the library");
    }
  }
  suspects_ = std::move(missing_);
  json::array files;
  for (const auto id : suspects_) files.emplace_back(id);
  context_.remembered.set(
      kRemembered, json::serialize(json::object{{"next", next_look_.time_since_epoch().count()}, {"files", files}}));
  transaction.commit();
}

}  // namespace podswarm::scheduler

// Finished files in the library: table `file`. Threads: as the Database. SQL problems throw DatabaseError.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "db/database.h"

namespace podswarm::db {

struct FileRow {
  std::int64_t id = 0;
  std::int64_t episode_id = 0;
  std::filesystem::path path;  // absolute; unique
  std::uint64_t size = 0;
  std::chrono::sys_seconds mtime{};
  std::chrono::sys_seconds added_at{};
};

class FileStore {
 public:
  explicit FileStore(Database& database) : database_(database) {}

  // A path that is known already passes to this episode, with the new size and times. Returns the id.
  std::int64_t add(const FileRow& file);
  void set_path(std::int64_t id, const std::filesystem::path& path);

  [[nodiscard]] std::optional<FileRow> find(std::int64_t id);
  [[nodiscard]] std::optional<FileRow> find_by_path(const std::filesystem::path& path);
  [[nodiscard]] std::vector<FileRow> list_episode(std::int64_t episode_id);
  [[nodiscard]] std::vector<FileRow> list_feed(std::int64_t feed_id);  // newest episode first
  [[nodiscard]] std::vector<FileRow> list();
  [[nodiscard]] std::uint64_t total_bytes();
  [[nodiscard]] std::uint64_t feed_bytes(std::int64_t feed_id);
  [[nodiscard]] std::map<std::int64_t, std::uint64_t> bytes_by_feed();

  // The file is gone (the caller deletes it). With an episode's last file, its download becomes the tombstone
  // "deleted", made where there was none (an adopted file), so that the episode is never fetched again by itself;
  // `reason` says why it went.
  void remove(std::int64_t id, std::chrono::sys_seconds at, std::string_view reason = {});

 private:
  Database& database_;
};

}  // namespace podswarm::db

// Files that accompany episodes and feeds in the library (cover, .nfo, chapters ...), there or still to be made: table
// `sidecar`. Threads: as the Database. SQL problems throw DatabaseError.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"

namespace podswarm::db {

enum class SidecarKind { kCover, kShowNfo, kNfo, kInfo, kChapters, kTranscript };
[[nodiscard]] std::string_view to_string(SidecarKind kind);  // "cover", "show-nfo", "nfo", "info", ...

struct SidecarRow {
  std::int64_t id = 0;
  std::int64_t feed_id = 0;
  std::optional<std::int64_t> episode_id;  // none: the feed's own
  SidecarKind kind = SidecarKind::kCover;
  std::string url;               // where it is fetched; "" = it is made here
  std::string detail;            // of a transcript: its type and language, as the scheduler writes it
  std::filesystem::path folder;  // of the feed's own: where it goes
  std::filesystem::path path;    // where it lies; "" = not there (yet)
  int attempts = 0;
  std::optional<std::chrono::sys_seconds> next_try_at;  // none: it is there, or given up
  std::string error;                                    // of the last attempt
};

class SidecarStore {
 public:
  explicit SidecarStore(Database& database) : database_(database) {}

  // To be made at `at`. Where the same one (feed, episode, kind, address, folder) is known, it is tried anew if it had
  // been given up.
  void want(const SidecarRow& sidecar, std::chrono::sys_seconds at);

  [[nodiscard]] std::optional<SidecarRow> find(std::int64_t id);
  [[nodiscard]] std::vector<SidecarRow> due(std::chrono::sys_seconds now, std::size_t limit);
  [[nodiscard]] std::optional<std::chrono::sys_seconds> next_due();
  // Those that are there.
  [[nodiscard]] std::vector<SidecarRow> list_episode(std::int64_t episode_id);
  [[nodiscard]] std::vector<SidecarRow> list_feed(std::int64_t feed_id);  // its own and its episodes'

  void set_path(std::int64_t id, const std::filesystem::path& path);  // it is there
  // Without `next_try_at` it is given up.
  void fail(std::int64_t id, std::string_view error, std::optional<std::chrono::sys_seconds> next_try_at);
  void postpone(std::int64_t id, std::chrono::sys_seconds until);  // counts as no attempt
  void remove(std::int64_t id);

 private:
  Database& database_;
};

}  // namespace podswarm::db

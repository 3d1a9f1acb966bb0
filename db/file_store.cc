#include "db/file_store.h"

#include "base/bytes.h"
#include "db/query.h"

namespace podswarm::db {

namespace {

const std::string kSelect = "SELECT f.id, f.episode_id, f.path, f.size, f.mtime, f.added_at FROM file f ";

std::vector<FileRow> read_all(Query& query) {
  std::vector<FileRow> out;
  while (query.step()) {
    FileRow row;
    row.id = query.integer(0);
    row.episode_id = query.integer(1);
    row.path = std::string(base::as_text(query.blob(2)));
    row.size = query.unsigned_integer(3);
    row.mtime = query.time(4);
    row.added_at = query.time(5);
    out.push_back(std::move(row));
  }
  return out;
}

std::optional<FileRow> read_one(Query& query) {
  auto rows = read_all(query);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

// Paths are bytes, whatever a person's file system has put into them.
base::ByteView path_bytes(const std::filesystem::path& path) {
  return base::as_bytes(path.native());
}

}  // namespace

std::int64_t FileStore::add(const FileRow& file) {
  Query query(database_,
              "INSERT INTO file (episode_id, path, size, mtime, added_at) VALUES (?, ?, ?, ?, ?) "
              "ON CONFLICT (path) DO UPDATE SET episode_id = excluded.episode_id, size = excluded.size, "
              "mtime = excluded.mtime, added_at = excluded.added_at RETURNING id");
  query.bind(file.episode_id, path_bytes(file.path), file.size, file.mtime, file.added_at).step();
  const auto id = query.integer(0);
  query.run();
  return id;
}

void FileStore::set_path(std::int64_t id, const std::filesystem::path& path) {
  Query(database_, "UPDATE file SET path = ? WHERE id = ?").bind(path_bytes(path), id).run();
}

std::optional<FileRow> FileStore::find(std::int64_t id) {
  Query query(database_, kSelect + "WHERE f.id = ?");
  query.bind(id);
  return read_one(query);
}

std::optional<FileRow> FileStore::find_by_path(const std::filesystem::path& path) {
  Query query(database_, kSelect + "WHERE f.path = ?");
  query.bind(path_bytes(path));
  return read_one(query);
}

std::vector<FileRow> FileStore::list_episode(std::int64_t episode_id) {
  Query query(database_, kSelect + "WHERE f.episode_id = ? ORDER BY f.path");
  query.bind(episode_id);
  return read_all(query);
}

std::vector<FileRow> FileStore::list_feed(std::int64_t feed_id) {
  Query query(database_, kSelect +
                             "JOIN episode e ON e.id = f.episode_id WHERE e.feed_id = ? "
                             "ORDER BY e.sort_at DESC, e.id DESC, f.path");
  query.bind(feed_id);
  return read_all(query);
}

std::vector<FileRow> FileStore::list() {
  Query query(database_, kSelect + "ORDER BY f.path");
  return read_all(query);
}

std::map<std::int64_t, std::uint64_t> FileStore::bytes_by_feed() {
  std::map<std::int64_t, std::uint64_t> out;
  Query query(database_,
              "SELECT e.feed_id, sum(f.size) FROM file f JOIN episode e ON e.id = f.episode_id GROUP BY e.feed_id");
  while (query.step()) out[query.integer(0)] = query.unsigned_integer(1);
  return out;
}

std::uint64_t FileStore::total_bytes() {
  Query query(database_, "SELECT coalesce(sum(size), 0) FROM file");
  query.step();
  return query.unsigned_integer(0);
}

std::uint64_t FileStore::feed_bytes(std::int64_t feed_id) {
  Query query(database_,
              "SELECT coalesce(sum(f.size), 0) FROM file f JOIN episode e ON e.id = f.episode_id WHERE e.feed_id = ?");
  query.bind(feed_id).step();
  return query.unsigned_integer(0);
}

void FileStore::remove(std::int64_t id, std::chrono::sys_seconds at, std::string_view reason) {
  Transaction transaction(database_);
  const auto file = find(id);
  if (!file) return;
  Query(database_, "DELETE FROM file WHERE id = ?").bind(id).run();
  if (list_episode(file->episode_id).empty()) {
    Query(database_,
          "INSERT INTO download (episode_id, state, queued_at, finished_at, error, source_kind, source_url) "
          "VALUES (?1, 'deleted', ?2, ?2, ?3, 'http', '') ON CONFLICT (episode_id) DO UPDATE SET "
          "state = 'deleted', finished_at = excluded.finished_at, error = excluded.error, next_try_at = NULL, "
          "seeding = 0, resume = NULL, placed = x''")
        .bind(file->episode_id, at, reason)
        .run();
  }
  transaction.commit();
}

}  // namespace podswarm::db

#include "db/sidecar_store.h"

#include <array>

#include "base/bytes.h"
#include "db/query.h"

namespace podswarm::db {

namespace {

constexpr std::array<std::string_view, 6> kKinds = {"cover", "show-nfo", "nfo", "info", "chapters", "transcript"};

const std::string kSelect =
    "SELECT id, feed_id, episode_id, kind, url, detail, folder, path, attempts, next_try_at, error FROM sidecar ";

SidecarKind kind_of(std::string_view text) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i] == text) return static_cast<SidecarKind>(i);
  }
  throw DatabaseError(DatabaseErrorKind::kOther, "unknown kind of sidecar: " + std::string(text));
}

base::ByteView path_bytes(const std::filesystem::path& path) {
  return base::as_bytes(path.native());
}

std::vector<SidecarRow> read_all(Query& query) {
  std::vector<SidecarRow> out;
  while (query.step()) {
    SidecarRow row;
    int i = 0;
    row.id = query.integer(i++);
    row.feed_id = query.integer(i++);
    if (!query.is_null(i)) row.episode_id = query.integer(i);
    ++i;
    row.kind = kind_of(query.text(i++));
    row.url = query.text(i++);
    row.detail = query.text(i++);
    row.folder = std::string(base::as_text(query.blob(i++)));
    row.path = std::string(base::as_text(query.blob(i++)));
    row.attempts = query.small_integer(i++);
    row.next_try_at = query.optional_time(i++);
    row.error = query.text(i++);
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace

std::string_view to_string(SidecarKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

void SidecarStore::want(const SidecarRow& sidecar, std::chrono::sys_seconds at) {
  Query(database_,
        "UPDATE sidecar SET next_try_at = ?6, attempts = 0 WHERE feed_id = ?1 AND episode_id IS ?2 AND kind = ?3 AND "
        "url = ?4 AND folder = ?5 AND path = x'' AND next_try_at IS NULL")
      .bind(sidecar.feed_id, sidecar.episode_id, to_string(sidecar.kind), sidecar.url, path_bytes(sidecar.folder), at)
      .run();
  Query(database_,
        "INSERT INTO sidecar (feed_id, episode_id, kind, url, detail, folder, next_try_at) "
        "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM sidecar WHERE feed_id = ?1 AND "
        "episode_id IS ?2 AND kind = ?3 AND url = ?4 AND folder = ?6)")
      .bind(sidecar.feed_id, sidecar.episode_id, to_string(sidecar.kind), sidecar.url, sidecar.detail,
            path_bytes(sidecar.folder), at)
      .run();
}

std::optional<SidecarRow> SidecarStore::find(std::int64_t id) {
  Query query(database_, kSelect + "WHERE id = ?");
  query.bind(id);
  auto rows = read_all(query);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

std::vector<SidecarRow> SidecarStore::due(std::chrono::sys_seconds now, std::size_t limit) {
  Query query(database_, kSelect + "WHERE next_try_at <= ? ORDER BY next_try_at, id LIMIT ?");
  query.bind(now, limit);
  return read_all(query);
}

std::optional<std::chrono::sys_seconds> SidecarStore::next_due() {
  Query query(database_, "SELECT min(next_try_at) FROM sidecar WHERE next_try_at IS NOT NULL");
  query.step();
  return query.optional_time(0);
}

std::vector<SidecarRow> SidecarStore::list_episode(std::int64_t episode_id) {
  Query query(database_, kSelect + "WHERE episode_id = ? AND path != x'' ORDER BY id");
  query.bind(episode_id);
  return read_all(query);
}

std::vector<SidecarRow> SidecarStore::list_feed(std::int64_t feed_id) {
  Query query(database_, kSelect + "WHERE feed_id = ? AND path != x'' ORDER BY id");
  query.bind(feed_id);
  return read_all(query);
}

void SidecarStore::set_path(std::int64_t id, const std::filesystem::path& path) {
  Query(database_, "UPDATE sidecar SET path = ?, next_try_at = NULL, error = '' WHERE id = ?")
      .bind(path_bytes(path), id)
      .run();
}

void SidecarStore::fail(std::int64_t id, std::string_view error, std::optional<std::chrono::sys_seconds> next_try_at) {
  Query(database_, "UPDATE sidecar SET attempts = attempts + 1, next_try_at = ?, error = ? WHERE id = ?")
      .bind(next_try_at, error, id)
      .run();
}

void SidecarStore::postpone(std::int64_t id, std::chrono::sys_seconds until) {
  Query(database_, "UPDATE sidecar SET next_try_at = ? WHERE id = ?").bind(until, id).run();
}

void SidecarStore::remove(std::int64_t id) {
  Query(database_, "DELETE FROM sidecar WHERE id = ?").bind(id).run();
}

}  // namespace podswarm::db

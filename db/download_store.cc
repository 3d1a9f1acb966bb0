#include "db/download_store.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/url.h"
#include "db/query.h"

namespace podswarm::db {

namespace {

constexpr std::array<std::string_view, 6> kStates = {"queued", "downloading", "done", "failed", "skipped", "deleted"};
constexpr std::array<std::string_view, 3> kKinds = {"http", "torrent", "magnet"};
constexpr std::array<std::string_view, 3> kVias = {"", "http", "swarm"};

// The table's CHECKs admit nothing but these names.
template <class Enum, std::size_t N>
Enum enum_of(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  throw DatabaseError(DatabaseErrorKind::kOther, "unknown name in the database: " + std::string(text));
}

const std::string kSelect =
    "SELECT d.id, d.episode_id, d.state, d.paused, d.priority, d.queued_at, d.attempts, d.next_try_at, d.error, "
    "d.failure_kind, d.source_kind, d.source_url, d.host, d.bytes_done, d.bytes_total, d.started_at, d.finished_at, "
    "d.via, d.peers, d.rate_bytes_per_s, d.info_hash, d.seeding, d.uploaded, d.naming, "
    "d.placed, d.original, d.failed_at, d.place, (SELECT feed_id FROM episode WHERE id = d.episode_id) FROM download d ";

std::vector<DownloadRow> read_all(Query& query) {
  std::vector<DownloadRow> out;
  while (query.step()) {
    DownloadRow row;
    int i = 0;
    row.id = query.integer(i++);
    row.episode_id = query.integer(i++);
    row.state = enum_of<DownloadState>(kStates, query.text(i++));
    row.paused = query.flag(i++);
    row.priority = query.small_integer(i++);
    row.queued_at = query.time(i++);
    row.attempts = query.small_integer(i++);
    row.next_try_at = query.optional_time(i++);
    row.error = query.text(i++);
    row.failure_kind = query.text(i++);
    row.source_kind = enum_of<SourceKind>(kKinds, query.text(i++));
    row.source_url = query.text(i++);
    row.host = query.text(i++);
    row.bytes_done = query.unsigned_integer(i++);
    row.bytes_total = query.optional_unsigned(i++);
    row.started_at = query.optional_time(i++);
    row.finished_at = query.optional_time(i++);
    row.via = enum_of<Via>(kVias, query.text(i++));
    row.peers = query.small_integer(i++);
    row.rate_bytes_per_s = query.unsigned_integer(i++);
    row.info_hash = query.text(i++);
    row.seeding = query.flag(i++);
    row.uploaded = query.unsigned_integer(i++);
    row.naming = query.text(i++);
    row.placed = std::string(base::as_text(query.blob(i++)));
    row.original = query.text(i++);
    row.failed_at = query.optional_time(i++);
    row.place = query.integer(i++);
    row.feed_id = query.integer(i++);
    out.push_back(std::move(row));
  }
  return out;
}

std::optional<DownloadRow> read_one(Query& query) {
  auto rows = read_all(query);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

std::string host_of(std::string_view url) {
  const auto parsed = base::parse_url(url);
  return parsed ? parsed->host : std::string();
}

template <class Values>
std::string json_of(const Values& values) {
  boost::json::array out;
  for (const auto& value : values) out.emplace_back(value);
  return boost::json::serialize(out);
}

}  // namespace

std::string_view to_string(DownloadState state) {
  return kStates[static_cast<std::size_t>(state)];
}
std::string_view to_string(SourceKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}
std::string_view to_string(Via via) {
  return kVias[static_cast<std::size_t>(via)];
}

std::optional<DownloadState> parse_download_state(std::string_view text) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == text) return static_cast<DownloadState>(i);
  }
  return std::nullopt;
}

Enqueued DownloadStore::enqueue(const NewDownload& download, std::chrono::sys_seconds now) {
  Transaction transaction(database_);
  if (const auto known = find_by_episode(download.episode_id)) return {known->id, false};
  Query query(database_,
              "INSERT INTO download (episode_id, state, paused, priority, queued_at, next_try_at, source_kind, "
              "source_url, host, bytes_total, info_hash, naming, place) "
              "VALUES (?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
  query
      .bind(download.episode_id, download.paused, download.priority, now, download.not_before,
            to_string(download.source_kind), download.source_url, host_of(download.source_url), download.bytes_total,
            download.info_hash, download.naming, download.place)
      .step();
  const auto id = query.integer(0);
  query.run();
  transaction.commit();
  return {id, true};
}

void DownloadStore::requeue(std::int64_t id, std::chrono::sys_seconds now) {
  Query(
      database_,
      "UPDATE download SET state = 'queued', paused = 0, queued_at = ?, attempts = 0, next_try_at = NULL, error = '', "
      "failure_kind = '', started_at = NULL, finished_at = NULL, failed_at = NULL, seeding = 0, "
      "bytes_done = iif(state IN ('done', 'deleted'), 0, bytes_done) WHERE id = ?")
      .bind(now, id)
      .run();
}

void DownloadStore::set_source(std::int64_t id, SourceKind kind, std::string_view url) {
  // The right-hand sides see the row as it was, so the comparison is with the kind that is being replaced.
  Query(database_,
        "UPDATE download SET resume = iif(source_kind = ?1, resume, NULL), "
        "bytes_done = iif(source_kind = ?1, bytes_done, 0), info_hash = iif(source_kind = ?1, info_hash, ''), "
        "source_kind = ?1, source_url = ?2, host = ?3 WHERE id = ?4")
      .bind(to_string(kind), url, host_of(url), id)
      .run();
}

void DownloadStore::use_other_source(std::int64_t id, SourceKind kind, std::string_view url,
                                     std::optional<std::uint64_t> size) {
  Query(database_,
        "UPDATE download SET source_kind = ?, source_url = ?, host = ?, bytes_total = ?, bytes_done = 0, "
        "info_hash = '', resume = NULL WHERE id = ?")
      .bind(to_string(kind), url, host_of(url), size, id)
      .run();
}

std::optional<DownloadRow> DownloadStore::find(std::int64_t id) {
  Query query(database_, kSelect + "WHERE d.id = ?");
  query.bind(id);
  return read_one(query);
}

std::optional<DownloadRow> DownloadStore::find_by_episode(std::int64_t episode_id) {
  Query query(database_, kSelect + "WHERE d.episode_id = ?");
  query.bind(episode_id);
  return read_one(query);
}

std::optional<DownloadRow> DownloadStore::find_by_info_hash(std::string_view info_hash) {
  if (info_hash.empty()) return std::nullopt;
  Query query(database_, kSelect + "WHERE d.info_hash = ? AND d.info_hash != '' ORDER BY d.id LIMIT 1");
  query.bind(info_hash);
  return read_one(query);
}

std::vector<DownloadRow> DownloadStore::list(const DownloadFilter& filter) {
  std::string sql = kSelect;
  if (filter.feed_id) sql += "JOIN episode e ON e.id = d.episode_id ";
  sql += "WHERE 1 ";
  if (filter.state) sql += "AND d.state = ? ";
  if (filter.feed_id) sql += "AND e.feed_id = ? ";
  sql +=
      "ORDER BY CASE d.state WHEN 'downloading' THEN 0 WHEN 'queued' THEN 1 ELSE 2 END, "
      "iif(d.state IN ('downloading', 'queued'), -d.priority, 0), "
      "iif(d.state IN ('downloading', 'queued'), d.place, 0), "
      "iif(d.state IN ('downloading', 'queued'), d.queued_at, -coalesce(d.finished_at, 0)), d.id LIMIT ?";
  Query query(database_, sql, false);
  if (filter.state) query.bind(to_string(*filter.state));
  if (filter.feed_id) query.bind(*filter.feed_id);
  query.bind(filter.limit);
  return read_all(query);
}

std::vector<DownloadRow> DownloadStore::finished_since(DownloadState state, std::chrono::sys_seconds since,
                                                       std::size_t limit) {
  Query query(database_, kSelect + "WHERE d.state = ? AND d.finished_at >= ? ORDER BY d.finished_at, d.id LIMIT ?");
  query.bind(to_string(state), since, limit);
  return read_all(query);
}

std::vector<DownloadRow> DownloadStore::failed_since(std::chrono::sys_seconds since, std::size_t limit) {
  Query query(database_, kSelect +
                             "WHERE d.failed_at >= ? AND d.state IN ('queued', 'downloading', 'failed') "
                             "ORDER BY d.failed_at, d.id LIMIT ?");
  query.bind(since, limit);
  return read_all(query);
}

std::vector<DownloadRow> DownloadStore::due(std::chrono::sys_seconds now, std::size_t limit, const DueFilter& filter) {
  // In the order of this index, so that a long queue is read only as far as the limit.
  Query query(database_,
              kSelect +
                  "INDEXED BY download_queue JOIN episode e ON e.id = d.episode_id JOIN feed f ON f.id = e.feed_id "
                  "WHERE d.state = 'queued' AND d.paused = 0 AND coalesce(d.next_try_at, 0) <= ?1 "
                  "AND f.status != 'paused' AND (?3 = '[]' OR e.feed_id IN (SELECT value FROM json_each(?3))) "
                  "AND e.feed_id NOT IN (SELECT value FROM json_each(?4)) "
                  "AND iif(d.source_kind = 'http', d.host NOT IN (SELECT value FROM json_each(?5)), NOT ?6) "
                  "ORDER BY d.priority DESC, d.place, d.queued_at, d.id LIMIT ?2");
  query.bind(now, limit, json_of(filter.only_feeds), json_of(filter.not_feeds), json_of(filter.not_hosts),
             filter.only_http);
  return read_all(query);
}

std::optional<std::chrono::sys_seconds> DownloadStore::next_due(std::optional<std::chrono::sys_seconds> after,
                                                                bool only_http) {
  Query query(database_,
              "SELECT min(coalesce(d.next_try_at, d.queued_at)) FROM download d JOIN episode e ON e.id = d.episode_id "
              "JOIN feed f ON f.id = e.feed_id WHERE d.state = 'queued' AND d.paused = 0 AND f.status != 'paused' "
              "AND (?1 IS NULL OR d.next_try_at > ?1) AND (NOT ?2 OR d.source_kind = 'http')");
  query.bind(after, only_http).step();
  return query.optional_time(0);
}

std::vector<DownloadRow> DownloadStore::seeding() {
  Query query(database_, kSelect + "WHERE d.seeding = 1 ORDER BY d.id");
  return read_all(query);
}

std::map<DownloadState, std::size_t> DownloadStore::count_by_state() {
  std::map<DownloadState, std::size_t> out;
  Query query(database_, "SELECT state, count(*) FROM download GROUP BY state");
  while (query.step()) out[enum_of<DownloadState>(kStates, query.text(0))] = query.unsigned_integer(1);
  return out;
}

std::map<std::string, std::size_t> DownloadStore::active_by_host() {
  std::map<std::string, std::size_t> out;
  Query query(database_, "SELECT host, count(*) FROM download WHERE state = 'downloading' GROUP BY host");
  while (query.step()) out[query.text(0)] = query.unsigned_integer(1);
  return out;
}

std::uint64_t DownloadStore::bytes_outstanding() {
  Query query(database_,
              "SELECT coalesce(sum(max(bytes_total - bytes_done, 0)), 0) FROM download "
              "WHERE state IN ('queued', 'downloading') AND bytes_total IS NOT NULL");
  query.step();
  return query.unsigned_integer(0);
}

std::map<std::int64_t, std::uint64_t> DownloadStore::partial_bytes() {
  std::map<std::int64_t, std::uint64_t> out;
  Query query(database_,
              "SELECT e.feed_id, sum(d.bytes_done) FROM download d JOIN episode e ON e.id = d.episode_id "
              "WHERE d.state = 'queued' AND d.bytes_done > 0 GROUP BY e.feed_id");
  while (query.step()) out[query.integer(0)] = query.unsigned_integer(1);
  return out;
}

std::map<std::int64_t, std::chrono::sys_seconds> DownloadStore::last_starts() {
  std::map<std::int64_t, std::chrono::sys_seconds> out;
  Query query(database_,
              "SELECT e.feed_id, max(d.started_at) FROM download d JOIN episode e ON e.id = d.episode_id "
              "WHERE d.started_at IS NOT NULL GROUP BY e.feed_id");
  while (query.step()) out[query.integer(0)] = query.time(1);
  return out;
}

std::optional<DownloadRow> DownloadStore::first_queued() {
  Query query(database_, kSelect +
                             "INDEXED BY download_queue WHERE d.state = 'queued' "
                             "ORDER BY d.priority DESC, d.place, d.queued_at, d.id LIMIT 1");
  return read_one(query);
}

std::optional<std::uint64_t> DownloadStore::recent_rate(std::size_t count) {
  Query query(database_,
              "SELECT CAST(avg(rate_bytes_per_s) AS INTEGER) FROM (SELECT rate_bytes_per_s FROM download "
              "WHERE state = 'done' AND rate_bytes_per_s > 0 ORDER BY finished_at DESC LIMIT ?)");
  query.bind(count).step();
  return query.optional_unsigned(0);
}

std::optional<std::uint64_t> DownloadStore::recent_size(std::size_t count) {
  Query query(database_,
              "SELECT CAST(avg(bytes_total) AS INTEGER) FROM (SELECT bytes_total FROM download "
              "WHERE state = 'done' AND bytes_total > 0 ORDER BY finished_at DESC LIMIT ?)");
  query.bind(count).step();
  return query.optional_unsigned(0);
}

Finished DownloadStore::finished_since(std::chrono::sys_seconds since) {
  Query query(database_,
              "SELECT coalesce(sum(state = 'done'), 0), coalesce(sum(state = 'failed'), 0), "
              "coalesce(sum(iif(state = 'done', bytes_done, 0)), 0) FROM download "
              "WHERE state IN ('done', 'failed') AND finished_at > ?");
  query.bind(since).step();
  return {query.unsigned_integer(0), query.unsigned_integer(1), query.unsigned_integer(2)};
}

void DownloadStore::start(std::int64_t id, std::chrono::sys_seconds at) {
  Query(database_,
        "UPDATE download SET state = 'downloading', started_at = ?, finished_at = NULL, next_try_at = NULL, "
        "attempts = attempts + 1 WHERE id = ?")
      .bind(at, id)
      .run();
}

void DownloadStore::record_progress(std::int64_t id, const DownloadProgress& progress) {
  Query(database_,
        "UPDATE download SET bytes_done = ?, bytes_total = coalesce(?, bytes_total), via = ?, peers = max(peers, ?), "
        "rate_bytes_per_s = ?, uploaded = ? WHERE id = ?")
      .bind(progress.bytes_done, progress.bytes_total, to_string(progress.via), progress.peers,
            progress.rate_bytes_per_s, progress.uploaded, id)
      .run();
}

void DownloadStore::set_uploaded(std::int64_t id, std::uint64_t bytes) {
  Query(database_, "UPDATE download SET uploaded = ? WHERE id = ?").bind(bytes, id).run();
}

void DownloadStore::set_info_hash(std::int64_t id, std::string_view info_hash) {
  Query(database_, "UPDATE download SET info_hash = ? WHERE id = ?").bind(info_hash, id).run();
}

void DownloadStore::finish(std::int64_t id, std::chrono::sys_seconds at) {
  Query(database_,
        "UPDATE download SET state = 'done', finished_at = ?, next_try_at = NULL, error = '', failure_kind = '', "
        "failed_at = NULL WHERE id = ?")
      .bind(at, id)
      .run();
}

void DownloadStore::set_attempts(std::int64_t id, int attempts) {
  Query(database_, "UPDATE download SET attempts = ? WHERE id = ?").bind(attempts, id).run();
}

void DownloadStore::fail(std::int64_t id, std::chrono::sys_seconds at, std::string_view kind, std::string_view error,
                         std::optional<std::chrono::sys_seconds> next_try_at) {
  Query(database_,
        "UPDATE download SET state = iif(?1 IS NULL, 'failed', 'queued'), finished_at = iif(?1 IS NULL, ?2, NULL), "
        "next_try_at = ?1, failure_kind = ?3, error = ?4, failed_at = ?2, seeding = 0 WHERE id = ?5")
      .bind(next_try_at, at, kind, error, id)
      .run();
}

void DownloadStore::put_back(std::int64_t id) {
  Query(database_,
        "UPDATE download SET state = 'queued', attempts = max(attempts - 1, 0) WHERE id = ? AND state = 'downloading'")
      .bind(id)
      .run();
}

void DownloadStore::skip(std::int64_t id, std::chrono::sys_seconds at, std::string_view reason) {
  Query(database_,
        "UPDATE download SET state = 'skipped', finished_at = ?, next_try_at = NULL, error = ?, seeding = 0 "
        "WHERE id = ?")
      .bind(at, reason, id)
      .run();
}

void DownloadStore::mark_deleted(std::int64_t id, std::chrono::sys_seconds at) {
  Query(database_,
        "UPDATE download SET state = 'deleted', finished_at = ?, next_try_at = NULL, seeding = 0, resume = NULL "
        "WHERE id = ?")
      .bind(at, id)
      .run();
}

void DownloadStore::set_placed(std::int64_t id, const std::filesystem::path& placed) {
  Query(database_, "UPDATE download SET placed = ? WHERE id = ?").bind(base::as_bytes(placed.native()), id).run();
}

void DownloadStore::set_original(std::int64_t id, std::string_view original) {
  Query(database_, "UPDATE download SET original = ? WHERE id = ?").bind(original, id).run();
}

void DownloadStore::set_priority(std::int64_t id, int priority) {
  Query(database_, "UPDATE download SET priority = ? WHERE id = ?").bind(priority, id).run();
}

void DownloadStore::set_paused(std::int64_t id, bool paused) {
  Query(database_, "UPDATE download SET paused = ? WHERE id = ?").bind(paused, id).run();
}

void DownloadStore::set_turn(std::int64_t id, int priority, std::int64_t place) {
  Query(database_, "UPDATE download SET priority = ?, place = ? WHERE id = ?").bind(priority, place, id).run();
}

void DownloadStore::set_size(std::int64_t id, std::uint64_t bytes_total) {
  Query(database_, "UPDATE download SET bytes_total = ? WHERE id = ?").bind(bytes_total, id).run();
}

void DownloadStore::set_received(std::int64_t id, std::uint64_t bytes_done) {
  Query(database_, "UPDATE download SET bytes_done = ? WHERE id = ?").bind(bytes_done, id).run();
}

std::size_t DownloadStore::forgive(std::chrono::sys_seconds since, std::chrono::sys_seconds now) {
  return static_cast<std::size_t>(
      Query(database_,
            "UPDATE download SET next_try_at = ?1, attempts = max(attempts - (failure_kind = 'unreachable'), 0) "
            "WHERE state = 'queued' "
            "AND (failure_kind = 'offline' OR (failure_kind = 'unreachable' AND started_at >= ?2))")
          .bind(now, since)
          .run());
}

void DownloadStore::set_seeding(std::int64_t id, bool seeding) {
  Query(database_, "UPDATE download SET seeding = ?1, paused = iif(?1, paused, 0) WHERE id = ?2")
      .bind(seeding, id)
      .run();
}

void DownloadStore::set_resume(std::int64_t id, base::ByteView data) {
  Query(database_, "UPDATE download SET resume = ? WHERE id = ?").bind(data, id).run();
}

base::Bytes DownloadStore::resume(std::int64_t id) {
  Query query(database_, "SELECT resume FROM download WHERE id = ?");
  query.bind(id);
  return query.step() ? query.blob(0) : base::Bytes{};
}

std::size_t DownloadStore::recover() {
  return static_cast<std::size_t>(Query(database_,
                                        "UPDATE download SET state = 'queued', attempts = max(attempts - 1, 0) "
                                        "WHERE state = 'downloading'")
                                      .run());
}

}  // namespace podswarm::db

#include "db/history_store.h"

#include "db/query.h"

namespace podswarm::db {

namespace {

const std::string kSelect =
    "SELECT id, rule_id, key, revision, release_group, at, state, episode_id FROM rule_history WHERE ";

std::vector<HistoryEntry> read_all(Query& query) {
  std::vector<HistoryEntry> out;
  while (query.step()) {
    HistoryEntry entry;
    entry.id = query.integer(0);
    entry.rule_id = query.text(1);
    entry.key = query.text(2);
    entry.revision = query.small_integer(3);
    entry.group = query.text(4);
    entry.at = query.time(5);
    entry.state = query.text(6) == "committed" ? HistoryState::kCommitted : HistoryState::kReserved;
    if (!query.is_null(7)) entry.episode_id = query.integer(7);
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace

void HistoryStore::add(const HistoryEntry& entry) {
  Transaction transaction(database_);
  const char* state = entry.state == HistoryState::kCommitted ? "committed" : "reserved";
  const int known = Query(database_,
                          "UPDATE rule_history SET revision = ?, release_group = ?, at = ?, state = ? "
                          "WHERE rule_id = ? AND key = ? AND episode_id IS ?")
                        .bind(entry.revision, entry.group, entry.at, state, entry.rule_id, entry.key, entry.episode_id)
                        .run();
  if (known == 0) {
    Query(database_,
          "INSERT INTO rule_history (rule_id, key, revision, release_group, at, state, episode_id) "
          "VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(entry.rule_id, entry.key, entry.revision, entry.group, entry.at, state, entry.episode_id)
        .run();
  }
  transaction.commit();
}

void HistoryStore::commit(std::int64_t episode_id) {
  Query(database_, "UPDATE rule_history SET state = 'committed' WHERE episode_id = ?").bind(episode_id).run();
}

void HistoryStore::release(std::int64_t episode_id) {
  Query(database_, "DELETE FROM rule_history WHERE episode_id = ? AND state = 'reserved'").bind(episode_id).run();
}

void HistoryStore::erase_rule(std::string_view rule_id) {
  Query(database_, "DELETE FROM rule_history WHERE rule_id = ?").bind(rule_id).run();
}

std::vector<HistoryEntry> HistoryStore::find(std::string_view rule_id, std::string_view key) {
  Query query(database_, kSelect + "rule_id = ? AND key = ? ORDER BY at DESC, id DESC");
  query.bind(rule_id, key);
  return read_all(query);
}

std::vector<HistoryEntry> HistoryStore::find_key(std::string_view key) {
  Query query(database_, kSelect + "key = ? ORDER BY at DESC, id DESC");
  query.bind(key);
  return read_all(query);
}

std::vector<std::chrono::sys_seconds> HistoryStore::accepted_between(std::string_view rule_id,
                                                                     std::chrono::sys_seconds from,
                                                                     std::chrono::sys_seconds to) {
  Query query(database_,
              "SELECT DISTINCT at, coalesce(episode_id, -id) FROM rule_history "
              "WHERE rule_id = ? AND at BETWEEN ? AND ? ORDER BY at");
  query.bind(rule_id, from, to);
  std::vector<std::chrono::sys_seconds> times;
  while (query.step()) times.push_back(query.time(0));
  return times;
}

std::vector<HistoryEntry> HistoryStore::list_rule(std::string_view rule_id, std::size_t limit) {
  Query query(database_, kSelect + "rule_id = ? ORDER BY at DESC, id DESC LIMIT ?");
  query.bind(rule_id, limit);
  return read_all(query);
}

std::vector<HistoryEntry> HistoryStore::list_episode(std::int64_t episode_id) {
  Query query(database_, kSelect + "episode_id = ? ORDER BY at DESC, id DESC");
  query.bind(episode_id);
  return read_all(query);
}

std::optional<std::chrono::sys_seconds> HistoryStore::latest(std::string_view rule_id) {
  Query query(database_, "SELECT max(at) FROM rule_history WHERE rule_id = ?");
  query.bind(rule_id).step();
  return query.optional_time(0);
}

std::size_t HistoryStore::count_since(std::string_view rule_id, std::chrono::sys_seconds since) {
  Query query(database_, "SELECT count(*) FROM rule_history WHERE rule_id = ? AND at >= ?");
  query.bind(rule_id, since).step();
  return query.unsigned_integer(0);
}

std::optional<std::chrono::sys_seconds> HistoryStore::earliest_since(std::string_view rule_id,
                                                                     std::chrono::sys_seconds since) {
  Query query(database_, "SELECT min(at) FROM rule_history WHERE rule_id = ? AND at >= ?");
  query.bind(rule_id, since).step();
  return query.optional_time(0);
}

}  // namespace podswarm::db

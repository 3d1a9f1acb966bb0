#include "db/outbox_store.h"

#include "db/query.h"

namespace podswarm::db {

std::int64_t OutboxStore::add(const OutboxRow& event) {
  Query query(database_, "INSERT INTO outbox (event, at, feed_id, document) VALUES (?, ?, ?, ?) RETURNING id");
  query.bind(event.event, event.at, event.feed_id, event.document).step();
  const auto id = query.integer(0);
  query.run();
  return id;
}

std::vector<OutboxRow> OutboxStore::list(std::int64_t after, std::size_t limit) {
  Query query(database_, "SELECT id, event, at, feed_id, document FROM outbox WHERE id > ? ORDER BY id LIMIT ?");
  query.bind(after, limit);
  std::vector<OutboxRow> out;
  while (query.step()) {
    OutboxRow row;
    row.id = query.integer(0);
    row.event = query.text(1);
    row.at = query.time(2);
    if (!query.is_null(3)) row.feed_id = query.integer(3);
    row.document = query.text(4);
    out.push_back(std::move(row));
  }
  return out;
}

std::size_t OutboxStore::count() {
  Query query(database_, "SELECT count(*) FROM outbox");
  query.step();
  return query.unsigned_integer(0);
}

void OutboxStore::remove(std::int64_t id) {
  Query(database_, "DELETE FROM outbox WHERE id = ?").bind(id).run();
}

void OutboxStore::set_told(std::int64_t id, std::string_view hook) {
  Query(database_, "INSERT OR IGNORE INTO outbox_told (event_id, hook) VALUES (?, ?)").bind(id, hook).run();
}

bool OutboxStore::is_told(std::int64_t id, std::string_view hook) {
  Query query(database_, "SELECT 1 FROM outbox_told WHERE event_id = ? AND hook = ?");
  query.bind(id, hook);
  return query.step();
}

}  // namespace podswarm::db

// Events that hooks have yet to be told: tables `outbox`, `outbox_told`. An event is written in the transaction that
// brings it about and removed when all its hooks have had it, so that a crash in between makes one hear it twice rather
// than never.
// Threads: as the Database. SQL problems throw DatabaseError.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"

namespace podswarm::db {

struct OutboxRow {
  std::int64_t id = 0;
  std::string event;  // "new", "done" ...
  std::chrono::sys_seconds at{};
  std::optional<std::int64_t> feed_id;  // none: no feed's, or the feed is gone
  std::string document;                 // JSON
};

class OutboxStore {
 public:
  explicit OutboxStore(Database& database) : database_(database) {}

  std::int64_t add(const OutboxRow& event);
  // In the order in which they came about, those behind `after`.
  [[nodiscard]] std::vector<OutboxRow> list(std::int64_t after, std::size_t limit);
  [[nodiscard]] std::size_t count();
  void remove(std::int64_t id);
  // One of its hooks, by a name that stays the same, has had it, while others have not.
  void set_told(std::int64_t id, std::string_view hook);
  [[nodiscard]] bool is_told(std::int64_t id, std::string_view hook);

 private:
  Database& database_;
};

}  // namespace podswarm::db

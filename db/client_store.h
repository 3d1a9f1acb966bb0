// Players that may read the served library, each by a token of its own: table `client`. Only the token's hash is kept.
// Threads: as the Database. SQL problems throw DatabaseError.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "db/database.h"

namespace podswarm::db {

struct ClientRow {
  std::int64_t id = 0;
  std::string name;  // the user's; unique by its slug (feed_store.h)
  std::string token_hash;
  std::chrono::sys_seconds added_at{};
  std::optional<std::chrono::sys_seconds> last_seen_at;
};

enum class ClientStoreError { kDuplicateName, kBadName };

class ClientStore {
 public:
  explicit ClientStore(Database& database) : database_(database) {}

  [[nodiscard]] base::Result<ClientRow, ClientStoreError> add(std::string_view name, std::string_view token_hash,
                                                              std::chrono::sys_seconds now);
  // False where there is none of that name.
  bool remove(std::string_view name);
  [[nodiscard]] std::vector<ClientRow> list();  // by name
  void set_seen(std::int64_t id, std::chrono::sys_seconds at);

 private:
  Database& database_;
};

}  // namespace podswarm::db

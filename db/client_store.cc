#include "db/client_store.h"

#include "base/text.h"
#include "db/feed_store.h"
#include "db/query.h"

namespace podswarm::db {

base::Result<ClientRow, ClientStoreError> ClientStore::add(std::string_view name, std::string_view token_hash,
                                                           std::chrono::sys_seconds now) {
  const std::string text(base::trim(name));
  const std::string key = slug(text);
  if (key.empty() || text.size() > 200 || !base::is_valid_utf8(text)) {
    return base::fail(ClientStoreError::kBadName, "\"" + text + "\" is no name: it needs a letter or a digit");
  }
  for (const auto& client : list()) {
    if (slug(client.name) == key) {
      return base::fail(ClientStoreError::kDuplicateName, "there is a client called \"" + client.name + "\"");
    }
  }
  Query query(database_, "INSERT INTO client (name, token_hash, added_at) VALUES (?, ?, ?) RETURNING id");
  query.bind(text, token_hash, now).step();
  ClientRow row{query.integer(0), text, std::string(token_hash), now, std::nullopt};
  query.run();
  return row;
}

bool ClientStore::remove(std::string_view name) {
  const std::string key = slug(name);
  for (const auto& client : list()) {
    if (slug(client.name) != key) continue;
    return Query(database_, "DELETE FROM client WHERE id = ?").bind(client.id).run() > 0;
  }
  return false;
}

std::vector<ClientRow> ClientStore::list() {
  Query query(database_,
              "SELECT id, name, token_hash, added_at, last_seen_at FROM client ORDER BY name COLLATE NOCASE");
  std::vector<ClientRow> out;
  while (query.step()) {
    out.push_back({query.integer(0), query.text(1), query.text(2), query.time(3), query.optional_time(4)});
  }
  return out;
}

void ClientStore::set_seen(std::int64_t id, std::chrono::sys_seconds at) {
  Query(database_, "UPDATE client SET last_seen_at = ? WHERE id = ?").bind(at, id).run();
}

}  // namespace podswarm::db

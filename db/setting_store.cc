#include "db/setting_store.h"

#include "db/query.h"

namespace podswarm::db {

std::optional<std::string> SettingStore::get(std::string_view key) {
  Query query(database_, "SELECT value FROM setting WHERE key = ?");
  query.bind(key);
  if (!query.step()) return std::nullopt;
  return query.text(0);
}

void SettingStore::set(std::string_view key, std::string_view value) {
  Query query(database_,
              "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
  query.bind(key, value).run();
}

void SettingStore::erase(std::string_view key) {
  Query query(database_, "DELETE FROM setting WHERE key = ?");
  query.bind(key).run();
}

std::map<std::string, std::string> SettingStore::list() {
  std::map<std::string, std::string> out;
  Query query(database_, "SELECT key, value FROM setting");
  while (query.step()) out[query.text(0)] = query.text(1);
  return out;
}

}  // namespace podswarm::db

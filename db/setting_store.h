// Small things to remember by name: table `setting`. Threads: as the Database. SQL problems throw DatabaseError.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "db/database.h"

namespace podswarm::db {

class SettingStore {
 public:
  explicit SettingStore(Database& database) : database_(database) {}

  [[nodiscard]] std::optional<std::string> get(std::string_view key);
  void set(std::string_view key, std::string_view value);
  void erase(std::string_view key);
  [[nodiscard]] std::map<std::string, std::string> list();

 private:
  Database& database_;
};

}  // namespace podswarm::db

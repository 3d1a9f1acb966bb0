// A prepared statement in use: for the stores of this folder. Statements are prepared once per Database and kept; what
// is bound and stepped through here is let go when the Query ends. Threads: as the Database.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"
#include "db/database.h"
#include "db/writer_lock.h"

namespace podswarm::db {

class Database::Impl {
 public:
  struct Prepared {
    explicit Prepared(SQLite::Database& database, const std::string& sql) : statement(database, sql) {}
    SQLite::Statement statement;
    bool in_use = false;
  };

  std::filesystem::path file;
  WriterLock lock;  // let go after the connection is closed
  std::unique_ptr<SQLite::Database> connection;
  int version = 0;
  int depth = 0;  // of transactions
  std::unordered_map<std::string, std::unique_ptr<Prepared>> prepared;

  void open(OpenMode mode, std::span<const char* const> migrations);

 private:
  void create(std::span<const char* const> migrations);
  void verify(std::span<const char* const> migrations);
  void migrate(std::span<const char* const> migrations);
};

// Opens with other migrations than this program's.
[[nodiscard]] std::unique_ptr<Database::Impl> open_database(std::filesystem::path file, OpenMode mode,
                                                            std::span<const char* const> migrations);

// SQLite's exception as ours, naming the file.
[[noreturn]] void throw_database_error(const std::filesystem::path& file, const SQLite::Exception& error);

class Query {
 public:
  // `keep` false: prepared for this use only, where the text differs from call to call.
  Query(Database& database, const std::string& sql, bool keep = true);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // The next parameters, in order.
  template <class... Args>
  Query& bind(const Args&... args) {
    try {
      (bind_one(args), ...);
    } catch (const SQLite::Exception& error) {
      throw_database_error(database_.impl().file, error);
    }
    return *this;
  }

  // To the next row; false after the last.
  bool step();
  // To the end; returns how many rows were changed.
  int run();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::uint64_t unsigned_integer(int column) const;
  [[nodiscard]] int small_integer(int column) const { return static_cast<int>(integer(column)); }
  [[nodiscard]] bool flag(int column) const { return integer(column) != 0; }
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] base::Bytes blob(int column) const;
  [[nodiscard]] std::chrono::sys_seconds time(int column) const;
  [[nodiscard]] std::optional<std::chrono::sys_seconds> optional_time(int column) const;
  [[nodiscard]] std::optional<std::uint64_t> optional_unsigned(int column) const;

 private:
  void bind_one(std::int64_t value);
  void bind_one(int value) { bind_one(std::int64_t{value}); }
  void bind_one(bool value) { bind_one(std::int64_t{value}); }
  // Beyond 2^63 there is nothing in this program's world: clamped.
  void bind_one(std::uint64_t value);
  void bind_one(std::string_view value);
  void bind_one(const std::string& value) { bind_one(std::string_view(value)); }
  void bind_one(const char* value) { bind_one(std::string_view(value)); }
  void bind_one(base::ByteView value);
  void bind_one(std::nullopt_t);
  void bind_one(std::chrono::sys_seconds value) { bind_one(std::int64_t{value.time_since_epoch().count()}); }
  void bind_one(std::chrono::seconds value) { bind_one(std::int64_t{value.count()}); }
  template <class T>
  void bind_one(const std::optional<T>& value) {
    if (value) {
      bind_one(*value);
    } else {
      bind_one(std::nullopt);
    }
  }

  Database& database_;
  std::unique_ptr<Database::Impl::Prepared> own_;
  Database::Impl::Prepared* prepared_;
  int next_ = 1;
};

}  // namespace podswarm::db

#include "db/query.h"

#include <sqlite3.h>
#include <sys/statvfs.h>

#include <sqlite3.h>

#include <cassert>
#include <limits>

namespace podswarm::db {

namespace {

DatabaseErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return DatabaseErrorKind::kLocked;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return DatabaseErrorKind::kCorrupt;
    case SQLITE_FULL:
      return DatabaseErrorKind::kFull;
    case SQLITE_READONLY:
      return DatabaseErrorKind::kReadOnly;
    case SQLITE_CONSTRAINT:
      return DatabaseErrorKind::kConstraint;
    case SQLITE_IOERR:
      return DatabaseErrorKind::kIo;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return DatabaseErrorKind::kCannotOpen;
    default:
      return DatabaseErrorKind::kOther;
  }
}

}  // namespace

void throw_database_error(const std::filesystem::path& file, const SQLite::Exception& error) {
  // A full disk shows as an I/O error where SQLite cannot make the files beside the database.
  struct statvfs disk {};
  const int code = error.getErrorCode();
  const bool full = (code == SQLITE_FULL || code == SQLITE_IOERR) &&
                    ::statvfs(file.parent_path().c_str(), &disk) == 0 && disk.f_bavail == 0;
  if (full)
    throw DatabaseError(DatabaseErrorKind::kFull, file.string() + ": the disk is full: make room and try again");
  throw DatabaseError(kind_of(code), file.string() + ": " + error.what());
}

Query::Query(Database& database, const std::string& sql, bool keep) : database_(database), prepared_(nullptr) {
  auto& impl = database.impl();
  try {
    if (keep) {
      auto& slot = impl.prepared[sql];
      if (!slot) slot = std::make_unique<Database::Impl::Prepared>(*impl.connection, sql);
      prepared_ = slot.get();
    } else {
      own_ = std::make_unique<Database::Impl::Prepared>(*impl.connection, sql);
      prepared_ = own_.get();
    }
  } catch (const SQLite::Exception& error) {
    impl.prepared.erase(sql);
    throw_database_error(impl.file, error);
  }
  assert(!prepared_->in_use);
  prepared_->in_use = true;
}

Query::~Query() {
  prepared_->statement.tryReset();
  // Large values are not to stay in memory until the next use; clearing cannot fail on a statement that was reset.
  try {
    prepared_->statement.clearBindings();
  } catch (const SQLite::Exception&) {
  }
  prepared_->in_use = false;
}

void Query::bind_one(std::int64_t value) {
  prepared_->statement.bind(next_++, value);
}

void Query::bind_one(std::uint64_t value) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  bind_one(static_cast<std::int64_t>(value < kMax ? value : kMax));
}

void Query::bind_one(std::string_view value) {
  prepared_->statement.bind(next_++, std::string(value));
}

void Query::bind_one(base::ByteView value) {
  // A null pointer would bind NULL where an empty value is meant.
  static constexpr char kEmpty = 0;
  const void* data = value.empty() ? static_cast<const void*>(&kEmpty) : value.data();
  prepared_->statement.bind(next_++, data, static_cast<int>(value.size()));
}

void Query::bind_one(std::nullopt_t) {
  prepared_->statement.bind(next_++);
}

bool Query::step() {
  try {
    return prepared_->statement.executeStep();
  } catch (const SQLite::Exception& error) {
    throw_database_error(database_.impl().file, error);
  }
}

int Query::run() {
  while (step()) {
  }
  return prepared_->statement.getChanges();
}

bool Query::is_null(int column) const {
  return prepared_->statement.getColumn(column).isNull();
}
std::int64_t Query::integer(int column) const {
  return prepared_->statement.getColumn(column).getInt64();
}
std::uint64_t Query::unsigned_integer(int column) const {
  const auto value = integer(column);
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}
std::string Query::text(int column) const {
  return prepared_->statement.getColumn(column).getString();
}

base::Bytes Query::blob(int column) const {
  const auto value = prepared_->statement.getColumn(column);
  const auto* data = static_cast<const std::uint8_t*>(value.getBlob());
  const auto size = static_cast<std::size_t>(value.getBytes());
  return data == nullptr ? base::Bytes{} : base::Bytes(data, data + size);
}

std::chrono::sys_seconds Query::time(int column) const {
  return std::chrono::sys_seconds(std::chrono::seconds(integer(column)));
}

std::optional<std::chrono::sys_seconds> Query::optional_time(int column) const {
  if (is_null(column)) return std::nullopt;
  return time(column);
}

std::optional<std::uint64_t> Query::optional_unsigned(int column) const {
  if (is_null(column)) return std::nullopt;
  return unsigned_integer(column);
}

}  // namespace podswarm::db

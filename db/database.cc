#include "db/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "db/query.h"
#include "db/schema.h"

namespace podswarm::db {

namespace fs = std::filesystem;

namespace {

constexpr int kApplicationId = 0x506f6453;  // "PodS" in the file's header: tells our files from other programs'
constexpr int kBusyTimeoutMs = 5'000;

// Quotes for a shell, so that a command in a message can be pasted.
std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string backups_beside(const fs::path& file) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(file.parent_path(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(file.filename().string() + ".v") && name.ends_with(".bak")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

[[noreturn]] void throw_corrupt(const fs::path& file, const std::string& detail) {
  const std::string path = file.string();
  const std::string backups = backups_beside(file);
  throw DatabaseError(DatabaseErrorKind::kCorrupt,
                      path + ": the database is damaged: " + detail +
                          "\nNothing has been changed. To rescue what can be read: sqlite3 " + shell_quoted(path) +
                          " .recover | sqlite3 " + shell_quoted(path + ".recovered") +
                          "\nThen move the damaged file away and the recovered one (or a backup) into its place. " +
                          (backups.empty() ? "There are no backups beside it." : "Backups beside it: " + backups));
}

[[noreturn]] void throw_open_error(const fs::path& file, const SQLite::Exception& error) {
  const int code = error.getErrorCode() & 0xff;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) throw_corrupt(file, error.what());
  throw_database_error(file, error);
}

// An empty file that only its owner may read. SQLite gives its helpers (-wal, -shm) the same mode.
void make_private_file(const fs::path& file) {
  const base::UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) {
    const int error = errno;
    throw DatabaseError(DatabaseErrorKind::kCannotOpen, file.string() + ": cannot create: " + std::strerror(error));
  }
}

void sync_file(const fs::path& file) {
  const base::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) {
    const int error = errno;
    throw DatabaseError(DatabaseErrorKind::kIo, file.string() + ": cannot sync: " + std::strerror(error));
  }
}

void rename_over(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    const int error = errno;
    throw DatabaseError(DatabaseErrorKind::kIo, to.string() + ": cannot rename to: " + std::strerror(error));
  }
  base::sync_folder(to.parent_path());
}

std::int64_t pragma_value(SQLite::Database& connection, const std::string& name) {
  return connection.execAndGet("PRAGMA " + name).getInt64();
}

// The settings of every connection. foreign_keys stays off until the migrations have run: they may rebuild tables.
void configure(SQLite::Database& connection) {
  connection.setBusyTimeout(kBusyTimeoutMs);
  connection.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;");
}

// One migration, whole or not at all.
void apply(SQLite::Database& connection, const char* sql, std::size_t version) {
  SQLite::Transaction transaction(connection, SQLite::TransactionBehavior::IMMEDIATE);
  connection.exec(sql);
  SQLite::Statement broken(connection, "PRAGMA foreign_key_check");
  if (broken.executeStep()) {
    throw SQLite::Exception("the migration leaves rows of " + broken.getColumn(0).getString() + " without a parent",
                            SQLITE_CONSTRAINT);
  }
  connection.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  connection.exec("PRAGMA user_version = " + std::to_string(version));
  transaction.commit();
}

void copy_into(SQLite::Database& connection, const fs::path& file) {
  make_private_file(file);
  SQLite::Statement vacuum(connection, "VACUUM INTO ?");
  vacuum.bind(1, file.string());
  vacuum.exec();
  sync_file(file);  // VACUUM INTO leaves that to the system
}

}  // namespace

// A new file is made whole under another name: so an empty or half-made file under the real name is always damage, and
// is never taken for a fresh start.
void Database::Impl::create(std::span<const char* const> migrations) {
  const fs::path draft = file.string() + ".new";
  fs::remove(draft);
  fs::remove(draft.string() + "-journal");
  make_private_file(draft);
  {
    SQLite::Database fresh(draft.string(), SQLite::OPEN_READWRITE, kBusyTimeoutMs);
    configure(fresh);
    for (std::size_t i = 0; i < migrations.size(); ++i) apply(fresh, migrations[i], i + 1);
  }
  sync_file(draft);
  rename_over(draft, file);
}

void Database::Impl::verify(std::span<const char* const> migrations) {
  if (pragma_value(*connection, "application_id") != kApplicationId) {
    if (fs::file_size(file) == 0) throw_corrupt(file, "it is empty");
    throw DatabaseError(DatabaseErrorKind::kCannotOpen, file.string() + ": is not this program's database");
  }
  version = static_cast<int>(pragma_value(*connection, "user_version"));
  const auto known = static_cast<int>(migrations.size());
  if (version > known) {
    throw DatabaseError(DatabaseErrorKind::kTooNew,
                        file.string() + ": was written by a later version of this program (schema " +
                            std::to_string(version) + ", this one knows " + std::to_string(known) +
                            "). Update the program, or put back a copy from before: " +
                            (backups_beside(file).empty() ? "none found" : backups_beside(file)));
  }
}

void Database::Impl::migrate(std::span<const char* const> migrations) {
  if (static_cast<std::size_t>(version) == migrations.size()) return;
  const fs::path backup = file.string() + ".v" + std::to_string(version) + ".bak";
  const fs::path draft = backup.string() + ".tmp";
  copy_into(*connection, draft);
  rename_over(draft, backup);
  for (auto i = static_cast<std::size_t>(version); i < migrations.size(); ++i) {
    try {
      apply(*connection, migrations[i], i + 1);
    } catch (const SQLite::Exception& error) {
      throw DatabaseError(DatabaseErrorKind::kOther, file.string() + ": cannot be brought from schema " +
                                                         std::to_string(i) + " to " + std::to_string(i + 1) + ": " +
                                                         error.what() + " (unchanged; a copy is " + backup.string() +
                                                         ")");
    }
    version = static_cast<int>(i + 1);
  }
}

void Database::Impl::open(OpenMode mode, std::span<const char* const> migrations) {
  const bool write = mode == OpenMode::kReadWrite;
  if (write) {
    std::error_code error;
    if (fs::create_directories(file.parent_path(), error)) {
      fs::permissions(file.parent_path(), fs::perms::owner_all, error);
    }
    if (error) {
      throw DatabaseError(DatabaseErrorKind::kCannotOpen,
                          file.parent_path().string() + ": cannot create: " + error.message());
    }
    lock = WriterLock(file);
    if (!fs::exists(fs::symlink_status(file))) create(migrations);
  } else if (!fs::exists(file)) {
    throw DatabaseError(DatabaseErrorKind::kCannotOpen, file.string() + ": there is no database yet");
  }
  connection = std::make_unique<SQLite::Database>(file.string(), write ? SQLite::OPEN_READWRITE : SQLite::OPEN_READONLY,
                                                  kBusyTimeoutMs);
  configure(*connection);
  verify(migrations);
  if (!write) {
    if (static_cast<std::size_t>(version) < migrations.size()) {
      throw DatabaseError(DatabaseErrorKind::kCannotOpen,
                          file.string() + ": has an older schema; open it for writing first");
    }
    return;
  }
  if (const auto verdict = connection->execAndGet("PRAGMA quick_check(5)").getString(); verdict != "ok") {
    throw_corrupt(file, verdict);
  }
  connection->exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;");
  migrate(migrations);
  connection->exec("PRAGMA foreign_keys = ON; PRAGMA optimize;");
}

std::unique_ptr<Database::Impl> open_database(fs::path file, OpenMode mode, std::span<const char* const> migrations) {
  auto impl = std::make_unique<Database::Impl>();
  impl->file = fs::absolute(file);
  try {
    impl->open(mode, migrations);
  } catch (const SQLite::Exception& error) {
    throw_open_error(impl->file, error);
  } catch (const fs::filesystem_error& error) {
    throw DatabaseError(DatabaseErrorKind::kCannotOpen, error.what());
  }
  return impl;
}

Database::Database(fs::path file, OpenMode mode) : impl_(open_database(std::move(file), mode, schema_migrations())) {}

Database::~Database() {
  assert(impl_->depth == 0);
  impl_->prepared.clear();  // before their connection
  impl_->connection.reset();
}

const fs::path& Database::file() const {
  return impl_->file;
}
int Database::schema_version() const {
  return impl_->version;
}

void Database::copy_to(const fs::path& file) {
  if (fs::exists(fs::symlink_status(file))) {
    throw DatabaseError(DatabaseErrorKind::kCannotOpen, file.string() + ": exists already");
  }
  try {
    copy_into(*impl_->connection, file);
    base::sync_folder(fs::absolute(file).parent_path());
  } catch (const SQLite::Exception& error) {
    std::error_code ignored;
    fs::remove(file, ignored);
    throw_database_error(file, error);
  }
}

std::string Database::check() {
  std::string problems;
  for (const char* pragma : {"PRAGMA integrity_check(20)", "PRAGMA foreign_key_check"}) {
    Query query(*this, pragma, false);
    while (query.step()) {
      if (query.text(0) != "ok") problems += query.text(0) + "\n";
    }
  }
  return problems;
}

Transaction::Transaction(Database& database) : database_(database), depth_(database.impl().depth) {
  Query(database, depth_ == 0 ? std::string("BEGIN IMMEDIATE") : "SAVEPOINT t" + std::to_string(depth_)).run();
  ++database.impl().depth;
}

Transaction::~Transaction() {
  auto& impl = database_.impl();
  impl.depth = depth_;
  if (done_) return;
  try {
    // After some errors (disk full) SQLite has rolled back by itself: then there is nothing to do.
    if (sqlite3_get_autocommit(impl.connection->getHandle()) != 0) return;
    if (depth_ == 0) {
      Query(database_, "ROLLBACK").run();
    } else {
      Query(database_, "ROLLBACK TO t" + std::to_string(depth_)).run();
      Query(database_, "RELEASE t" + std::to_string(depth_)).run();
    }
  } catch (const std::exception&) {
    // The destructor may run while another error is on its way. A transaction that is not ended here never commits:
    // the next one cannot begin and says so.
  }
}

void Transaction::commit() {
  assert(!done_ && database_.impl().depth == depth_ + 1);
  Query(database_, depth_ == 0 ? std::string("COMMIT") : "RELEASE t" + std::to_string(depth_)).run();
  done_ = true;
}

}  // namespace podswarm::db

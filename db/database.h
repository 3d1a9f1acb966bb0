// The program's SQLite file: opened, checked, locked and brought to this program's schema.
//
// Durable at every moment: WAL with synchronous=FULL, so a transaction that has committed survives kill -9 and a power
// cut (NORMAL syncs only at checkpoints: after a power cut the latest commits may be gone, and with them the record
// that a step was taken).
//
// Threads: a Database and the stores over it belong to one thread at a time. One process writes (a lock file beside the
// database says which); readers open their own read-only Database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace podswarm::db {

enum class DatabaseErrorKind {
  kCannotOpen,  // permission, not a database, no such folder
  kLocked,      // another process is the writer, or keeps the file busy
  kCorrupt,
  kTooNew,  // written by a later version of this program
  kFull,    // disk full
  kReadOnly,
  kConstraint,
  kIo,
  kOther,
};

// Everything that goes wrong in SQL or with the file. `what()` is one or a few lines fit for a person.
class DatabaseError : public std::runtime_error {
 public:
  DatabaseError(DatabaseErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] DatabaseErrorKind kind() const { return kind_; }

 private:
  DatabaseErrorKind kind_;
};

enum class OpenMode {
  kReadWrite,  // takes the writer's lock; creates and migrates
  kReadOnly,   // no lock; the file must exist and have this program's schema
};

class Database {
 public:
  // Opens `file`, creating it (0600) and its folder (0700) in kReadWrite. Throws DatabaseError. A file that is corrupt
  // or too new is left exactly as it is. Before an older file is migrated, a copy is written to `file`.v<N>.bak.
  explicit Database(std::filesystem::path file, OpenMode mode = OpenMode::kReadWrite);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] const std::filesystem::path& file() const;
  [[nodiscard]] int schema_version() const;

  // A consistent copy of everything into a new file (VACUUM INTO), which must not exist.
  void copy_to(const std::filesystem::path& file);

  // The thorough check (minutes on a large file); "" or what is wrong, a line a problem.
  [[nodiscard]] std::string check();

  // For this folder's own sources only (db/query.h).
  class Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// All or nothing: what is not committed when it goes out of scope is rolled back. The outermost takes the write lock at
// once; inner ones nest as savepoints.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Once. Durable when the outermost returns.
  void commit();

 private:
  Database& database_;
  int depth_ = 0;
  bool done_ = false;
};

// The newest schema that this program knows.
[[nodiscard]] int current_schema_version();

}  // namespace podswarm::db

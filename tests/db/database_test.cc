#include "db/database.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/file.h"
#include "db/query.h"
#include "db/schema.h"
#include "db/setting_store.h"
#include "tests/db/fixture.h"

namespace podswarm::db {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

std::string content(const fs::path& file) {
  return base::read_file(file, 64u << 20).value();
}

void overwrite(const fs::path& file, std::string_view text, std::size_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(at));
  stream << text;
}

// What opening throws; the test fails if it does not.
DatabaseError open_error(const fs::path& file, OpenMode mode = OpenMode::kReadWrite) {
  try {
    const Database database(file, mode);
  } catch (const DatabaseError& error) {
    return error;
  }
  ADD_FAILURE() << file << " was opened";
  return {DatabaseErrorKind::kOther, ""};
}

class DatabaseTest : public testing::Test {
 protected:
  TempFolder folder_;
  fs::path file_ = folder_.path() / "deep" / "er" / "podswarm.db";
};

TEST_F(DatabaseTest, CreatesFolderAndFileForTheirOwnerOnly) {
  const Database database(file_);
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat(file_.parent_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  EXPECT_EQ(database.schema_version(), current_schema_version());
}

TEST_F(DatabaseTest, RunsWithWalFullSyncAndForeignKeys) {
  Database database(file_);
  const auto pragma = [&](const char* name) {
    Query query(database, std::string("PRAGMA ") + name, false);
    query.step();
    return query.text(0);
  };
  EXPECT_EQ(pragma("journal_mode"), "wal");
  EXPECT_EQ(pragma("synchronous"), "2");
  EXPECT_EQ(pragma("foreign_keys"), "1");
  EXPECT_GE(std::stoi(pragma("busy_timeout")), 1000);
}

TEST_F(DatabaseTest, KeepsWhatWasWrittenWhenReopened) {
  {
    Database database(file_);
    SettingStore(database).set("colour", "green");
  }
  Database database(file_);
  EXPECT_EQ(SettingStore(database).get("colour"), "green");
  EXPECT_EQ(database.check(), "");
}

TEST_F(DatabaseTest, RefusesASecondWriterAndNamesTheFirst) {
  Database first(file_);
  const auto error = open_error(file_);
  EXPECT_EQ(error.kind(), DatabaseErrorKind::kLocked);
  EXPECT_THAT(error.what(), HasSubstr("process " + std::to_string(::getpid())));
  EXPECT_THAT(error.what(), HasSubstr("podswarm.db.lock"));
}

TEST_F(DatabaseTest, LetsTheNextWriterInWhenTheFirstIsGone) {
  { const Database first(file_); }
  EXPECT_NO_THROW(Database{file_});
}

TEST_F(DatabaseTest, ReadersSeeCommittedStateBesideTheWriter) {
  Database writer(file_);
  SettingStore(writer).set("a", "1");
  Database reader(file_, OpenMode::kReadOnly);
  Transaction transaction(writer);
  SettingStore(writer).set("a", "2");
  EXPECT_EQ(SettingStore(reader).get("a"), "1");
  transaction.commit();
  EXPECT_EQ(SettingStore(reader).get("a"), "2");
  try {
    SettingStore(reader).set("a", "3");
    FAIL() << "a reader could write";
  } catch (const DatabaseError& error) {
    EXPECT_EQ(error.kind(), DatabaseErrorKind::kReadOnly);
  }
}

TEST_F(DatabaseTest, AReaderCreatesNothing) {
  EXPECT_EQ(open_error(file_, OpenMode::kReadOnly).kind(), DatabaseErrorKind::kCannotOpen);
  EXPECT_FALSE(fs::exists(file_.parent_path()));
}

TEST_F(DatabaseTest, RollsBackWhatWasNotCommitted) {
  Database database(file_);
  {
    Transaction transaction(database);
    SettingStore(database).set("a", "1");
  }
  EXPECT_FALSE(SettingStore(database).get("a"));
}

TEST_F(DatabaseTest, InnerTransactionRollsBackAlone) {
  Database database(file_);
  SettingStore settings(database);
  {
    Transaction outer(database);
    settings.set("outer", "1");
    {
      Transaction lost(database);
      settings.set("lost", "1");
    }
    {
      Transaction kept(database);
      settings.set("kept", "1");
      kept.commit();
    }
    outer.commit();
  }
  EXPECT_TRUE(settings.get("outer"));
  EXPECT_FALSE(settings.get("lost"));
  EXPECT_TRUE(settings.get("kept"));
}

TEST_F(DatabaseTest, OuterRollbackTakesCommittedInnerOnesWithIt) {
  Database database(file_);
  {
    Transaction outer(database);
    Transaction inner(database);
    SettingStore(database).set("a", "1");
    inner.commit();
  }
  EXPECT_FALSE(SettingStore(database).get("a"));
}

TEST_F(DatabaseTest, CopyIsWholePrivateAndNeverOverwrites) {
  Database database(file_);
  SettingStore(database).set("a", "1");
  const fs::path copy = folder_.path() / "copy.db";
  database.copy_to(copy);
  struct stat info {};
  ASSERT_EQ(::stat(copy.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  Database reader(copy, OpenMode::kReadOnly);
  EXPECT_EQ(SettingStore(reader).get("a"), "1");
  EXPECT_THROW(database.copy_to(copy), DatabaseError);
}

TEST_F(DatabaseTest, ReportsGarbageAndLeavesItAlone) {
  fs::create_directories(file_.parent_path());
  const std::string garbage(5000, 'x');
  std::ofstream(file_) << garbage;
  const auto error = open_error(file_);
  EXPECT_EQ(error.kind(), DatabaseErrorKind::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr(file_.string()));
  EXPECT_THAT(error.what(), HasSubstr(".recover"));
  EXPECT_EQ(content(file_), garbage);
}

TEST_F(DatabaseTest, ReportsAnEmptyFileInsteadOfStartingAfresh) {
  { const Database database(file_); }
  fs::resize_file(file_, 0);
  EXPECT_EQ(open_error(file_).kind(), DatabaseErrorKind::kCorrupt);
  EXPECT_EQ(fs::file_size(file_), 0u);
}

TEST_F(DatabaseTest, ReportsADamagedPageAndNamesTheBackups) {
  {
    Database database(file_);
    SettingStore settings(database);
    Transaction transaction(database);
    for (int i = 0; i < 2000; ++i) settings.set("key" + std::to_string(i), std::string(100, 'v'));
    transaction.commit();
  }
  std::ofstream(file_.string() + ".v1.bak") << "a backup";
  const std::size_t size = fs::file_size(file_);
  ASSERT_GT(size, 100'000u);
  overwrite(file_, std::string(4096, '\x7f'), size / 2 / 4096 * 4096);
  const std::string before = content(file_);
  const auto error = open_error(file_);
  EXPECT_EQ(error.kind(), DatabaseErrorKind::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr("podswarm.db.v1.bak"));
  EXPECT_EQ(content(file_), before);
}

TEST_F(DatabaseTest, RefusesANewerSchemaUnchanged) {
  {
    Database database(file_);
    Query(database, "PRAGMA user_version = 99", false).run();
  }
  const std::string before = content(file_);
  const auto error = open_error(file_);
  EXPECT_EQ(error.kind(), DatabaseErrorKind::kTooNew);
  EXPECT_THAT(error.what(), HasSubstr("99"));
  EXPECT_EQ(content(file_), before);
}

TEST_F(DatabaseTest, RefusesAnotherProgramsDatabase) {
  fs::create_directories(file_.parent_path());
  {
    SQLite::Database other(file_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("CREATE TABLE bookmark (url TEXT)");
  }
  const auto error = open_error(file_);
  EXPECT_EQ(error.kind(), DatabaseErrorKind::kCannotOpen);
  EXPECT_THAT(error.what(), HasSubstr("not this program's"));
}

TEST_F(DatabaseTest, StartsOverAfterAHalfMadeFirstFile) {
  fs::create_directories(file_.parent_path());
  std::ofstream(file_.string() + ".new") << "cut off while it was being made";
  EXPECT_NO_THROW(Database{file_});
}

TEST_F(DatabaseTest, QuotesThePathInTheRescueCommand) {
  const fs::path file = folder_.path() / "it's" / "podswarm.db";
  fs::create_directories(file.parent_path());
  std::ofstream(file) << std::string(5000, 'x');
  EXPECT_THAT(open_error(file).what(), HasSubstr("it'\\''s"));
}

class MigrationTest : public DatabaseTest {
 protected:
  // A file as this program's first version leaves it.
  void make_version_1() {
    const auto impl = open_database(file_, OpenMode::kReadWrite, schema_migrations().first(1));
    impl->connection->exec("INSERT INTO setting VALUES ('a', '1')");
  }
  std::vector<const char*> with(const char* next) {
    std::vector<const char*> all(schema_migrations().begin(), schema_migrations().begin() + 1);
    all.push_back(next);
    return all;
  }
};

TEST_F(MigrationTest, BringsVersion1ToTheNextAndKeepsACopy) {
  make_version_1();
  {
    const auto migrations = with("ALTER TABLE setting ADD COLUMN note TEXT NOT NULL DEFAULT 'none'");
    const auto impl = open_database(file_, OpenMode::kReadWrite, migrations);
    EXPECT_EQ(impl->version, 2);
    EXPECT_EQ(impl->connection->execAndGet("SELECT key || value || note FROM setting").getString(), "a1none");
    EXPECT_EQ(impl->connection->execAndGet("PRAGMA foreign_keys").getInt(), 1);
  }
  const fs::path backup = file_.string() + ".v1.bak";
  struct stat info {};
  ASSERT_EQ(::stat(backup.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  SQLite::Database old(backup.string());
  EXPECT_EQ(old.execAndGet("PRAGMA user_version").getInt(), 1);
  EXPECT_EQ(old.execAndGet("SELECT value FROM setting WHERE key = 'a'").getString(), "1");
}

TEST_F(MigrationTest, AFailingMigrationChangesNothing) {
  make_version_1();
  const auto bad = with("DELETE FROM setting; INSERT INTO nowhere VALUES (1)");
  try {
    const auto impl = open_database(file_, OpenMode::kReadWrite, bad);
    FAIL() << "the migration went through";
  } catch (const DatabaseError& error) {
    EXPECT_THAT(error.what(), HasSubstr("from schema 1 to 2"));
    EXPECT_THAT(error.what(), HasSubstr(".v1.bak"));
  }
  const auto impl = open_database(file_, OpenMode::kReadWrite, schema_migrations().first(1));
  EXPECT_EQ(impl->version, 1);
  EXPECT_EQ(impl->connection->execAndGet("SELECT value FROM setting WHERE key = 'a'").getString(), "1");
}

TEST_F(MigrationTest, AMigrationThatOrphansRowsIsRolledBack) {
  make_version_1();
  {
    const auto impl = open_database(file_, OpenMode::kReadWrite, schema_migrations().first(1));
    impl->connection->exec(
        "INSERT INTO feed (id, url, canonical_url, name, slug, backlog, added_at) VALUES (1,'u','u','n','n','all',0);"
        "INSERT INTO episode (feed_id, identity, guid, title, link, first_seen_at, sort_at, item) "
        "VALUES (1,'i','g','t','l',0,0,'{}')");
  }
  const auto orphaning = with("DELETE FROM feed");
  EXPECT_THROW((void)open_database(file_, OpenMode::kReadWrite, orphaning), DatabaseError);
  const auto impl = open_database(file_, OpenMode::kReadWrite, schema_migrations().first(1));
  EXPECT_EQ(impl->connection->execAndGet("SELECT count(*) FROM feed").getInt(), 1);
}

TEST_F(MigrationTest, AReaderDoesNotMigrate) {
  make_version_1();
  const auto migrations = with("CREATE TABLE more (x INTEGER) STRICT");
  EXPECT_THROW((void)open_database(file_, OpenMode::kReadOnly, migrations), DatabaseError);
  const auto impl = open_database(file_, OpenMode::kReadWrite, schema_migrations().first(1));
  EXPECT_FALSE(impl->connection->tableExists("more"));
}

TEST_F(MigrationTest, OpeningACurrentFileMakesNoCopy) {
  make_version_1();
  { const auto impl = open_database(file_, OpenMode::kReadWrite, schema_migrations().first(1)); }
  for (const auto& entry : fs::directory_iterator(file_.parent_path())) {
    EXPECT_THAT(entry.path().string(), Not(HasSubstr(".bak")));
  }
}

TEST_F(DatabaseTest, SettingsAreSetReplacedErasedAndListed) {
  Database database(file_);
  SettingStore settings(database);
  settings.set("a", "1");
  settings.set("b", std::string("x\0y", 3));
  settings.set("a", "2");
  EXPECT_EQ(settings.list(), (std::map<std::string, std::string>{{"a", "2"}, {"b", std::string("x\0y", 3)}}));
  settings.erase("a");
  EXPECT_FALSE(settings.get("a"));
}

}  // namespace
}  // namespace podswarm::db

// What a killed process leaves behind: everything it had committed, nothing of what it had not.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/file.h"
#include "db/download_store.h"
#include "db/episode_store.h"
#include "tests/db/fixture.h"

namespace podswarm::db {
namespace {

// The child: episodes and their downloads, in pairs; each number is sent up the pipe once its pair is committed.
[[noreturn]] void write_for_ever(const std::filesystem::path& file, int pipe) {
  try {
    Database database(file);
    FeedStore feeds(database);
    EpisodeStore episodes(database);
    DownloadStore downloads(database);
    const auto known = feeds.find_by_url("https://example.org/feed");
    NewFeed subscription;
    subscription.url = "https://example.org/feed";
    const std::int64_t feed = known ? known->id : feeds.add(subscription, kNow).value().id;
    for (auto n = static_cast<std::uint32_t>(episodes.count());; ++n) {
      Transaction transaction(database);
      EpisodeRow row;
      row.feed_id = feed;
      row.identity = "episode " + std::to_string(n);
      row.first_seen_at = kNow;
      row.item = std::string(3000, 'x');
      const auto episode = episodes.upsert(row).id;
      NewDownload download;
      download.episode_id = episode;
      download.source_url = "https://example.org/" + std::to_string(n) + ".mp3";
      downloads.start(downloads.enqueue(download, kNow).id, kNow);
      transaction.commit();
      if (::write(pipe, &n, sizeof n) != sizeof n) break;
    }
  } catch (const std::exception& error) {
    ::fprintf(stderr, "child: %s\n", error.what());
  }
  ::_exit(1);
}

TEST(Crash, KilledWriterLosesNothingThatItCommitted) {
  const TempFolder folder;
  const auto file = folder.path() / "podswarm.db";
  std::uint32_t committed = 0;
  for (int round = 0; round < 4; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      write_for_ever(file, ends[1]);
    }
    ::close(ends[1]);
    const base::UniqueFd reader(ends[0]);
    std::uint32_t last = 0;
    for (int i = 0; i < 20 + 7 * round; ++i) ASSERT_EQ(::read(reader.get(), &last, sizeof last), ssize_t{sizeof last});
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (::read(reader.get(), &last, sizeof last) == ssize_t{sizeof last}) {
    }
    committed = last + 1;

    Database database(file);
    EXPECT_EQ(database.check(), "");
    EpisodeStore episodes(database);
    DownloadStore downloads(database);
    // One more may have been committed and not yet told of.
    EXPECT_GE(episodes.count(), committed);
    EXPECT_LE(episodes.count(), committed + 1);
    const auto interrupted = downloads.count_by_state()[DownloadState::kDownloading];
    EXPECT_GT(interrupted, 0u);
    EXPECT_EQ(downloads.recover(), interrupted);
    EXPECT_EQ(downloads.count_by_state()[DownloadState::kQueued], episodes.count());
    for (std::uint32_t n = 0; n < committed; ++n) {
      ASSERT_TRUE(episodes.find_by_identity(1, "episode " + std::to_string(n))) << n;
    }
  }
}

TEST(Crash, LockOfAKilledProcessIsFree) {
  const TempFolder folder;
  const auto file = folder.path() / "podswarm.db";
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(ends[0]);
    write_for_ever(file, ends[1]);
  }
  ::close(ends[1]);
  const base::UniqueFd reader(ends[0]);
  std::uint32_t last = 0;
  ASSERT_EQ(::read(reader.get(), &last, sizeof last), ssize_t{sizeof last});
  try {
    const Database second(file);
    ADD_FAILURE() << "two writers";
  } catch (const DatabaseError& error) {
    EXPECT_EQ(error.kind(), DatabaseErrorKind::kLocked);
    EXPECT_THAT(error.what(), testing::HasSubstr(std::to_string(child)));
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(Database{file});
}

}  // namespace
}  // namespace podswarm::db

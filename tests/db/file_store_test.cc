#include "db/file_store.h"

#include "db/download_store.h"
#include "tests/db/fixture.h"

namespace podswarm::db {
namespace {

class FileStoreTest : public StoreTest {
 protected:
  FileStore files_{database_};
  std::int64_t feed_ = add_feed("https://a.example/", "A");
  std::int64_t episode_ = add_episode(feed_, "a");
};

TEST_F(FileStoreTest, IsFoundByPathAlsoWhereThatIsNoUtf8) {
  const std::filesystem::path path("/library/\xff\xfe.mp3");
  const auto id = files_.add({0, episode_, path, 12, kNow, kNow});
  const auto found = files_.find_by_path(path);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->path, path);
  EXPECT_EQ(found->size, 12u);
  EXPECT_EQ(found->mtime, kNow);
  EXPECT_FALSE(files_.find_by_path("/library/other.mp3"));
}

TEST_F(FileStoreTest, APathIsOneRow) {
  const auto other = add_episode(feed_, "b");
  const auto id = files_.add({0, episode_, "/x", 1, kNow, kNow});
  EXPECT_EQ(files_.add({0, other, "/x", 2, kNow, kNow}), id);
  EXPECT_EQ(files_.list().size(), 1u);
  EXPECT_EQ(files_.find(id)->episode_id, other);
  files_.set_path(id, "/y");
  EXPECT_TRUE(files_.find_by_path("/y"));
  EXPECT_FALSE(files_.find_by_path("/x"));
}

TEST_F(FileStoreTest, OnlyTheLastFileGoneLeavesATombstone) {
  DownloadStore downloads(database_);
  NewDownload download;
  download.episode_id = episode_;
  const auto id = downloads.enqueue(download, kNow).id;
  downloads.finish(id, kNow);
  downloads.set_seeding(id, true);
  const auto one = files_.add({0, episode_, "/1", 10, kNow, kNow});
  const auto two = files_.add({0, episode_, "/2", 20, kNow, kNow});
  EXPECT_EQ(files_.total_bytes(), 30u);
  EXPECT_EQ(files_.list_feed(feed_).size(), 2u);
  files_.remove(one, kNow);
  EXPECT_EQ(downloads.find(id)->state, DownloadState::kDone);
  files_.remove(two, kNow + std::chrono::hours(1), "too old");
  EXPECT_EQ(downloads.find(id)->error, "too old");
  EXPECT_EQ(downloads.find(id)->state, DownloadState::kDeleted);
  EXPECT_FALSE(downloads.find(id)->seeding);
  EXPECT_EQ(downloads.find(id)->finished_at, kNow + std::chrono::hours(1));
  EXPECT_FALSE(downloads.enqueue(download, kNow).is_new);
  EXPECT_TRUE(files_.list_episode(episode_).empty());
}

TEST_F(FileStoreTest, AnAdoptedFileLeavesATombstoneToo) {
  const auto id = files_.add({0, episode_, "/1", 10, kNow, kNow});
  files_.remove(id, kNow);
  const auto download = DownloadStore(database_).find_by_episode(episode_);
  ASSERT_TRUE(download);
  EXPECT_EQ(download->state, DownloadState::kDeleted);
}

}  // namespace
}  // namespace podswarm::db

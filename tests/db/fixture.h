// A folder of its own for each test, and rows to start from.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "db/database.h"
#include "db/episode_store.h"
#include "db/feed_store.h"

namespace podswarm::db {

inline constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'790'000'000)};

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "podswarm-db-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class StoreTest : public testing::Test {
 protected:
  std::int64_t add_feed(const std::string& url, const std::string& name = "") {
    NewFeed feed;
    feed.url = url;
    feed.name = name;
    return FeedStore(database_).add(feed, kNow).value().id;
  }
  std::int64_t add_episode(std::int64_t feed, const std::string& identity, std::chrono::seconds age = {}) {
    EpisodeRow row;
    row.feed_id = feed;
    row.identity = row.guid = identity;
    row.title = "Title of " + identity;
    row.published_at = kNow - age;
    row.first_seen_at = kNow;
    row.item = "{}";
    return EpisodeStore(database_).upsert(row).id;
  }

  TempFolder folder_;
  Database database_{folder_.path() / "podswarm.db"};
};

}  // namespace podswarm::db

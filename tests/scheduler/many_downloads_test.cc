// A service whose database holds very many downloads.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/json/object.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/log.h"
#include "base/units.h"
#include "db/download_store.h"
#include "db/episode_store.h"
#include "db/feed_store.h"
#include "scheduler/service.h"
#include "tests/support/eventually.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;

constexpr int kDownloads = 10'000;

class FixedClock final : public base::Clock {
 public:
  [[nodiscard]] base::WallTime now() const override { return *base::parse_rfc3339("2026-11-20T12:00:00Z"); }
};

std::chrono::microseconds cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) { return std::chrono::seconds(time.tv_sec) + 1us * time.tv_usec; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

class ManyDownloadsTest : public testing::Test {
 protected:
  ManyDownloadsTest() {
    base::init_log(base::LogLevel::kQuiet, false);
    std::string pattern = (std::filesystem::temp_directory_path() / "podswarm-many-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~ManyDownloadsTest() override { std::filesystem::remove_all(dir_); }

  // Half of them wait for their window, the others are done.
  void fill() {
    const auto now = FixedClock().now();
    db::Database database(dir_ / "data" / "podswarm.db");
    db::FeedStore feeds(database);
    db::EpisodeStore episodes(database);
    db::DownloadStore downloads(database);
    db::Transaction transaction(database);
    db::NewFeed feed;
    feed.url = "http://127.0.0.1:1/feed";
    const auto feed_id = feeds.add(feed, now).value().id;
    for (int i = 0; i < kDownloads; ++i) {
      db::EpisodeRow episode;
      episode.feed_id = feed_id;
      episode.identity = "guid:" + std::to_string(i);
      episode.title = "Episode " + std::to_string(i);
      episode.item = "{}";
      episode.first_seen_at = now;
      db::NewDownload download;
      download.episode_id = episodes.upsert(episode).id;
      download.source_url = "http://127.0.0.1:1/" + std::to_string(i) + ".mp3";
      const auto id = downloads.enqueue(download, now).id;
      if (i % 2 == 0) downloads.finish(id, now);
    }
    transaction.commit();
  }

  [[nodiscard]] Service::Options options() const {
    std::ofstream(dir_ / "config.toml") << "[general]\nlibrary_dir = \"" << (dir_ / "library").string()
                                        << "\"\n[download]\nwindow = \"03:17-03:18\"\n"
                                        << "[torrent]\nlisten = \"127.0.0.1\"\n";
    config::Paths paths;
    paths.data_dir = dir_ / "data";
    Service::Options options;
    options.mode = Mode::kDaemon;
    options.settings = load_settings(dir_ / "config.toml", paths).settings;
    options.clock = std::make_shared<FixedClock>();
    return options;
  }

  std::filesystem::path dir_;
};

TEST_F(ManyDownloadsTest, ItStartsQuicklyAndThenItRests) {
  fill();
  const auto start = std::chrono::steady_clock::now();
  const auto cpu = cpu_time();
  Service service(options());
  boost::json::object status;
  // Its only feed does not answer.
  ASSERT_TRUE(test::eventually(
      [&] {
        status = service.status()->get_object();
        return status.at("polling").to_number<int>() == 0;
      },
      10s, 5ms));
  const auto took = std::chrono::steady_clock::now() - start;
  const auto used = cpu_time() - cpu;
  std::printf("ready after %.2f s, %.2f s of them computing\n", std::chrono::duration<double>(took).count(),
              std::chrono::duration<double>(used).count());
  EXPECT_EQ(status.at("downloads").at("queued").to_number<int>(), kDownloads / 2);
  EXPECT_EQ(status.at("downloads").at("done").to_number<int>(), kDownloads / 2);
  EXPECT_LT(used, 2s);

  // What it does while nothing happens.
  constexpr auto kRest = 500ms;
  const auto before = cpu_time();
  std::this_thread::sleep_for(kRest);
  EXPECT_LT(cpu_time() - before, kRest / 20);
}

}  // namespace
}  // namespace podswarm::scheduler

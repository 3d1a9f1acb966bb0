// A disk that is really full: a small file system of its own, on which the library lies. The service with its engine
// says so, and goes on by itself when there is room.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <atomic>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <fstream>

#include "base/log.h"
#include "base/units.h"
#include "scheduler/service.h"
#include "tests/engine/engine_fixture.h"
#include "tests/engine/http/test_http_server.h"
#include "tests/engine/test_tracker.h"
#include "tests/support/network.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::size_t kSize = 3u << 20;

class SharedClock final : public base::Clock {
 public:
  [[nodiscard]] base::WallTime now() const override { return base::WallTime(std::chrono::seconds(seconds_.load())); }
  void advance(std::chrono::seconds by) { seconds_ += by.count(); }

 private:
  std::atomic<std::int64_t> seconds_{base::parse_rfc3339("2026-11-20T12:00:00Z")->time_since_epoch().count()};
};

// A file system of that size, in memory.
class SmallDisk {
 public:
  SmallDisk(const std::filesystem::path& place, const char* size) : place_(place) {
    std::filesystem::create_directories(place);
    mounted_ = ::mount("tmpfs", place.c_str(), "tmpfs", 0, (std::string("size=") + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(place_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] bool resize(const char* size) const {
    return ::mount("tmpfs", place_.c_str(), "tmpfs", MS_REMOUNT, (std::string("size=") + size).c_str()) == 0;
  }

 private:
  std::filesystem::path place_;
  bool mounted_ = false;
};

class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    PODSWARM_NEED_ISOLATION();
    base::init_log(base::LogLevel::kQuiet, false);
  }
  [[nodiscard]] std::filesystem::path library() const { return folder_.path() / "library"; }

  std::unique_ptr<Service> start() {
    std::ofstream(folder_.path() / "config.toml")
        << "[general]\nlibrary_dir = \"" << library().string() << "\"\n[download]\nmin_free = 0\n"
        << "[torrent]\nlisten = \"127.0.0.1\"\nseed = false\n";
    config::Paths paths;
    paths.data_dir = folder_.path() / "data";
    Service::Options options;
    options.mode = Mode::kDaemon;
    options.settings = load_settings(folder_.path() / "config.toml", paths).settings;
    options.clock = clock_;
    return std::make_unique<Service>(std::move(options));
  }
  boost::json::object episode(Service& service) {
    return service.episodes({})->at("episodes").get_array().at(0).get_object();
  }
  [[nodiscard]] std::string error_of(Service& service) {
    const auto one = episode(service);
    const auto* download = one.if_contains("download");
    const auto* error = download == nullptr ? nullptr : download->get_object().if_contains("error");
    return error == nullptr ? std::string() : std::string(error->get_string());
  }
  // Subscribes to a feed of one episode at that address, and looks at what becomes of it while the disk is too small,
  // and then is not.
  void expect_to_go_on(const std::string& enclosure, const char* type, const base::Bytes& content) {
    const SmallDisk disk(library(), "2m");
    ASSERT_TRUE(disk.mounted());
    server_.on("/feed", [=](engine::testing::TestExchange& x) {
      x.respond(200, "<rss version=\"2.0\"><channel><title>Show</title><item><title>One</title><guid>1</guid>"
                     "<pubDate>Fri, 20 Nov 2026 06:00:00 GMT</pubDate><enclosure url=\"" +
                         enclosure + "\" type=\"" + type + "\"/></item></channel></rss>",
                "Content-Type: text/xml\r\n");
    });
    const auto service = start();
    Subscription subscription;
    subscription.url = server_.url("/feed");
    subscription.backlog = "all";
    ASSERT_TRUE(service->add_feed(subscription));
    ASSERT_TRUE(engine::eventually([&] {
      return service->episodes({})->at("episodes").get_array().size() == 1 && !error_of(*service).empty();
    }));
    EXPECT_THAT(error_of(*service), testing::ContainsRegex("[Nn]o space left|free"));
    EXPECT_EQ(episode(*service).at("state").get_string(), "queued") << "it is not given up";

    ASSERT_TRUE(disk.resize("8m"));
    clock_->advance(6min);
    service->wake();
    ASSERT_TRUE(engine::eventually([&] { return episode(*service).at("state").get_string() == "done"; }))
        << error_of(*service);
    base::Bytes got;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(library())) {
      if (entry.is_regular_file() && entry.path().string().find("/.podswarm/") == std::string::npos) {
        got = engine::read_bytes(entry.path());
      }
    }
    EXPECT_TRUE(got == content);
  }

  const engine::TemporaryFolder folder_;
  std::shared_ptr<SharedClock> clock_ = std::make_shared<SharedClock>();
  engine::testing::TestHttpServer server_;
};

TEST_F(FullDiskTest, ATorrentGoesOnWhenThereIsRoom) {
  engine::TestTracker tracker;
  engine::TestTorrent torrent;
  torrent.name = "one.mp3";
  torrent.files.emplace_back("", engine::random_bytes(kSize, 1));
  torrent.write(64 * 1024, {{tracker.url()}});
  torrent.put(folder_.path() / "seed");
  engine::TestEngine seed;
  seed->add(engine::TestEngine::download(1, torrent, folder_.path() / "seed"));
  ASSERT_TRUE(seed.wait<engine::Finished>(1));
  server_.file("/one.torrent", {std::string(base::as_text(torrent.torrent)), "", "", "application/x-bittorrent"});
  expect_to_go_on(server_.url("/one.torrent"), "application/x-bittorrent", torrent.files[0].second);
  EXPECT_LT(seed.status(1).uploaded, 2 * kSize) << "what had been written is not fetched again";
}

TEST_F(FullDiskTest, SoDoesAFileByHttp) {
  base::Bytes content = engine::random_bytes(kSize, 2);
  std::copy_n("ID3", 3, content.begin());
  server_.file("/one.mp3", {std::string(base::as_text(content)), "\"v1\""});
  expect_to_go_on(server_.url("/one.mp3"), "audio/mpeg", content);
}

}  // namespace
}  // namespace podswarm::scheduler

// The service with its real fetcher, engine and library against a web server on loopback; only the time is the test's.

#include "scheduler/service.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "base/log.h"
#include "base/units.h"
#include "tests/engine/http/test_http_server.h"
#include "web/api.h"

namespace podswarm::scheduler {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using engine::testing::TestExchange;
using engine::testing::TestFile;
using engine::testing::TestHttpServer;

// Moved by the test, read by the service's threads.
class SharedClock final : public base::Clock {
 public:
  [[nodiscard]] base::WallTime now() const override { return base::WallTime(std::chrono::seconds(seconds_.load())); }
  void set(const char* time) { seconds_ = base::parse_rfc3339(time)->time_since_epoch().count(); }
  void advance(std::chrono::seconds by) { seconds_ += by.count(); }

 private:
  std::atomic<std::int64_t> seconds_{0};
};

std::string rss(const std::vector<std::pair<std::string, std::string>>& titles_and_urls) {
  std::string out = "<rss version=\"2.0\"><channel><title>Loopback Radio</title>";
  for (const auto& [title, url] : titles_and_urls) {
    out += "<item><title>" + title + "</title><guid isPermaLink=\"false\">" + title +
           "</guid><pubDate>Fri, 20 Nov 2026 06:00:00 GMT</pubDate><enclosure url=\"" + url +
           "\" type=\"audio/mpeg\" length=\"9\"/></item>";
  }
  return out + "</channel></rss>";
}

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    base::init_log(base::LogLevel::kQuiet, false);
    std::string pattern = (std::filesystem::temp_directory_path() / "podswarm-service-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    clock_->set("2026-11-20T12:00:00Z");
  }
  ~ServiceTest() override {
    service_.reset();
    std::filesystem::remove_all(dir_);
  }

  SettingsResult read_settings() {
    config::Paths paths;
    paths.data_dir = dir_ / "data";
    return load_settings(dir_ / "config.toml", paths);
  }

  void configure(const std::string& more) {
    std::ofstream(dir_ / "config.toml") << "[general]\nlibrary_dir = \"" << (dir_ / "library").string()
                                        << "\"\n[torrent]\nlisten = \"127.0.0.1\"\n"
                                        << more;
  }

  void start(Mode mode, const std::string& more = "") {
    configure(more);
    Service::Options options;
    options.mode = mode;
    auto loaded = read_settings();
    for (const auto& problem : loaded.problems) ADD_FAILURE() << problem.to_string();
    options.settings = loaded.settings;
    options.reread = [this] { return read_settings(); };
    options.clock = clock_;
    service_ = std::make_unique<Service>(std::move(options));
  }

  json::object ask(const Answer& answer) {
    if (!answer) {
      ADD_FAILURE() << answer.error().message;
      return {};
    }
    return answer->get_object();
  }

  // Asks again until `ready` says so; the network underneath is real, so this is not done at once.
  template <class F>
  bool eventually(F&& ready) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!ready()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  json::object finished_job(const Answer& started) {
    const auto id = ask(started)["job"].to_number<JobId>();
    json::object job;
    EXPECT_TRUE(eventually([&] {
      job = ask(service_->job(id));
      return job["done"].get_bool();
    }));
    return job;
  }

  std::int64_t counted(const char* state) {
    const auto status = ask(service_->status());
    const auto* count = status.at("downloads").get_object().if_contains(state);
    return count == nullptr ? 0 : count->to_number<std::int64_t>();
  }

  std::filesystem::path dir_;
  std::shared_ptr<SharedClock> clock_ = std::make_shared<SharedClock>();
  TestHttpServer server_;
  std::unique_ptr<Service> service_;
};

TEST_F(ServiceTest, ANightFromSubscriptionToLibrary) {
  server_.file("/feed",
               {rss({{"One", server_.url("/1.mp3")}, {"Two", server_.url("/2.mp3")}}), "\"v1\"", "", "text/xml"});
  server_.file("/1.mp3", {"ID3 one one"});
  server_.file("/2.mp3", {"ID3 two two"});
  start(Mode::kDaemon, "[download]\nwindow = \"01:00-06:00\"\n");
  Subscription subscription;
  subscription.url = server_.url("/feed");
  subscription.backlog = "all";
  const auto job = finished_job(service_->add_feed(subscription));
  EXPECT_TRUE(job.at("polls").get_array().at(0).get_object().at("ok").get_bool());
  EXPECT_EQ(counted("queued"), 2);

  // Noon: the window is closed whatever the machine's time zone, 13 hours wide of one end or the other; so look for it.
  for (int hour = 0; hour < 24 && counted("downloading") + counted("done") == 0; ++hour) {
    clock_->advance(1h);
    service_->wake();
  }
  EXPECT_TRUE(eventually([&] { return counted("done") == 2; }));
  const auto one = base::read_file(dir_ / "library" / "Loopback Radio" / "2026-11-20 One.mp3", 100);
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(*one, "ID3 one one");

  // Asked again within the day, the server had nothing new: the validator was sent.
  EXPECT_TRUE(eventually([&] {
    for (const auto& request : server_.requests()) {
      if (request.target == "/feed" && request.field("if-none-match") == "\"v1\"") return true;
    }
    clock_->advance(1h);
    service_->wake();
    return false;
  }));
  EXPECT_EQ(ask(service_->episodes({})).at("total").to_number<int>(), 2);
}

TEST_F(ServiceTest, AStopInMidDownloadAndANewStartEndWithTheWholeFile) {
  const std::string content = "ID3" + std::string(300'000, 'x');
  std::atomic<int> asked{0};
  server_.file("/feed", {rss({{"One", server_.url("/1.mp3")}}), "", "", "text/xml"});
  server_.on("/1.mp3", [&](TestExchange& exchange) {
    if (asked++ != 0) return serve_file(exchange, {content, "\"a\""});
    exchange.send("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Type: audio/mpeg\r\nContent-Length: " +
                  std::to_string(content.size()) + "\r\n\r\n" + content.substr(0, 100'000));
    exchange.wait_for_close();
  });
  start(Mode::kDaemon);
  finished_job(service_->add_feed({server_.url("/feed"), "", {}, "all"}));
  EXPECT_TRUE(eventually([&] {
    const auto status = ask(service_->status());
    const auto& live = status.at("live").get_array();
    return !live.empty() && live[0].get_object().at("bytes_done").to_number<int>() >= 100'000;
  }));
  service_.reset();
  start(Mode::kDaemon);
  EXPECT_TRUE(eventually([&] { return counted("done") == 1; }));
  const auto requests = server_.requests();
  EXPECT_EQ(requests.back().field("if-range"), "\"a\"");
  const auto file = base::read_file(dir_ / "library" / "Loopback Radio" / "2026-11-20 One.mp3", 1'000'000);
  ASSERT_TRUE(file);
  EXPECT_EQ(*file, content);
}

TEST_F(ServiceTest, AnErrorPageIsNeverAnEpisode) {
  server_.file("/feed", {rss({{"One", server_.url("/1.mp3")}}), "", "", "text/xml"});
  server_.file("/1.mp3", {"<!DOCTYPE html><html><body>Please log in</body></html>", "", "", "text/html"});
  start(Mode::kOnDemand);
  finished_job(service_->add_feed({server_.url("/feed"), "", {}, "all"}));
  const auto job = finished_job(service_->fetch({}, WindowRule::kIgnore));
  ASSERT_EQ(job.at("downloads").get_array().size(), 1u);
  EXPECT_FALSE(job.at("downloads").get_array()[0].get_object().at("ok").get_bool());
  EXPECT_FALSE(std::filesystem::exists(dir_ / "library" / "Loopback Radio"));
  const auto episode = ask(service_->episode(1)).at("episode").get_object();
  EXPECT_EQ(episode.at("download").get_object().at("failure").get_string(), "not-media");
  EXPECT_NE(std::string(episode.at("download").get_object().at("error").get_string()).find("HTML"), std::string::npos);
}

TEST_F(ServiceTest, ABadConfigurationNeverReplacesTheRunningOne) {
  start(Mode::kDaemon, "[[rule]]\nid = \"r\"\nfeeds = [\"*\"]\nmatch_all = true\n");
  EXPECT_EQ(ask(service_->rules()).at("rules").get_array().size(), 1u);
  configure("[[rule]]\nid = \"r\"\nfeeds = [\"*\"]\nwhere = 'titel : \"x\"'\n");
  const auto refused = service_->reload();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("config.toml:8:"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("title"), std::string::npos) << refused.error().message;
  EXPECT_EQ(ask(service_->rules()).at("rules").get_array().size(), 1u);
  configure("");
  EXPECT_TRUE(service_->reload());
  EXPECT_EQ(ask(service_->rules()).at("rules").get_array().size(), 0u);
}

TEST_F(ServiceTest, AFileWhoseNameIsNotUtf8IsAnsweredForInUtf8) {
  server_.file("/feed", {rss({{"Tides and storms", server_.url("/1.mp3")}}), "\"v1\"", "", "text/xml"});
  start(Mode::kOnDemand);
  Subscription subscription;
  subscription.url = server_.url("/feed");
  subscription.backlog = "none";
  (void)finished_job(service_->add_feed(subscription));
  const auto folder = dir_ / "old" / "Loopback Radio";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "Tides and storms \xe9.mp3") << "ID3 sound";
  const auto get = [&](const std::string& method, const std::string& path, const std::string& body = "") {
    const auto response = web::handle_api(*service_, {method, "/api/v1/" + path, {}, body});
    EXPECT_EQ(response.status, 200) << response.body;
    return json::parse(response.body).get_object();
  };
  const auto adopted = get("POST", "adopt", "{\"folder\": \"" + folder.string() + "\"}").at("adopted").get_array();
  ASSERT_EQ(adopted.size(), 1u);
  const std::string shown = (folder / "Tides and storms \xEF\xBF\xBD.mp3").string();
  EXPECT_EQ(adopted[0].at("file").get_string(), shown);
  const auto episode = get("GET", "episodes").at("episodes").at(0);
  EXPECT_EQ(episode.at("files").at(0).at("path").get_string(), shown);
  EXPECT_EQ(get("GET", "episodes/1").at("episode").at("files").at(0).at("path").get_string(), shown);
}

TEST_F(ServiceTest, TheRoutesRefuseWhatMakesNoSense) {
  start(Mode::kOnDemand);
  const auto status = [&](const std::string& method, const std::string& path, const std::string& body = "") {
    return web::handle_api(*service_, {method, "/api/v1/" + path, {}, body}).status;
  };
  EXPECT_EQ(status("GET", "feeds"), 200);
  EXPECT_EQ(status("PUT", "feeds"), 405);
  EXPECT_EQ(status("GET", "nothing"), 404);
  EXPECT_EQ(status("GET", "feeds/nobody"), 404);
  EXPECT_EQ(status("GET", "episodes/1x"), 400);
  EXPECT_EQ(status("GET", "episodes/99999999999999999999"), 400);
  EXPECT_EQ(status("POST", "feeds", "[]"), 400);
  EXPECT_EQ(status("POST", "feeds", "{\"url\": 7}"), 400);
  EXPECT_EQ(status("POST", "feeds", "{\"url\": \"ftp://example.org/\"}"), 400);
  EXPECT_EQ(status("POST", "feeds", "{\"url\": \"http://me:secret@127.0.0.1:1/\"}"), 400);
  EXPECT_EQ(status("POST", "retry", "{\"episodes\": [7]}"), 404);
  EXPECT_EQ(status("POST", "import", "{\"opml\": \"<html>\"}"), 400);
  EXPECT_EQ(status("GET", "episodes/7/explain"), 404);
  EXPECT_EQ(status("GET", "episodes/x/explain"), 400);
  EXPECT_EQ(status("POST", "rules/test", "{\"where\": \"title : \\\"a\\\"\"}"), 200);
  EXPECT_EQ(status("GET", "rules/test"), 405);
  EXPECT_EQ(status("POST", "rules/test"), 400);
  EXPECT_EQ(status("POST", "rules/test", "{\"where\": \"title :\"}"), 400);
  EXPECT_EQ(status("POST", "rules/test", "{\"where\": \"torrent\", \"history_days\": 0}"), 400);
  EXPECT_EQ(status("POST", "rules/test", "{\"where\": \"torrent\", \"history_days\": \"90d\"}"), 400);
}

TEST_F(ServiceTest, APageLeadsToItsFeed) {
  server_.file("/", {"<!doctype html><head><link rel=alternate type=application/rss+xml title=Radio href=feed></head>",
                     "", "", "text/html"});
  server_.file("/feed", {rss({{"One", server_.url("/1.mp3")}}), "", "", "text/xml"});
  start(Mode::kOnDemand);
  const auto job = finished_job(service_->add_feed({"feed:" + server_.url("/"), "", {}, "none"}));
  EXPECT_TRUE(job.at("polls").get_array().at(0).get_object().at("ok").get_bool());
  const auto feed = ask(service_->feed("Loopback Radio")).at("feed").get_object();
  EXPECT_EQ(feed.at("url").get_string(), server_.url("/feed"));
  EXPECT_EQ(ask(service_->episodes({})).at("total").to_number<int>(), 1);
}

TEST_F(ServiceTest, WhatIsHeldIsSettledByAPerson) {
  server_.file("/feed", {rss({{"One", server_.url("/1.mp3")}, {"Two", server_.url("/2.mp3")}}), "", "", "text/xml"});
  start(Mode::kOnDemand);
  finished_job(service_->add_feed({server_.url("/feed"), "", {}, "none"}));
  // All of it once more, with other guids, titles and addresses, on the same day.
  server_.file("/feed", {rss({{"1", server_.url("/x.mp3")}, {"2", server_.url("/y.mp3")}}), "", "", "text/xml"});
  finished_job(service_->check({}));
  const auto held = [&] {
    EpisodeQuery query;
    query.state = "held";
    return ask(service_->episodes(query)).at("total").to_number<int>();
  };
  EXPECT_EQ(held(), 2);
  EXPECT_FALSE(service_->review("", ""));
  EXPECT_FALSE(service_->review("", "maybe"));
  EXPECT_FALSE(service_->review("nobody", "reject"));
  EXPECT_EQ(held(), 2);
  const auto accepted = ask(service_->review("Loopback Radio", "accept"));
  EXPECT_EQ(accepted.at("reviewed").get_array().size(), 2u);
  EXPECT_EQ(accepted.at("queued").to_number<int>(), 2);
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(counted("queued"), 2);
  EXPECT_TRUE(ask(service_->review("", "reject")).at("reviewed").get_array().empty());
}

TEST_F(ServiceTest, SubscriptionsTravelAsOpml) {
  server_.file("/a", {rss({}), "", "", "text/xml"});
  start(Mode::kOnDemand);
  finished_job(service_->add_feed({server_.url("/a"), "", {"news"}, "none"}));
  const std::string opml(ask(service_->export_opml()).at("opml").get_string());
  EXPECT_NE(opml.find(server_.url("/a")), std::string::npos);
  const auto again = ask(service_->import_opml(opml));
  EXPECT_EQ(again.at("known").get_array().size(), 1u);
  EXPECT_EQ(again.at("added").get_array().size(), 0u);
  service_->remove_feed("Loopback Radio", false);
  const auto added = ask(service_->import_opml(opml));
  EXPECT_EQ(added.at("added").get_array().size(), 1u);
}

TEST_F(ServiceTest, AFeedsFilesAreDeletedAlsoWhereTheLibraryWasBefore) {
  server_.file("/feed", {rss({{"One", server_.url("/1.mp3")}}), "\"v1\"", "", "text/xml"});
  server_.file("/1.mp3", {"ID3 one one"});
  start(Mode::kOnDemand, "[library]\nnfo = true\n");
  Subscription subscription;
  subscription.url = server_.url("/feed");
  subscription.backlog = "all";
  (void)finished_job(service_->add_feed(subscription));
  (void)finished_job(service_->fetch({}, WindowRule::kIgnore));
  const auto folder = dir_ / "library" / "Loopback Radio";
  ASSERT_TRUE(std::filesystem::exists(folder / "2026-11-20 One.mp3"));
  ASSERT_TRUE(std::filesystem::exists(folder / "2026-11-20 One.nfo"));
  std::filesystem::rename(dir_ / "config.toml", dir_ / "old.toml");
  std::ofstream(dir_ / "config.toml") << "[general]\nlibrary_dir = \"" << (dir_ / "elsewhere").string() << "\"\n";
  ASSERT_TRUE(service_->reload());
  const auto answer = ask(service_->remove_feed("Loopback Radio", true));
  EXPECT_TRUE(answer.at("failed").get_array().empty()) << answer;
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(ServiceTest, AListsRelativeAddressesAreThoseOfWhereItLies) {
  server_.file("/lists/a", {rss({}), "", "", "text/xml"});
  start(Mode::kOnDemand);
  const auto answer =
      ask(service_->import_opml("<opml><body><outline xmlUrl='a'/></body></opml>", server_.url("/lists/all.opml")));
  ASSERT_EQ(answer.at("added").get_array().size(), 1u) << answer;
  EXPECT_EQ(answer.at("added").at(0).at("url").get_string(), server_.url("/lists/a"));
  EXPECT_TRUE(answer.at("repairs").get_array().empty());
}

}  // namespace
}  // namespace podswarm::scheduler

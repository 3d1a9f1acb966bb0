// The morning's report, from a night in virtual time.

#include "scheduler/report.h"

#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class ReportTest : public SchedulerTest {
 protected:
  ReportTest() {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
  }
  ~ReportTest() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  json::object report(std::chrono::seconds back = 24h) { return report_document(context(), clock_.now() - back); }
  std::string list(const json::object& report, const char* key) { return json::serialize(report.at(key)); }
};

TEST_F(ReportTest, ANightsReport) {
  configure(
      "[download]\nwindow = \"01:00-06:00\"\nper_host = 4\n"
      "[[rule]]\nid = \"no-reruns\"\nfeeds = [\"*\"]\nany = ['title : \"rerun\"']\naction = \"skip\"\n"
      "[[rule]]\nid = \"unsure\"\nfeeds = [\"*\"]\nall = ['title : \"mystery\"', 'season >= 2']\non_unknown = "
      "\"hold\"\n"
      "[[rule]]\nid = \"tell\"\nfeeds = [\"*\"]\nany = ['title : \"live\"']\naction = \"notify\"\n"
      "[[rule]]\nid = \"rest\"\nfeeds = [\"*\"]\nmatch_all = true\n");
  clock_.set(*base::parse_rfc3339("2026-11-20T20:00:00Z"));
  subscribe();
  poll(make_feed({}));
  context().feeds.set_next_poll(1, clock_.now());
  auto long_one = make_item("tides", "2026-11-20T18:00:00Z");
  long_one.duration_seconds = 2530;
  poll(make_feed({long_one, make_item("broken", "2026-11-20T17:00:00Z"), make_item("late", "2026-11-20T16:00:00Z"),
                  make_item("rerun of old", "2026-11-20T15:00:00Z"), make_item("mystery", "2026-11-20T14:00:00Z"),
                  make_item("live tonight", "2026-11-20T13:00:00Z")}));
  context().feeds.set_next_poll(1, clock_.now() + 1000h);
  clock_.set(*base::parse_rfc3339("2026-11-21T05:30:00Z"));
  scheduler_->tick();
  ASSERT_EQ(downloads_.added.size(), 3u);
  engine_finishes(0);
  disk_places();
  engine_fails(1, engine::FailureKind::kNotMedia, "it is a page");
  engine_fails(2, engine::FailureKind::kTemporary, "the server closed");
  // Both fail once more, and when they are due again the window has closed.
  clock_.set(*base::parse_rfc3339("2026-11-21T05:59:00Z"));
  scheduler_->tick();
  ASSERT_EQ(downloads_.added.size(), 5u);
  engine_fails(3, engine::FailureKind::kNotMedia, "it is a page");
  engine_fails(4, engine::FailureKind::kTemporary, "the server closed");
  clock_.set(*base::parse_rfc3339("2026-11-21T07:00:00Z"));

  const auto document = report();
  EXPECT_EQ(document.at("since").get_string(), "2026-11-20T07:00:00Z");
  EXPECT_EQ(document.at("until").get_string(), "2026-11-21T07:00:00Z");
  EXPECT_EQ(list(document, "done"),
            R"([{"episode":1,"feed":"Show","title":"tides","published_at":"2026-11-20T18:00:00Z",)"
            R"("at":"2026-11-21T05:30:00Z","path":")" +
                (dir_ / "library/Show/2026-11-20 tides.mp3").string() +
                R"(","size":9,"duration":2530,"via":"http","rule":"rest"}])");
  EXPECT_EQ(list(document, "skipped"),
            R"([{"episode":4,"feed":"Show","title":"rerun of old","published_at":"2026-11-20T15:00:00Z",)"
            R"("at":"2026-11-20T20:00:00Z","rule":"no-reruns",)"
            R"~("reason":"skipped by \"no-reruns\": title : \"rerun\" is true (rerun of old)"}])~");
  const auto& held = document.at("held").get_array();
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].at("title").get_string(), "mystery");
  EXPECT_EQ(held[0].at("rule").get_string(), "unsure");
  const auto& notified = document.at("notified").get_array();
  ASSERT_EQ(notified.size(), 1u);
  EXPECT_EQ(notified[0].at("title").get_string(), "live tonight");
  const auto& failed = document.at("failed").get_array();
  ASSERT_EQ(failed.size(), 2u);
  for (const auto& entry : failed) {
    EXPECT_FALSE(entry.at("given_up").get_bool());
    EXPECT_EQ(entry.at("next_try_at").get_string(), "2026-11-22T01:00:00Z") << "not before the window opens";
  }
  EXPECT_EQ(json::serialize(document.at("totals")),
            R"({"done":1,"bytes":9,"duration":2530,"failed":2,"given_up":0,"held":1,"notified":1,"deferred":0,)"
            R"("skipped":1,"deleted":0,"queued":2,"queued_bytes":)" +
                std::to_string(context().downloads.bytes_outstanding()) + "}");
  // What is older than the report is not in it.
  const auto later = report(1h);
  EXPECT_EQ(list(later, "done"), "[]");
  EXPECT_EQ(list(later, "skipped"), "[]");
}

TEST_F(ReportTest, WhatIsGivenUpSaysSo) {
  subscribe();
  poll(make_feed({make_item("a")}));
  context().feeds.set_next_poll(1, clock_.now() + 10000h);
  for (int i = 0; i < 10 && download("a").state != db::DownloadState::kFailed; ++i) {
    engine_fails(downloads_.added.size() - 1, engine::FailureKind::kTemporary, "gone");
    clock_.advance(30h);
    scheduler_->tick();
  }
  const auto failed = report(240h).at("failed").get_array();
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_TRUE(failed[0].at("given_up").get_bool());
  EXPECT_EQ(failed[0].as_object().if_contains("next_try_at"), nullptr);
  // Once it has come, its failures are history.
  scheduler_->want(episode("a"));
  engine_finishes(downloads_.added.size() - 1);
  disk_places();
  EXPECT_EQ(list(report(), "failed"), "[]");
  EXPECT_EQ(report().at("done").get_array().size(), 1u);
}

TEST_F(ReportTest, FeedsInTroubleAreNamed) {
  subscribe();
  scheduler_->tick();
  answer(503);
  const auto feeds = report().at("feeds").get_array();
  ASSERT_EQ(feeds.size(), 1u);
  EXPECT_EQ(feeds[0].at("failures").to_number<int>(), 1);
  EXPECT_FALSE(feeds[0].at("stopped").get_bool());
  EXPECT_NE(feeds[0].as_object().if_contains("next_poll_at"), nullptr);
}

TEST_F(ReportTest, OlderOnesThanItsBoundAreCountedStill) {
  configure("[[rule]]\nid = \"none\"\nfeeds = [\"*\"]\nmatch_all = true\naction = \"skip\"\n");
  subscribe();
  std::vector<feeds::Item> items;
  for (int i = 0; i < 1200; ++i) items.push_back(make_item(std::to_string(i)));
  poll(make_feed(items));
  const auto document = report();
  EXPECT_EQ(document.at("skipped").get_array().size(), kMostReported);
  EXPECT_EQ(document.at("totals").at("skipped").to_number<int>(), 1200);
}

TEST(ReportSince, WordsDatesAndDurations) {
  ::setenv("TZ", "Europe/Berlin", 1);
  ::tzset();
  const auto now = *base::parse_rfc3339("2026-11-20T06:30:00Z");
  const auto since = [&](const char* text) {
    const auto time = parse_since(text, now);
    return time ? base::format_rfc3339(*time) : std::string("none");
  };
  EXPECT_EQ(since("yesterday"), "2026-11-18T23:00:00Z");
  EXPECT_EQ(since("Today"), "2026-11-19T23:00:00Z");
  EXPECT_EQ(since("2026-07-01"), "2026-06-30T22:00:00Z");
  EXPECT_EQ(since("24h"), "2026-11-19T06:30:00Z");
  EXPECT_EQ(since("7d"), "2026-11-13T06:30:00Z");
  EXPECT_EQ(since("2026-11-20T00:00:00Z"), "2026-11-20T00:00:00Z");
  EXPECT_EQ(since("tomorrow"), "none");
  EXPECT_EQ(since("2026-13-01"), "none");
  EXPECT_EQ(since(""), "none");
  // The day after the clocks go back has begun an hour later by UTC.
  EXPECT_EQ(base::format_rfc3339(*parse_since("yesterday", *base::parse_rfc3339("2026-10-26T06:00:00Z"))),
            "2026-10-24T22:00:00Z");
  ::unsetenv("TZ");
  ::tzset();
}

}  // namespace
}  // namespace podswarm::scheduler

// What polls find starts at once, and a round of many polls does not go through the whole queue for each.

#include <stdexcept>

#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;

// A disk that is full; whoever goes through the queue asks it once.
class FullDisk final : public FilePort {
 public:
  void place(std::int64_t, library::PlaceRequest) override {}
  std::optional<std::uint64_t> free_bytes(const std::filesystem::path&) override {
    ++asked;
    return 0;
  }
  std::size_t asked = 0;
};

class PollFinds : public SchedulerTest {
 protected:
  void with_full_disk() {
    configure("[poll]\nconcurrency = 64\n[download]\nmin_free = \"1GiB\"\n");
    scheduler_ = std::make_unique<Scheduler>(
        Mode::kDaemon, *database_, clock_, settings_, [] { return 0.0; }, feeds_, downloads_, disk_);
  }
  void subscribe_many(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) subscribe(host(i) + "/feed");
  }
  static std::string host(std::size_t i) { return "http://host" + std::to_string(i) + ".example"; }
  // Each on a host of its own, so that nothing but the queue holds them back.
  static feeds::Feed found(std::size_t i) {
    auto item = make_item("episode" + std::to_string(i));
    item.enclosures[0].url = host(i) + "/episode.mp3";
    return make_feed({item});
  }

  FullDisk disk_;
};

TEST_F(PollFinds, ARoundOfPollsLooksAtTheQueueOnlyNowAndThen) {
  with_full_disk();
  constexpr std::size_t kFeeds = 160;
  subscribe_many(kFeeds);
  scheduler_->check({});
  disk_.asked = 0;
  for (std::size_t i = 0; i < kFeeds; ++i) answer(200, found(i));
  EXPECT_EQ(context().downloads.list().size(), kFeeds);
  EXPECT_LE(disk_.asked, kFeeds / 16 + 1);
  EXPECT_NE(scheduler_->obstacle().find("free"), std::string::npos);
}

TEST_F(PollFinds, AnswersWithoutNewsDoNotLookAtTheQueue) {
  with_full_disk();
  subscribe_many(3);
  scheduler_->check({});
  for (std::size_t i = 0; i < 3; ++i) answer(200, found(i));
  clock_.advance(1h);
  scheduler_->check({});
  disk_.asked = 0;
  answer(304);
  answer(200, found(1));
  answer(500);
  EXPECT_EQ(disk_.asked, 0u);
}

TEST_F(PollFinds, TheOnlyPollsEpisodeStartsAtOnce) {
  subscribe();
  poll(found(0));
  EXPECT_EQ(downloads_.added.size(), 1u);
}

TEST_F(PollFinds, AnEpisodeStartsAtOnceWhileAnotherServerHangs) {
  subscribe_many(2);
  scheduler_->tick();
  clock_.advance(10s);
  answer(200, found(0));
  EXPECT_EQ(downloads_.added.size(), 1u);
  EXPECT_EQ(feeds_.requests.size(), 1u);
}

TEST_F(PollFinds, WhatWasFoundTogetherStartsWithTheLastAnswer) {
  configure("[download]\nmax = 10\n");
  subscribe_many(4);
  scheduler_->tick();
  for (std::size_t i = 0; i < 4; ++i) answer(200, found(i));
  EXPECT_EQ(downloads_.added.size(), 4u);
}

TEST_F(PollFinds, AFetchStartsWithTheLastOfItsPollsWhateverElseIsAsked) {
  restart(Mode::kOnDemand);
  subscribe_many(2);
  scheduler_->fetch({context().feeds.find_by_url(host(0) + "/feed")->id}, WindowRule::kIgnore);
  scheduler_->check({context().feeds.find_by_url(host(1) + "/feed")->id});
  answer(200, found(0));
  EXPECT_EQ(downloads_.added.size(), 1u);
  EXPECT_EQ(scheduler_->poller().running(), 1u);
}

TEST_F(PollFinds, WhatWasFoundWaitsAFewSecondsAtMost) {
  subscribe_many(2);
  scheduler_->tick();
  answer(200, found(0));
  EXPECT_TRUE(downloads_.added.empty()) << "the other answer may come any moment";
  const auto next = scheduler_->next_wakeup();
  ASSERT_TRUE(next);
  EXPECT_LE(*next - clock_.now(), 5s);
  clock_.advance(*next - clock_.now());
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 1u);
  EXPECT_FALSE(scheduler_->next_look_at_finds());
}

// A disk, or a database, whose first answer is an error.
class DiskInTrouble final : public FilePort {
 public:
  void place(std::int64_t, library::PlaceRequest) override {}
  std::optional<std::uint64_t> free_bytes(const std::filesystem::path&) override {
    if (in_trouble) throw std::runtime_error("in trouble");
    return std::uint64_t{1} << 40;
  }
  bool in_trouble = false;
};

TEST_F(PollFinds, ALookThatFailsIsTakenAgain) {
  configure("[download]\nmin_free = \"1GiB\"\n");
  DiskInTrouble disk;
  scheduler_ = std::make_unique<Scheduler>(
      Mode::kDaemon, *database_, clock_, settings_, [] { return 0.0; }, feeds_, downloads_, disk);
  subscribe_many(1);
  scheduler_->tick();
  disk.in_trouble = true;
  EXPECT_THROW(answer(200, found(0)), std::runtime_error);
  EXPECT_TRUE(scheduler_->next_look_at_finds());
  disk.in_trouble = false;
  clock_.advance(5s);
  scheduler_->tick();
  EXPECT_EQ(downloads_.added.size(), 1u);
  EXPECT_FALSE(scheduler_->next_look_at_finds());
  scheduler_.reset();
}

}  // namespace
}  // namespace podswarm::scheduler

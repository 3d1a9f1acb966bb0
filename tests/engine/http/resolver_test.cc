#include "engine/net/resolver.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "engine/net/name_cache.h"
#include "tests/engine/http/http_fixture.h"

namespace podswarm::engine::testing {
namespace {

Lookup found(const char* address) {
  return {{boost::asio::ip::make_address(address)}, {}};
}

// Keeps lookups from ending until it is opened.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    opened_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  [[nodiscard]] int arrived() {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
  int arrived_ = 0;
};

class ResolverTest : public HttpFixture {};

TEST_F(ResolverTest, ManyWhoAskForOneNameShareOneLookup) {
  Gate gate;
  Resolver resolver(io, [&gate](const std::string&) {
    gate.pass();
    return found("192.0.2.1");
  });
  int answers = 0;
  for (int i = 0; i < 1000; ++i) {
    resolver.resolve("tracker.test", [&answers](const Lookup& lookup) {
      EXPECT_EQ(lookup.addresses, found("192.0.2.1").addresses);
      ++answers;
    });
  }
  gate.open();
  ASSERT_TRUE(run_until([&] { return answers == 1000; }));
  // And so does who comes a moment later.
  resolver.resolve("tracker.test", [&answers](const Lookup&) { ++answers; });
  EXPECT_EQ(answers, 1000) << "answered from inside the call";
  ASSERT_TRUE(run_until([&] { return answers == 1001; }));
  EXPECT_EQ(gate.arrived(), 1);
}

TEST_F(ResolverTest, AFailureIsSharedToo) {
  std::atomic<int> lookups = 0;
  Resolver resolver(io, [&lookups](const std::string&) {
    ++lookups;
    return Lookup{{}, "no such host"};
  });
  for (int i = 0; i < 3; ++i) {
    std::string error;
    resolver.resolve("gone.test", [&error](const Lookup& lookup) { error = lookup.error; });
    ASSERT_TRUE(run_until([&] { return !error.empty(); }));
    EXPECT_EQ(error, "no such host");
  }
  EXPECT_EQ(lookups, 1);
}

TEST_F(ResolverTest, NoMoreThreadsThanAllowedAreAtWork) {
  Gate gate;
  Resolver resolver(
      io,
      [&gate](const std::string&) {
        gate.pass();
        return found("192.0.2.1");
      },
      2);
  int answers = 0;
  for (int i = 0; i < 10; ++i) {
    resolver.resolve("host" + std::to_string(i) + ".test", [&answers](const Lookup&) { ++answers; });
  }
  ASSERT_TRUE(run_until([&] { return gate.arrived() == 2; }));
  EXPECT_EQ(answers, 0);
  gate.open();
  ASSERT_TRUE(run_until([&] { return answers == 10; }));
  EXPECT_EQ(gate.arrived(), 10);
}

TEST_F(ResolverTest, WhoIsAnsweredMayEndTheResolver) {
  auto resolver = std::make_unique<Resolver>(io, test_lookup);
  int answers = 0;
  const auto handler = [&](const Lookup&) {
    ++answers;
    resolver.reset();
  };
  resolver->resolve("one.test", handler);
  resolver->resolve("one.test", handler);
  ASSERT_TRUE(run_until([&] { return answers > 0; }));
  io.poll();
  EXPECT_EQ(answers, 1);
}

TEST(NameCacheTest, AnAnswerIsKeptForAMinuteAndAFailureForSeconds) {
  NameCache cache;
  const base::SteadyTime start{};
  cache.put("a", found("192.0.2.1"), start);
  cache.put("b", {{}, "no such host"}, start);
  EXPECT_EQ(cache.find("c", start), nullptr);
  ASSERT_NE(cache.find("a", start + std::chrono::seconds(59)), nullptr);
  EXPECT_EQ(cache.find("a", start + std::chrono::seconds(60)), nullptr);
  ASSERT_NE(cache.find("b", start + std::chrono::seconds(4)), nullptr);
  EXPECT_EQ(cache.find("b", start)->error, "no such host");
  EXPECT_EQ(cache.find("b", start + std::chrono::seconds(5)), nullptr);
}

TEST(NameCacheTest, ItsSizeIsBoundedAndTheOldestGoes) {
  NameCache cache;
  const base::SteadyTime start{};
  for (std::size_t i = 0; i <= NameCache::kMost; ++i) {
    cache.put(std::to_string(i), found("192.0.2.1"), start + std::chrono::milliseconds(i));
  }
  const base::SteadyTime later = start + std::chrono::seconds(2);
  EXPECT_EQ(cache.size(), NameCache::kMost);
  EXPECT_EQ(cache.find("0", later), nullptr);
  EXPECT_NE(cache.find("1", later), nullptr);
}

}  // namespace
}  // namespace podswarm::engine::testing

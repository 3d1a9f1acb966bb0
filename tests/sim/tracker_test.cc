// Swarms whose trackers fail, are silent, or lie.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/sim/world.h"

namespace podswarm::engine::sim {
namespace {

using namespace std::chrono_literals;

constexpr LinkSpeed kSpeed{.up_bytes_per_s = 2e6};

base::Bytes bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

class TrackerSwarmTest : public testing::Test {
 protected:
  // A seed and six leeches that know those tiers; when all are complete, or nothing.
  std::optional<double> run(const std::vector<std::vector<std::string>>& tiers, std::chrono::seconds most = 600s) {
    Node::Options options;
    options.trackers = tiers;
    world.add_seed(kSpeed, options);
    for (int i = 0; i < 6; ++i) leeches.push_back(&world.add(kSpeed, options));
    world.start();
    if (!world.run_until_complete(leeches, most)) return std::nullopt;
    std::printf("complete after %.1f s\n", world.events().seconds());
    return world.events().seconds();
  }
  void add(const std::string& url, Tracker::Answer answer = {}) {
    world.trackers().insert_or_assign(url, Tracker(world.random()(), std::move(answer)));
  }
  static Tracker::Answer says(std::string_view text) {
    return [text](Tracker&, const AnnounceRequest&, const Endpoint&) { return bytes(text); };
  }

  World world{{.pieces = 64}};
  std::vector<Node*> leeches;
};

TEST_F(TrackerSwarmTest, ATrackerThatIsSilentDoesNotHoldUpTheOthers) {
  add("http://silent.example/announce", [](Tracker&, const AnnounceRequest&, const Endpoint&) { return std::nullopt; });
  add("http://good.example/announce");
  const auto time = run({{"http://silent.example/announce"}, {"http://good.example/announce"}});
  ASSERT_TRUE(time);
  EXPECT_LT(*time, 8);
}

TEST_F(TrackerSwarmTest, ATrackerThatFailsGivesWayToTheNextOfItsTier) {
  add("http://failing.example/announce", says("d14:failure reason11:out of luckee"));
  add("http://good.example/announce");
  const auto time = run({{"http://failing.example/announce", "http://good.example/announce"}});
  ASSERT_TRUE(time);
  EXPECT_LT(*time, 8);
}

TEST_F(TrackerSwarmTest, ATrackerThatRecoversIsAskedAgain) {
  EventQueue& events = world.events();
  add("http://late.example/announce",
      [&events](Tracker& self, const AnnounceRequest& request, const Endpoint& from) -> std::optional<base::Bytes> {
        if (events.seconds() < 60) return std::nullopt;
        return self.honest(request, from);
      });
  const auto time = run({{"http://late.example/announce"}});
  ASSERT_TRUE(time);
  EXPECT_GT(*time, 60);
}

TEST_F(TrackerSwarmTest, GarbageAndNonsenseAreSurvived) {
  add("http://garbage.example/announce", says("<html>we moved</html>"));
  add("http://negative.example/announce", says("d8:intervali-5e12:min intervali-1e5:peers0:e"));
  add("http://huge.example/announce", says("d8:intervali9223372036854775807e5:peers7:abcdefge"));
  add("http://good.example/announce");
  const auto time = run({{"http://garbage.example/announce"},
                         {"http://negative.example/announce"},
                         {"http://huge.example/announce"},
                         {"http://good.example/announce"}});
  ASSERT_TRUE(time);
  EXPECT_LT(*time, 8);
  // A negative interval is no reason to ask without end.
  world.run_for(600s);
  EXPECT_LE(world.trackers().at("http://negative.example/announce").announces(), 7u * 15);
}

// Thousands of addresses where nobody is, our own among them.
TEST_F(TrackerSwarmTest, InventedAddressesDoNotKeepTheRealOnesOut) {
  add("http://liar.example/announce", [](Tracker& self, const AnnounceRequest&, const Endpoint& from) {
    AnnounceAnswer answer;
    answer.peers.push_back({from, {}});
    for (int i = 0; i < 5000; ++i) {
      const std::uint64_t at = self.random()();
      answer.peers.push_back({Endpoint::v4({100, static_cast<std::uint8_t>(at), static_cast<std::uint8_t>(at >> 8),
                                            static_cast<std::uint8_t>(at >> 16)},
                                           6881),
                              {}});
    }
    return encode_announce_response(answer, true, true);
  });
  add("http://good.example/announce");
  const auto time = run({{"http://liar.example/announce"}, {"http://good.example/announce"}});
  ASSERT_TRUE(time);
  EXPECT_LT(*time, 300);
  for (const auto& node : world.nodes()) EXPECT_LE(node->book().size(), PeerBook::kMost);
}

TEST_F(TrackerSwarmTest, EventsAreToldOnce) {
  add("http://good.example/announce");
  ASSERT_TRUE(run({{"http://good.example/announce"}}));
  world.run_for(10s);
  std::map<AnnounceEvent, int> count;
  for (const AnnounceEvent event : world.trackers().at("http://good.example/announce").events()) ++count[event];
  EXPECT_EQ(count[AnnounceEvent::kStarted], 7);
  // The seed was complete from the start.
  EXPECT_EQ(count[AnnounceEvent::kCompleted], 6);
}

}  // namespace
}  // namespace podswarm::engine::sim

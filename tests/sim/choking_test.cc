// Whom peers give to, seen from outside: each second, who is unchoked by whom.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/sim/raw_peer.h"
#include "tests/sim/world.h"

namespace podswarm::engine::sim {
namespace {

using namespace std::chrono_literals;
using Answer = Node::Options::Answer;

// Looks on second by second, until `end` seconds.
template <class Look>
void watch(World& world, double end, Look look) {
  while (world.events().seconds() < end) {
    world.run_for(1s);
    look();
  }
}

// Seconds in which a node was unchoked by a giver that wanted pieces itself, over the seconds in which it wanted any.
struct Share {
  int wanted = 0;
  int had = 0;
  void look(const Node& giver, const Node& taker) {
    const PeerCore* peer = giver.peer(taker);
    if (giver.complete() || peer == nullptr || !peer->is_interested()) return;
    ++wanted;
    had += !peer->am_choking();
  }
  [[nodiscard]] double of_time() const { return wanted == 0 ? 0 : static_cast<double>(had) / wanted; }
};

class ChokingTest : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, ChokingTest, testing::Values(1, 2));

// More peers than slots, and uplinks that all are slower than what is wanted.
TEST_P(ChokingTest, WhoGivesMoreIsGivenMoreAndWhoGivesNothingHasOptimisticSlots) {
  World world({.pieces = 512, .seed = GetParam()});
  constexpr LinkSpeed kSlow{.up_bytes_per_s = 60e3};
  constexpr LinkSpeed kFast{.up_bytes_per_s = 400e3};
  Node::Options slots;
  slots.upload_slots = 4;
  world.add_seed({.up_bytes_per_s = 200e3}, slots);
  std::vector<Node*> slow;
  for (int i = 0; i < 12; ++i) slow.push_back(&world.add(kSlow, slots));
  Node::Options generous;
  generous.upload_slots = 20;
  Node& fast = world.add(kFast, generous);
  Node::Options nothing;
  nothing.upload_slots = 0;
  Node& rider = world.add(kSlow, nothing);
  world.start();
  Share of_fast;
  Share of_slow;
  Share of_rider;
  std::vector<int> spell(slow.size());
  std::vector<int> spells;
  watch(world, 240, [&] {
    // At first nobody has anything to give, and slots are free.
    if (world.events().seconds() < 60) return;
    for (std::size_t i = 0; i < slow.size(); ++i) {
      const Node& giver = *slow[i];
      of_fast.look(giver, fast);
      of_rider.look(giver, rider);
      for (const Node* taker : slow) {
        if (taker != &giver) of_slow.look(giver, *taker);
      }
      const PeerCore* peer = giver.peer(rider);
      const bool has_slot = peer != nullptr && !peer->am_choking();
      if (has_slot) {
        ++spell[i];
      } else if (spell[i] > 0) {
        spells.push_back(spell[i]);
        spell[i] = 0;
      }
    }
  });
  const auto longest = spells.empty() ? 0 : *std::max_element(spells.begin(), spells.end());
  std::printf("unchoked: the fast one %.0f %% of the time, slow ones %.0f %%, who gives nothing %.0f %% in %zu spells",
              of_fast.of_time() * 100, of_slow.of_time() * 100, of_rider.of_time() * 100, spells.size());
  std::printf(" of at most %d s\n", longest);
  EXPECT_GT(of_fast.of_time(), of_slow.of_time() * 2);
  EXPECT_GT(of_slow.of_time(), of_rider.of_time() * 1.5);
  // One slot of four goes round among ten, every 30 s; a spell that began before is counted too.
  EXPECT_GT(of_rider.of_time(), 0.02);
  EXPECT_LT(of_rider.of_time(), 0.25);
  EXPECT_GT(spells.size(), 3u);
  EXPECT_LE(longest, 65);
}

TEST_P(ChokingTest, ANewcomerWithNothingIsGivenToByAnOptimisticSlot) {
  World world({.pieces = 512, .seed = GetParam()});
  constexpr LinkSpeed kSlow{.up_bytes_per_s = 60e3};
  Node::Options slots;
  slots.upload_slots = 4;
  world.add_seed({.up_bytes_per_s = 200e3}, slots);
  std::vector<Node*> leeches;
  for (int i = 0; i < 10; ++i) leeches.push_back(&world.add(kSlow, slots));
  world.start();
  world.run_for(90s);
  Node::Options nothing;
  nothing.upload_slots = 0;
  Node& newcomer = world.add(kSlow, nothing);
  world.start();
  const double began = world.events().seconds();
  double unchoked = 0;
  std::uint64_t given = 0;
  watch(world, began + 180, [&] {
    for (const Node* giver : leeches) {
      const PeerCore* peer = giver->peer(newcomer);
      if (peer == nullptr || peer->am_choking() || giver->complete()) continue;
      if (unchoked == 0) unchoked = world.events().seconds() - began;
      given = std::max(given, peer->sent_since_unchoke());
    }
  });
  std::printf("unchoked by a leech after %.0f s, one gave it %.0f KB, its first piece came after %.1f s\n", unchoked,
              static_cast<double>(given) / 1e3, newcomer.first_piece_at() - began);
  EXPECT_GT(unchoked, 0);
  EXPECT_LT(unchoked, 60);
  EXPECT_EQ(newcomer.sent(), 0u);
  EXPECT_GE(given, world.torrent().layout().piece_length());
  EXPECT_GT(newcomer.first_piece_at(), began);
  EXPECT_LT(newcomer.first_piece_at(), began + 75);
}

// None of them gives anything, so that all that they get is the seed's.
TEST_P(ChokingTest, ASeedWithMorePeersThanSlotsServesAllInTurn) {
  World world({.pieces = 1024, .seed = GetParam()});
  Node::Options options;
  options.upload_slots = 3;
  Node& seed = world.add_seed({.up_bytes_per_s = 300e3}, options);
  options.upload_slots = 0;
  std::vector<Node*> leeches;
  for (int i = 0; i < 9; ++i) leeches.push_back(&world.add({.up_bytes_per_s = 300e3}, options));
  world.start();
  std::vector<int> had(leeches.size());
  int most_at_once = 0;
  double all_served = 0;
  watch(world, 900, [&] {
    int at_once = 0;
    for (std::size_t i = 0; i < leeches.size(); ++i) {
      const PeerCore* peer = seed.peer(*leeches[i]);
      if (peer == nullptr || peer->am_choking()) continue;
      ++had[i];
      ++at_once;
    }
    most_at_once = std::max(most_at_once, at_once);
    if (all_served == 0 && std::none_of(had.begin(), had.end(), [](int seconds) { return seconds == 0; })) {
      all_served = world.events().seconds();
    }
  });
  const auto [least, most] = std::minmax_element(
      leeches.begin(), leeches.end(), [](const Node* a, const Node* b) { return a->received() < b->received(); });
  std::printf("all nine were served after %.0f s; in 900 s the least was given %.1f MB, the most %.1f MB\n", all_served,
              static_cast<double>((*least)->received()) / 1e6, static_cast<double>((*most)->received()) / 1e6);
  EXPECT_EQ(most_at_once, 3);
  EXPECT_GT(all_served, 0);
  EXPECT_LT(all_served, 300);
  EXPECT_GT(static_cast<double>((*least)->received()), static_cast<double>((*most)->received()) / 3);
}

// Some of them take next to nothing; others are interested and ask for nothing.
TEST_P(ChokingTest, NobodyWaitsForASeedLongerThanTheTurnsOfAllOthers) {
  World world({.pieces = 2048, .seed = GetParam()});
  constexpr std::size_t kSlots = 5;
  constexpr int kLeeches = 40;
  Node::Options options;
  options.upload_slots = kSlots;
  Node& seed = world.add_seed({.up_bytes_per_s = 500e3}, options);
  options.upload_slots = 0;
  std::vector<Node*> leeches;
  for (int i = 0; i < kLeeches; ++i) {
    const bool slow = i % 8 == 0;
    leeches.push_back(&world.add({.up_bytes_per_s = 300e3, .down_bytes_per_s = slow ? 5e3 : 10e6}, options));
  }
  // As many as there are slots that go round.
  std::vector<std::unique_ptr<RawPeer>> idle;
  for (std::size_t i = 0; i + 1 < kSlots; ++i) {
    const auto interested = encode_plain(WireId::kInterested);
    RawPeer::Options silent;
    silent.say = [interested](SmallRandom&, std::size_t n) {
      if (n == 0) return base::Bytes(interested.begin(), interested.end());
      return base::Bytes(n % 1000 == 0 ? 4 : 0);  // a keep-alive
    };
    Host& host = world.network().add(world.new_endpoint(), {});
    idle.push_back(std::make_unique<RawPeer>(world.events(), host, world.torrent(), silent));
    idle.back()->call(seed.endpoint());
  }
  world.start();
  std::vector<int> waiting(leeches.size());
  int longest = 0;
  watch(world, 1200, [&] {
    for (std::size_t i = 0; i < leeches.size(); ++i) {
      const PeerCore* peer = seed.peer(*leeches[i]);
      const bool waits = peer != nullptr && peer->is_interested() && peer->am_choking();
      waiting[i] = waits ? waiting[i] + 1 : 0;
      longest = std::max(longest, waiting[i]);
    }
  });
  std::printf("of %d that %zu slots go round among, nobody waited longer than %d s\n", kLeeches, kSlots, longest);
  // One slot of five is optimistic. Each turn takes a minute at least, those of the slow ones three.
  const auto turns = std::chrono::duration<double>(35 * Choker::kSeedQuotaTime + 5 * Choker::kSeedTurn).count();
  EXPECT_LT(longest, 1.2 * turns / (kSlots - 1));
}

// It gave more than anybody, and then it stops to answer.
TEST_P(ChokingTest, WhoStopsToAnswerLosesItsSlots) {
  World world({.pieces = 1024, .seed = GetParam()});
  constexpr LinkSpeed kSlow{.up_bytes_per_s = 60e3};
  Node::Options slots;
  slots.upload_slots = 4;
  world.add_seed({.up_bytes_per_s = 200e3}, slots);
  std::vector<Node*> leeches;
  for (int i = 0; i < 12; ++i) leeches.push_back(&world.add(kSlow, slots));
  bool answers = true;
  Node::Options stopping = slots;
  stopping.upload_slots = 20;
  stopping.answer = [&answers](const BlockRef&, const PeerCore&) { return answers ? Answer::kServe : Answer::kIgnore; };
  Node& stopper = world.add({.up_bytes_per_s = 600e3}, stopping);
  world.start();
  Share before;
  Share after;
  watch(world, 120, [&] {
    if (world.events().seconds() < 60) return;
    for (const Node* giver : leeches) before.look(*giver, stopper);
  });
  answers = false;
  int snubbed = 0;
  watch(world, 270, [&] {
    // It is snubbed after 20 s; the round after that takes its slots.
    if (world.events().seconds() < 155) return;
    for (const Node* giver : leeches) {
      const PeerCore* peer = giver->peer(stopper);
      if (peer == nullptr || !peer->is_snubbing()) continue;
      ++snubbed;
      after.look(*giver, stopper);
    }
  });
  std::printf("unchoked %.0f %% of the time while it gave, %.0f %% when it did not\n", before.of_time() * 100,
              after.of_time() * 100);
  EXPECT_GT(snubbed, 0);
  EXPECT_GT(before.of_time(), 0.5);
  EXPECT_LT(after.of_time(), 0.25);
}

}  // namespace
}  // namespace podswarm::engine::sim

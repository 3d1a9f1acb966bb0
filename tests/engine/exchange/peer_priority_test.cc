#include "engine/core/peer_priority.h"

#include <gtest/gtest.h>

#include "engine/core/external_address.h"

namespace podswarm::engine {
namespace {

Endpoint at(const char* address, std::uint16_t port = 6881) {
  return *parse_endpoint(address, port);
}

// A peer in a network of its own.
Endpoint voter(int n) {
  return Endpoint::v4({60, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n), 7}, 6881);
}

TEST(PeerPriorityTest, AgreesWithTheExamplesOfBep40) {
  EXPECT_EQ(peer_priority(at("123.213.32.10"), at("98.76.54.32")), 0xec2d7224u);
  EXPECT_EQ(peer_priority(at("123.213.32.10"), at("123.213.32.234")), 0x99568189u);
}

TEST(PeerPriorityTest, IsTheSameFromBothEnds) {
  for (const char* other : {"98.76.54.32", "123.213.7.9", "123.213.32.11"}) {
    EXPECT_EQ(peer_priority(at("123.213.32.10"), at(other)), peer_priority(at(other), at("123.213.32.10"))) << other;
  }
  EXPECT_EQ(peer_priority(at("2001:db8::1"), at("2001:db8:1::2")),
            peer_priority(at("2001:db8:1::2"), at("2001:db8::1")));
}

TEST(PeerPriorityTest, OfFarAddressesOnlyTheNetworkCounts) {
  // 0x55 leaves every second bit of the last two bytes out: .32 and .34 are the same then.
  EXPECT_EQ(peer_priority(at("123.213.32.10"), at("98.76.54.32")),
            peer_priority(at("123.213.32.10"), at("98.76.54.34")));
  EXPECT_NE(peer_priority(at("123.213.32.10"), at("123.213.54.32")),
            peer_priority(at("123.213.32.10"), at("123.213.55.32")));
  EXPECT_NE(peer_priority(at("2001:db8::1"), at("2001:db8::a")),
            peer_priority(at("2001:db8::1"), at("2001:db8:0:aaaa::a")));
}

TEST(PeerPriorityTest, BehindOneAddressThePortsDecide) {
  const auto priority = peer_priority(at("192.0.2.1", 6881), at("192.0.2.1", 51413));
  EXPECT_EQ(priority, peer_priority(at("192.0.2.1", 51413), at("192.0.2.1", 6881)));
  EXPECT_NE(priority, peer_priority(at("192.0.2.1", 6881), at("192.0.2.1", 51414)));
}

TEST(PeerPriorityTest, AcrossFamiliesThereIsNone) {
  EXPECT_EQ(peer_priority(at("192.0.2.1"), at("2001:db8::1")), 0u);
}

TEST(ExternalAddressTest, OneVoiceIsNotBelieved) {
  ExternalAddress address;
  address.vote(voter(1), at("8.8.4.4"));
  address.vote(voter(1), at("8.8.4.4"));
  EXPECT_EQ(address.v4(), std::nullopt);
  address.vote(voter(2), at("8.8.4.4", 1));
  EXPECT_EQ(address.v4(), at("8.8.4.4", 0));
  EXPECT_EQ(address.v6(), std::nullopt);
}

TEST(ExternalAddressTest, TheMajorityWinsAndAChangeOfMindCounts) {
  ExternalAddress address;
  for (const int n : {1, 2}) address.vote(voter(n), at("8.8.4.4"));
  for (const int n : {3, 4}) address.vote(voter(n), at("1.1.1.1"));
  EXPECT_EQ(address.v4(), at("8.8.4.4", 0)) << "a tie changes nothing";
  address.vote(voter(1), at("1.1.1.1"));
  EXPECT_EQ(address.v4(), at("1.1.1.1", 0));
}

TEST(ExternalAddressTest, NeighboursSayNothingAboutTheWorld) {
  ExternalAddress address;
  for (const int n : {1, 2, 3}) address.vote(voter(n), at("192.168.1.5"));
  EXPECT_EQ(address.v4(), std::nullopt);
}

TEST(ExternalAddressTest, OldVoicesAreForgotten) {
  ExternalAddress address;
  const int most = static_cast<int>(ExternalAddress::kMostVoters);
  for (int i = 0; i < most; ++i) address.vote(voter(i), at("8.8.4.4"));
  for (int i = 0; i < most / 2 + 1; ++i) address.vote(voter(1000 + i), at("1.1.1.1"));
  EXPECT_EQ(address.v4(), at("1.1.1.1", 0));
}

TEST(ExternalAddressTest, ANetworkHasOneVoice) {
  ExternalAddress address;
  for (const int n : {1, 2}) address.vote(voter(n), at("8.8.4.4"));
  for (int i = 1; i < 200; ++i) {
    address.vote(Endpoint::v4({66, 6, 6, static_cast<std::uint8_t>(i)}, 6881), at("1.1.1.1"));
  }
  EXPECT_EQ(address.v4(), at("8.8.4.4", 0));
  for (const char* peer : {"2001:db8:1::1", "2001:db8:1:2::1", "2001:db8:1:ffff::1"}) {
    address.vote(at(peer), at("2606:4700::1"));
  }
  EXPECT_EQ(address.v6(), std::nullopt) << "all of one /48";
  address.vote(at("2001:db8:2::1"), at("2606:4700::1"));
  EXPECT_EQ(address.v6(), at("2606:4700::1", 0));
}

TEST(ExternalAddressTest, SoHaveTheTrackersOfADomainAndThoseOfANetwork) {
  ExternalAddress address;
  address.vote("http://a.tracker.example:6969/announce", at("1.1.1.1"));
  address.vote("udp://b.tracker.example:1337", at("1.1.1.1"));
  address.vote("http://tracker.example/x", at("1.1.1.1"));
  EXPECT_EQ(address.v4(), std::nullopt);
  address.vote("http://66.6.6.7/announce", at("8.8.4.4"));
  address.vote("http://66.6.6.8/announce", at("8.8.4.4"));
  address.vote(at("66.6.6.9"), at("8.8.4.4"));
  EXPECT_EQ(address.v4(), std::nullopt);
  address.vote("http://other.example/announce", at("1.1.1.1"));
  EXPECT_EQ(address.v4(), at("1.1.1.1", 0));
}

}  // namespace
}  // namespace podswarm::engine

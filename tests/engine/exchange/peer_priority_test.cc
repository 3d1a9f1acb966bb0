#include "engine/core/peer_priority.h"

#include <gtest/gtest.h>

#include "engine/core/external_address.h"

namespace podswarm::engine {
namespace {

Endpoint at(const char* address, std::uint16_t port = 6881) {
  return *parse_endpoint(address, port);
}

base::ByteView voter(const char* name) {
  return base::as_bytes(std::string_view(name));
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
  address.vote(voter("a"), at("8.8.4.4"));
  address.vote(voter("a"), at("8.8.4.4"));
  EXPECT_EQ(address.v4(), std::nullopt);
  address.vote(voter("b"), at("8.8.4.4", 1));
  EXPECT_EQ(address.v4(), at("8.8.4.4", 0));
  EXPECT_EQ(address.v6(), std::nullopt);
}

TEST(ExternalAddressTest, TheMajorityWinsAndAChangeOfMindCounts) {
  ExternalAddress address;
  for (const char* name : {"a", "b"}) address.vote(voter(name), at("8.8.4.4"));
  for (const char* name : {"c", "d"}) address.vote(voter(name), at("1.1.1.1"));
  EXPECT_EQ(address.v4(), at("8.8.4.4", 0)) << "a tie changes nothing";
  address.vote(voter("a"), at("1.1.1.1"));
  EXPECT_EQ(address.v4(), at("1.1.1.1", 0));
}

TEST(ExternalAddressTest, NeighboursSayNothingAboutTheWorld) {
  ExternalAddress address;
  for (const char* name : {"a", "b", "c"}) address.vote(voter(name), at("192.168.1.5"));
  EXPECT_EQ(address.v4(), std::nullopt);
}

TEST(ExternalAddressTest, OldVoicesAreForgotten) {
  ExternalAddress address;
  for (std::size_t i = 0; i < ExternalAddress::kMostVoters; ++i) {
    address.vote(base::as_bytes("old " + std::to_string(i)), at("8.8.4.4"));
  }
  for (std::size_t i = 0; i < ExternalAddress::kMostVoters / 2 + 1; ++i) {
    address.vote(base::as_bytes("new " + std::to_string(i)), at("1.1.1.1"));
  }
  EXPECT_EQ(address.v4(), at("1.1.1.1", 0));
}

}  // namespace
}  // namespace podswarm::engine

#include "engine/core/magnet.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/core/inspect.h"

namespace podswarm::engine {
namespace {

const std::string kHex(40, 'c');

MagnetError error_of(std::string_view link) {
  const auto magnet = parse_magnet(link);
  EXPECT_FALSE(magnet) << link;
  return magnet ? MagnetError::kTooLong : magnet.error().code;
}

TEST(Magnet, ReadsItsParameters) {
  const auto magnet = parse_magnet("  MAGNET:?XT=urn:btih:" + kHex +
                                   "&dn=A+name%21&tr=http%3A%2F%2Ft.test%2Fann%3Fkey%3Da&tr.1=udp://u.test:80"
                                   "&tr=gopher://x.test&ws=http://w.test/a+b&x.pe=127.0.0.1:43&x.pe=[::1]:45&x.pe=junk"
                                   "&dht=router.test:6881&so=0,2,4-8,x&empty&=&xl=5\n");
  ASSERT_TRUE(magnet) << magnet.error().message;
  EXPECT_EQ(base::to_hex(*magnet->info_hash_v1), kHex);
  EXPECT_EQ(magnet->name, "A name!");
  ASSERT_EQ(magnet->sources.tiers.size(), 2u);
  EXPECT_EQ(magnet->sources.tiers[0][0], "http://t.test/ann?key=a");
  EXPECT_EQ(magnet->sources.tiers[1][0], "udp://u.test:80");
  EXPECT_EQ(magnet->sources.web_seeds, (std::vector<std::string>{"http://w.test/a+b"}));
  ASSERT_EQ(magnet->peers.size(), 2u);
  EXPECT_EQ(magnet->peers[1], (std::pair<std::string, std::uint16_t>("::1", 45)));
  EXPECT_EQ(magnet->sources.nodes[0].first, "router.test");
  EXPECT_EQ(magnet->selected_files, (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{0, 0}, {2, 2}, {4, 8}}));
}

TEST(Magnet, ReadsBase32AndVersion2) {
  const auto base32 = parse_magnet("magnet:?xt=urn:btih:" + std::string(32, 'a'));
  ASSERT_TRUE(base32);
  EXPECT_EQ(*base32->info_hash_v1, Sha1Hash{});
  const auto v2 = parse_magnet("magnet:?xt=urn:btmh:1220" + std::string(64, 'e'));
  ASSERT_TRUE(v2);
  EXPECT_EQ(base::to_hex(*v2->info_hash_v2), std::string(64, 'e'));
  EXPECT_EQ(base::to_hex(v2->info_hash()), std::string(40, 'e'));
}

TEST(Magnet, RefusesBrokenHashes) {
  EXPECT_EQ(error_of("http://x.test/"), MagnetError::kNotMagnet);
  EXPECT_EQ(error_of("magnet:"), MagnetError::kNotMagnet);
  EXPECT_EQ(error_of("magnet:?dn=x"), MagnetError::kNoHash);
  EXPECT_EQ(error_of("magnet:?xt=urn:sha1:" + kHex), MagnetError::kNoHash);
  EXPECT_EQ(error_of("magnet:?xt=urn:btih:" + kHex.substr(1)), MagnetError::kBadHash);
  EXPECT_EQ(error_of("magnet:?xt=urn:btih:" + std::string(40, 'z')), MagnetError::kBadHash);
  EXPECT_EQ(error_of("magnet:?xt=urn:btih:" + std::string(32, '1')), MagnetError::kBadHash);
  EXPECT_EQ(error_of("magnet:?xt=urn:btmh:1221" + std::string(64, 'e')), MagnetError::kBadHash);
  EXPECT_EQ(error_of("magnet:?xt=urn:btmh:1220" + std::string(63, 'e')), MagnetError::kBadHash);
  EXPECT_EQ(error_of("magnet:?xt=urn:btih:" + kHex + "&xt=urn:btih:ab"), MagnetError::kBadHash);
  EXPECT_EQ(error_of("magnet:?dn=" + std::string(kMaxMagnetLength, 'x')), MagnetError::kTooLong);
}

TEST(Magnet, PrintsWhatItReads) {
  const std::string link = "magnet:?xt=urn:btih:" + kHex +
                           "&dn=A%20name&tr=http%3A%2F%2Ft.test%2Fa&ws=http%3A%2F%2Fw.test%2F&x.pe=[::1]:45"
                           "&dht=1.2.3.4:5&so=1,3-4";
  const auto magnet = parse_magnet(link);
  ASSERT_TRUE(magnet);
  EXPECT_EQ(to_string(*magnet), link);
}

TEST(Magnet, EveryTruncationEndsWell) {
  const std::string link =
      "magnet:?xt=urn:btih:" + std::string(40, '9') + "&dn=A%20name&tr=http%3A%2F%2Ft.test%2Fa&x.pe=[::1]:45";
  for (std::size_t n = 0; n < link.size(); ++n) {
    const auto magnet = parse_magnet(link.substr(0, n));
    EXPECT_EQ(magnet.has_value(), n >= 60) << n;
  }
}

TEST(Inspect, PrintsUtf8WhateverIsInside) {
  const auto magnet = parse_magnet("magnet:?xt=urn:btih:" + kHex + "&dn=%FF%22");
  ASSERT_TRUE(magnet);
  EXPECT_EQ(to_json(*magnet), "{\"format\":\"magnet\",\"name\":\"\xEF\xBF\xBD\\\"\",\"info_hash\":\"" + kHex +
                                  "\",\"info_hash_v2\":null,\"trackers\":[],\"web_seeds\":[]}");
  const auto torrent = Metainfo::parse(
      base::as_bytes("d7:comment2:\xFF"
                     "x4:infod6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:hhhhhhhhhhhhhhhhhhhhee"));
  ASSERT_TRUE(torrent);
  const std::string json = to_json(*torrent);
  EXPECT_NE(json.find("\"comment\":\"\xEF\xBF\xBDx\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"files\":[{\"path\":\"a\",\"length\":1}]"), std::string::npos) << json;
  EXPECT_NE(json.find("\"creation_date\":null"), std::string::npos) << json;
}

}  // namespace
}  // namespace podswarm::engine

#include "engine/core/extension.h"

#include <gtest/gtest.h>

#include "engine/core/pex.h"
#include "engine/core/ut_metadata.h"

namespace podswarm::engine {
namespace {

using base::as_bytes;
using base::as_text;

TEST(ExtensionHandshake, RoundTrips) {
  ExtensionHandshake handshake;
  handshake.ut_metadata = kOurUtMetadataId;
  handshake.ut_pex = 0;
  handshake.lt_donthave = 7;
  handshake.upload_only_id = 3;
  handshake.upload_only = true;
  handshake.listen_port = 6881;
  handshake.client = "Podswarm 0.1";
  handshake.request_queue = 500;
  handshake.metadata_size = 31235;
  handshake.your_ip = Endpoint::v4({192, 0, 2, 7}, 0);
  const base::Bytes payload = encode_extension_handshake(handshake);
  const auto back = decode_extension_handshake(payload);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, handshake);
  for (std::size_t n = 0; n < payload.size(); ++n) {
    EXPECT_FALSE(decode_extension_handshake(base::ByteView(payload).first(n))) << n;
  }
  const auto empty = decode_extension_handshake(encode_extension_handshake({}));
  ASSERT_TRUE(empty);
  EXPECT_EQ(*empty, ExtensionHandshake{});
}

TEST(ExtensionHandshake, ValuesOutOfRangeCountAsAbsent) {
  const auto handshake = decode_extension_handshake(
      as_bytes("d1:md11:ut_metadatai256e6:ut_pexi-1ee13:metadata_sizei99999999999e1:pi70000e4:reqqi0e1:vi5e"
               "6:yourip3:abce"));
  ASSERT_TRUE(handshake);
  EXPECT_EQ(*handshake, ExtensionHandshake{});
  EXPECT_FALSE(decode_extension_handshake(as_bytes("le")));
  EXPECT_FALSE(decode_extension_handshake(as_bytes("junk")));
}

TEST(ExtensionHandshake, ClientNamesAreFitToBeShown) {
  const std::string name = "evil\x1B[31m\xFF" + std::string(100, 'x');
  const auto handshake = decode_extension_handshake(as_bytes("d1:v" + std::to_string(name.size()) + ":" + name + "e"));
  ASSERT_TRUE(handshake);
  EXPECT_TRUE(handshake->client->starts_with("evil[31m\xEF\xBF\xBDxxx"));
  EXPECT_EQ(handshake->client->size(), 64u);
}

TEST(ExtensionHandshake, ALaterOneAddsToTheEarlier) {
  ExtensionHandshake known;
  known.ut_metadata = 2;
  known.ut_pex = 1;
  known.client = "x";
  ExtensionHandshake later;
  later.ut_pex = 0;
  later.upload_only = true;
  merge(known, later);
  EXPECT_EQ(known.ut_metadata, 2);
  EXPECT_EQ(known.ut_pex, 0);
  EXPECT_EQ(known.upload_only, true);
  EXPECT_EQ(known.client, "x");
}

// The examples of BEP 9.
TEST(UtMetadata, WritesAndReadsTheBepsMessages) {
  EXPECT_EQ(as_text(encode_ut_metadata_request(0)), "d8:msg_typei0e5:piecei0ee");
  EXPECT_EQ(as_text(encode_ut_metadata_reject(0)), "d8:msg_typei2e5:piecei0ee");
  const auto data = decode_ut_metadata(as_bytes("d8:msg_typei1e5:piecei0e10:total_sizei34256eexxxxxxxx"));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->type, UtMetadataMessage::Type::kData);
  EXPECT_EQ(data->total_size, 34256u);
  EXPECT_EQ(as_text(data->data), "xxxxxxxx");
}

TEST(UtMetadata, RefusesJunk) {
  for (const char* text : {"", "le", "de", "d8:msg_typei3e5:piecei0ee", "d8:msg_typei0ee", "d8:msg_typei0e5:piecei-1ee",
                           "d8:msg_typei0e5:piecei1024ee", "d8:msg_typei-1e5:piecei0ee"}) {
    EXPECT_FALSE(decode_ut_metadata(as_bytes(text))) << text;
  }
  EXPECT_FALSE(decode_ut_metadata(as_bytes("d8:msg_typei1e5:piecei0ee" + std::string(kMetadataPieceSize + 1, 'x'))));
}

TEST(UtMetadata, EveryTruncatedHeaderIsRefused) {
  const std::string text = "d8:msg_typei1e5:piecei0e10:total_sizei34256ee";
  for (std::size_t n = 0; n < text.size(); ++n) EXPECT_FALSE(decode_ut_metadata(as_bytes(text.substr(0, n)))) << n;
}

TEST(UtMetadata, APeersMetadataIsPutTogether) {
  base::Bytes info(2 * kMetadataPieceSize + 100);
  for (std::size_t i = 0; i < info.size(); ++i) info[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  MetadataAssembly assembly(static_cast<std::uint32_t>(info.size()));
  const base::SteadyTime start{};
  EXPECT_EQ(assembly.pick(start), 0u);
  EXPECT_EQ(assembly.pick(start), 1u);
  EXPECT_EQ(assembly.pick(start), 2u);
  EXPECT_EQ(assembly.pick(start), std::nullopt);
  EXPECT_EQ(assembly.pick(start + std::chrono::seconds(2)), std::nullopt);
  EXPECT_EQ(assembly.pick(start + std::chrono::seconds(3)), 0u) << "asked again after 3 s";
  for (const std::uint32_t piece : {2u, 0u, 1u}) {
    EXPECT_FALSE(assembly.complete());
    const base::Bytes answer = encode_ut_metadata_answer(info, piece);
    const auto message = decode_ut_metadata(answer);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->total_size, info.size());
    EXPECT_TRUE(assembly.add(message->piece, message->data));
  }
  EXPECT_TRUE(assembly.complete());
  EXPECT_EQ(assembly.bytes(), info);
  EXPECT_FALSE(assembly.add(3, {}));
  EXPECT_FALSE(assembly.add(2, base::ByteView(info).first(99)));
  EXPECT_EQ(as_text(encode_ut_metadata_answer(info, 3)), "d8:msg_typei2e5:piecei3ee");
}

TEST(Pex, RoundTripsBothFamilies) {
  const Endpoint v6 = *parse_endpoint("2001:db8::1", 51413);
  PexMessage message;
  message.added = {{Endpoint::v4({192, 0, 2, 1}, 6881), kPexUtp | kPexReachable}, {v6, kPexUploadOnly}};
  message.dropped = {Endpoint::v4({192, 0, 2, 2}, 1), v6};
  const base::Bytes payload = encode_pex(message);
  const auto back = decode_pex(payload);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->added, message.added);
  EXPECT_EQ(back->dropped, message.dropped);
  for (std::size_t n = 0; n < payload.size(); ++n) EXPECT_FALSE(decode_pex(base::ByteView(payload).first(n))) << n;
}

TEST(Pex, IsBoundedAndLeavesUnusablePeersOut) {
  PexMessage many;
  for (int i = 0; i < 200; ++i) many.added.push_back({Endpoint::v4({10, 0, 0, 1}, static_cast<std::uint16_t>(i)), 0});
  const auto back = decode_pex(encode_pex(many));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->added.size(), kMaxPexPeers - 1) << "port 0 is no peer";
  const std::string flood = "d5:added60000:" + std::string(60'000, '\x01') + "e";
  EXPECT_EQ(decode_pex(as_bytes(flood))->added.size(), kMaxPexPeers);
  const auto odd = decode_pex(as_bytes(std::string("d5:added7:\x7F\x00\x00\x01\x1A\xE1z7:added.f0:e", 29)));
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->added, (std::vector<PexPeer>{{Endpoint::v4({127, 0, 0, 1}, 6881), 0}})) << "a rest is passed over";
  EXPECT_FALSE(decode_pex(as_bytes("le")));
  EXPECT_TRUE(decode_pex(as_bytes("de"))->empty());
}

TEST(Endpoint, ReadsAndPrints) {
  EXPECT_EQ(parse_endpoint("192.0.2.1:6881")->to_string(), "192.0.2.1:6881");
  EXPECT_EQ(parse_endpoint("[2001:db8::1]:6881")->to_string(), "[2001:db8::1]:6881");
  EXPECT_EQ(parse_endpoint("[::ffff:192.0.2.1]:5")->to_string(), "192.0.2.1:5") << "mapped addresses are IPv4";
  for (const char* text : {"", ":", "x:1", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:1x", "::1:80",
                           "[192.0.2.1]:80", "192.0.2.256:1"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
}

TEST(Endpoint, KnowsWhatCannotBeConnectedTo) {
  EXPECT_FALSE(parse_endpoint("127.0.0.1:1")->is_unusable());
  EXPECT_FALSE(parse_endpoint("[::1]:1")->is_unusable());
  for (const char* text : {"192.0.2.1:0", "0.0.0.0:1", "224.0.0.1:1", "255.255.255.255:1", "[::]:1", "[ff02::1]:1"}) {
    EXPECT_TRUE(parse_endpoint(text)->is_unusable()) << text;
  }
}

}  // namespace
}  // namespace podswarm::engine

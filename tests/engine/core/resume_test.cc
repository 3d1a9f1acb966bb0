#include "engine/core/resume.h"

#include <gtest/gtest.h>

#include "engine/core/peer_id.h"
#include "engine/core/torrent_writer.h"

namespace podswarm::engine {
namespace {

Resume sample() {
  Resume resume;
  resume.info_hash.fill(0x5A);
  resume.have = Bitfield(11);
  resume.have.set(0);
  resume.have.set(10);
  resume.open = true;
  resume.doubtful = Bitfield(11);
  resume.doubtful.set(3);
  resume.files = {{100, -5, true}, {}, {1u << 30, 1'700'000'000'123'456'789, true}};
  resume.downloaded = 123;
  resume.uploaded = 456;
  resume.tracker_key = 0xFFFFFFFF;
  resume.info = {'d', 'e'};
  resume.sources = TorrentSources{{{"http://a.example/announce", "udp://b.example:1"}, {"http://c.example"}},
                                  {"http://w.example/"},
                                  {{"n.example", 6881}}};
  resume.peers = {Endpoint::v4({192, 0, 2, 1}, 6881), *parse_endpoint("2001:db8::1", 1)};
  return resume;
}

ResumeError error_of(base::ByteView bytes) {
  const auto result = decode_resume(bytes);
  EXPECT_FALSE(result);
  return result ? ResumeError::kNotBencoded : result.error().code;
}

TEST(Resume, RoundTrips) {
  const auto back = decode_resume(encode_resume(sample()));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, sample());
  const auto empty = decode_resume(encode_resume({}));
  ASSERT_TRUE(empty);
  EXPECT_EQ(*empty, Resume{});
}

TEST(Resume, HoldsTheTorrentWhereItHoldsAllOfIt) {
  NewTorrent made;
  made.name = "episode";
  made.piece_length = 16 * 1024;
  made.length = 100;
  made.pieces.assign(20, 'x');
  const auto metainfo = Metainfo::parse(encode_torrent(made));
  ASSERT_TRUE(metainfo);
  Resume resume = sample();
  EXPECT_FALSE(resumed_metainfo(resume)) << "its info dictionary is junk";
  resume.info = metainfo->info;
  EXPECT_FALSE(resumed_metainfo(resume)) << "of another torrent";
  resume.info_hash = metainfo->info_hash();
  const auto back = resumed_metainfo(resume);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->name, "episode");
  EXPECT_EQ(back->sources, *resume.sources);
  resume.sources.reset();
  ASSERT_TRUE(resumed_metainfo(resume)) << "its trackers are not known, but it is";
  EXPECT_EQ(resumed_metainfo(resume)->sources, TorrentSources());
}

TEST(Resume, EveryTruncationAndEveryFlippedBitIsRefused) {
  const base::Bytes good = encode_resume(sample());
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(decode_resume(base::ByteView(good).first(n))) << n;
  for (std::size_t i = 0; i < good.size() * 8; ++i) {
    base::Bytes bad = good;
    bad[i / 8] = static_cast<std::uint8_t>(bad[i / 8] ^ (1u << (i % 8)));
    EXPECT_FALSE(decode_resume(bad)) << i;
  }
}

TEST(Resume, TellsOtherDocumentsAndVersionsApart) {
  EXPECT_EQ(error_of(base::as_bytes("junk")), ResumeError::kNotBencoded);
  EXPECT_EQ(error_of(base::as_bytes("de")), ResumeError::kNotResume);
  std::string text(base::as_text(encode_resume(sample())));
  text.replace(text.rfind("i1e"), 3, "i2e");
  EXPECT_EQ(error_of(base::as_bytes(text)), ResumeError::kOtherVersion);
}

TEST(Resume, KeepsABoundedNumberOfPeers) {
  Resume resume = sample();
  resume.peers.assign(1000, Endpoint::v4({192, 0, 2, 1}, 1));
  EXPECT_EQ(decode_resume(encode_resume(resume))->peers.size(), kMaxResumePeers);
}

TEST(PeerId, NamesUsAndOthers) {
  const PeerId ours = make_peer_id({0, 1, 61, 62, 255, 0, 0, 0, 0, 0, 0, 9});
  EXPECT_EQ(base::as_text(ours).substr(0, 12), "-PS0100-01z0");
  const auto id = [](std::string_view text) {
    PeerId out{};
    std::copy(text.begin(), text.end(), out.begin());
    return out;
  };
  EXPECT_EQ(client_name(ours), "Podswarm 0.1.0");
  EXPECT_EQ(client_name(id("-qB4600-abcdefghijkl")), "qBittorrent 4.6.0");
  EXPECT_EQ(client_name(id("-TR400Z-abcdefghijkl")), "Transmission 4.0.0.35");
  EXPECT_EQ(client_name(id("-ZZ1234-abcdefghijkl")), "ZZ 1.2.3.4");
  EXPECT_EQ(client_name(id("M4-3-6--abc\x01zzz")), "M4-3-6--abc");
  EXPECT_EQ(client_name(PeerId{}), "");
}

}  // namespace
}  // namespace podswarm::engine

// Each of the other clients seeds and we fetch, and the other way about: over IPv4 and IPv6, with HTTP and UDP trackers
// and without, from .torrent files and magnet links, in pieces from 16 KiB to 64 MiB.

#include "tests/interop/interop_fixture.h"

namespace podswarm::interop {
namespace {

using engine::TestTorrent;
using test::Opentracker;

constexpr std::uint32_t kSmallPiece = 16 * 1024;
constexpr std::uint32_t kPiece = 1024 * 1024;
constexpr std::uint32_t kLargePiece = 64 * 1024 * 1024;
// Transmission 3.00 gives 5 MB a second and no more.
constexpr std::uint32_t kLargePieceOfTransmission = 16 * 1024 * 1024;

class Transfer : public Interop, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    PODSWARM_NEED_ISOLATION();
    PODSWARM_NEED_PROGRAM(GetParam());
  }
};

TEST_P(Transfer, WeFetchManyFilesAndTheirPaddingThatTheySeed) {
  PODSWARM_NEED_PROGRAM("opentracker");
  const TestTorrent torrent = many_files(kSmallPiece, {{Opentracker::announce_url(tracker_port())}});
  start_tracker(torrent);
  fetch(torrent, GetParam());
}

TEST_P(Transfer, TheyFetchManyFilesAndTheirPaddingThatWeSeed) {
  PODSWARM_NEED_PROGRAM("opentracker");
  const TestTorrent torrent = many_files(kSmallPiece, {{Opentracker::announce_url(tracker_port())}});
  start_tracker(torrent);
  give(torrent, GetParam());
}

TEST_P(Transfer, WeFollowAMagnetLinkToThemByAUdpTracker) {
  PODSWARM_NEED_PROGRAM("opentracker");
  const std::string tracker = Opentracker::udp_announce_url(tracker_port());
  const TestTorrent torrent = many_files(kSmallPiece, {{tracker}});
  start_tracker(torrent);
  fetch(torrent, GetParam(), torrent.magnet() + "&tr=" + base::percent_encode(tracker));
}

TEST_P(Transfer, TheyFollowAMagnetLinkToUsByAUdpTracker) {
  PODSWARM_NEED_PROGRAM("opentracker");
  const std::string tracker = Opentracker::udp_announce_url(tracker_port());
  const TestTorrent torrent = many_files(kSmallPiece, {{tracker}});
  start_tracker(torrent);
  give(torrent, GetParam(), torrent.magnet() + "&tr=" + base::percent_encode(tracker));
}

class TransferOverIpv6 : public Transfer {
 protected:
  void SetUp() override {
    Transfer::SetUp();
    if (!IsSkipped() && !test::has_ipv6()) GTEST_SKIP() << "this system has no IPv6";
    use_ipv6();
  }
  // A private torrent: its tracker is the one who may name peers.
  TestTorrent private_torrent() {
    engine::TrackerServerOptions options;
    options.address = test::kOwnAddress6;
    ipv6_tracker_.emplace(options);
    return many_files(kPiece, {{ipv6_tracker_->url()}}, true);
  }

 private:
  std::optional<engine::TestTracker> ipv6_tracker_;
};

TEST_P(TransferOverIpv6, WeFetchAPrivateTorrentThatTheySeed) {
  fetch(private_torrent(), GetParam());
}

TEST_P(TransferOverIpv6, TheyFetchAPrivateTorrentThatWeSeed) {
  give(private_torrent(), GetParam());
}

TEST_P(Transfer, WeFetchLargePiecesThatTheySeed) {
  const engine::TestTracker tracker;  // rtorrent takes no torrent without one
  const std::uint32_t piece = GetParam() == "transmission-daemon" ? kLargePieceOfTransmission : kLargePiece;
  fetch(TestTorrent::single(piece + kPiece, piece, 1, {{tracker.url()}}), GetParam(), "", true);
}

TEST_P(Transfer, TheyFetchLargePiecesThatWeSeed) {
  const engine::TestTracker tracker;
  give(TestTorrent::single(kLargePiece + kPiece, kLargePiece, 1, {{tracker.url()}}), GetParam(), "", true);
}

const auto kByName = [](const ::testing::TestParamInfo<std::string>& info) {
  return info.param.substr(0, info.param.find('-'));
};
INSTANTIATE_TEST_SUITE_P(Clients, Transfer, ::testing::ValuesIn(test::kClients), kByName);
INSTANTIATE_TEST_SUITE_P(Clients, TransferOverIpv6, ::testing::ValuesIn(test::kClients), kByName);

}  // namespace
}  // namespace podswarm::interop

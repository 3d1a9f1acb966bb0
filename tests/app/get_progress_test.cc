#include "app/get_progress.h"

#include <gtest/gtest.h>

namespace podswarm::app {
namespace {

engine::DownloadStatus torrent() {
  engine::DownloadStatus status;
  status.state = engine::DownloadState::kDownloading;
  status.info_hash = std::string(40, 'a');
  status.total_bytes = 100 * 1024;
  status.done_bytes = 60 * 1024;
  status.wanted_bytes = 40 * 1024;
  status.wanted_done = 10 * 1024;
  status.pieces_done = 12;
  status.pieces_total = 25;
  status.peers = 3;
  status.down_rate = 1024;
  status.up_rate = 512;
  return status;
}

TEST(GetProgress, CountsWhatIsWantedOfATorrent) {
  EXPECT_EQ(progress_text({torrent()}), "25% of 40.0 KiB  30s left  down 1.0 KiB/s  3 peers  12/25 pieces  up 512 B/s");
}

TEST(GetProgress, NamesWebSeedsAndChecking) {
  auto status = torrent();
  status.peers = 1;
  status.web_seeds = 2;
  status.down_rate = 0;
  status.state = engine::DownloadState::kChecking;
  EXPECT_EQ(progress_text({status}),
            "25% of 40.0 KiB  down 0 B/s  1 peer  2 web seeds  12/25 pieces checked  up 512 B/s");
}

TEST(GetProgress, OfHttpAloneThereAreNoPeers) {
  engine::DownloadStatus status;
  status.done_bytes = 2048;
  status.down_rate = 1024;
  EXPECT_EQ(progress_text({status}), "2.0 KiB of ?  down 1.0 KiB/s");
  status.total_bytes = 4096;
  EXPECT_EQ(progress_text({status}), "50% of 4.0 KiB  2s left  down 1.0 KiB/s");
}

TEST(GetProgress, AddsUpSeveralAndSaysNothingOfATimeBeyondReason) {
  auto slow = torrent();
  slow.total_bytes = slow.wanted_bytes = std::uint64_t{1} << 62;
  slow.down_rate = 1;
  const std::string line = progress_text({slow, torrent()});
  EXPECT_NE(line.find("down 1.0 KiB/s  6 peers  24/50 pieces  up 1.0 KiB/s"), std::string::npos) << line;
  EXPECT_EQ(line.find("left"), std::string::npos) << line;
}

TEST(GetProgress, AMagnetWithoutMetadataHasNoSize) {
  engine::DownloadStatus status;
  status.info_hash = std::string(40, 'a');
  status.state = engine::DownloadState::kMetadata;
  EXPECT_EQ(progress_text({status}), "0 B of ?  down 0 B/s  0 peers  up 0 B/s");
}

}  // namespace
}  // namespace podswarm::app

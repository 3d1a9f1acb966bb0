// One other client and our engine, each at an address of its own, and trackers between them.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "tests/engine/engine_fixture.h"
#include "tests/engine/test_tracker.h"
#include "tests/support/clients/client.h"
#include "tests/support/files.h"
#include "tests/support/network.h"
#include "tests/support/servers.h"

namespace podswarm::interop {

namespace fs = std::filesystem;
using std::chrono::seconds;

// The bytes that bring what comes next to the beginning of a piece.
inline std::pair<std::string, base::Bytes> padding(std::size_t after, std::size_t piece_length) {
  const std::size_t size = (piece_length - after % piece_length) % piece_length;
  return {fmt::format(".pad/{}", size), base::Bytes(size)};
}

// Files of all kinds: small, nested, empty ones, and padding after those that would share a piece with the next.
inline engine::TestTorrent many_files(std::uint32_t piece_length, const std::vector<std::vector<std::string>>& tiers,
                                      bool is_private = false) {
  engine::TestTorrent made;
  made.name = "show";
  made.is_private = is_private;
  const std::size_t large = piece_length * 3 + 70'001;
  made.files.emplace_back("one.bin", engine::random_bytes(50'000, 1));
  made.files.push_back(padding(50'000, piece_length));
  made.files.emplace_back("empty.txt", base::Bytes());
  made.files.emplace_back("season/two.bin", engine::random_bytes(large, 2));
  made.files.push_back(padding(large, piece_length));
  made.files.emplace_back("season/notes/three.txt", engine::random_bytes(10, 3));
  made.files.emplace_back("season/notes/four.bin", engine::random_bytes(1'200'000, 4));
  made.files.emplace_back("season/last and empty.txt", base::Bytes());
  made.write(piece_length, tiers);
  return made;
}

class Interop : public ::testing::Test {
 protected:
  // Where they and we are.
  void use_ipv6() {
    own_address_ = test::kOwnAddress6;
    their_address_ = test::kPeerAddress6;
  }
  test::Client& start(const std::string& program) {
    client_ = test::start_client(program, {folder_.path() / "client", their_address_});
    return *client_;
  }
  // Before the torrent is made, which names the tracker, and after, as the tracker wants to know it.
  std::uint16_t tracker_port() const { return tracker_port_; }
  void start_tracker(const engine::TestTorrent& torrent) {
    tracker_.emplace(folder_.path() / "tracker", tracker_port_, std::vector{info_hash(torrent)});
  }
  engine::TestEngine& start_engine() {
    engine::EngineOptions options;
    options.listen_address = own_address_;
    engine_.emplace(options);
    return *engine_;
  }

  static std::string info_hash(const engine::TestTorrent& torrent) { return base::to_hex(torrent.info_hash()); }
  static std::string bytes_of(const engine::TestTorrent& torrent) {
    return std::string(base::as_text(torrent.torrent));
  }
  [[nodiscard]] fs::path theirs() const { return folder_.path() / "theirs"; }
  [[nodiscard]] fs::path ours() const { return folder_.path() / "ours"; }
  [[nodiscard]] engine::PeerAddress their_peer() const { return {client_->address(), client_->port()}; }

  // They have it, we fetch it: from the .torrent, or by `magnet` where there is one. `dial`: we ask no tracker, and
  // call them.
  void fetch(const engine::TestTorrent& torrent, const std::string& program, const std::string& magnet = "",
             bool dial = false) {
    torrent.put(theirs(), true);
    start(program).seed(bytes_of(torrent), info_hash(torrent), theirs());
    engine::AddDownload add = engine::TestEngine::download(1, torrent, ours());
    if (!magnet.empty()) add.source = engine::MagnetSource{magnet};
    if (dial) {
      add.peers = {their_peer()};
      add.use_trackers = false;
    }
    start_engine();
    begin();
    (*engine_)->add(std::move(add));
    EXPECT_TRUE(test::eventually([&] { return engine_->seen<engine::Finished>(1).has_value(); }, kPatience)) << state();
    report(program + " to us");
    torrent.expect_in(ours());
    const engine::DownloadStatus status = engine_->status(1);
    EXPECT_EQ(status.wasted, 0u);
  }

  // We have it, they fetch it.
  void give(const engine::TestTorrent& torrent, const std::string& program, const std::string& magnet = "",
            bool dial = false) {
    torrent.put(ours());
    start_engine();
    engine::AddDownload add = engine::TestEngine::download(1, torrent, ours());
    add.use_trackers = !dial;
    (*engine_)->add(std::move(add));
    ASSERT_TRUE(engine_->wait<engine::Finished>(1)) << state();
    fs::create_directories(theirs());
    start(program);
    begin();
    if (magnet.empty()) {
      client_->add(bytes_of(torrent), theirs());
    } else {
      client_->add_magnet(magnet, theirs());
    }
    if (dial) (*engine_)->add_peer(1, their_peer());
    EXPECT_TRUE(test::eventually([&] { return client_->complete(info_hash(torrent)); }, kPatience)) << state();
    report("us to " + program);
    torrent.expect_in(theirs(), client_->makes_empty_files());
  }

  [[nodiscard]] std::string state() {
    const std::string log = client_ ? client_->log() : "";
    std::string text = log.substr(log.size() > kLogTail ? log.size() - kLogTail : 0);
    if (engine_) {
      const auto status = engine_->status(1);
      text += fmt::format("\nus: state {}, {} of {} pieces, {} peers, {} seeds, tracker: {}\n",
                          static_cast<int>(status.state), status.pieces_done, status.pieces_total, status.peers,
                          status.seeds, status.tracker_message);
    }
    return text;
  }

  void begin() { begun_ = std::chrono::steady_clock::now(); }
  void report(const std::string& what) const {
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_);
    fmt::print("[ transfer ] {}: {:.2f} s\n", what, took.count());
  }

  static constexpr seconds kPatience{60};
  static constexpr std::size_t kLogTail = 4000;

  test::TemporaryFolder folder_;
  std::uint16_t tracker_port_ = test::free_port();
  std::optional<test::Opentracker> tracker_;
  std::string own_address_ = test::kOwnAddress;
  std::string their_address_ = test::kPeerAddress;
  std::optional<engine::TestEngine> engine_;
  std::unique_ptr<test::Client> client_;
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace podswarm::interop

// Payload between the sockets and the disk: what is held back leaves memory when it has to.
#include "engine/disk/piece_store.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <map>

#include "tests/engine/engine_fixture.h"

namespace podswarm::engine {
namespace {

constexpr std::uint32_t kPiece = 4 * kBlockSize;

class PieceStoreTest : public testing::Test, public PieceStoreHost {
 protected:
  static constexpr std::uint32_t kPieces = 256;

  void SetUp() override {
    torrent_ = TestTorrent::single(std::size_t{kPieces} * kPiece, kPiece);
    data_ = std::make_shared<TorrentData>(*Metainfo::parse(torrent_.torrent), folder_.path(), files_);
    store_ = std::make_unique<PieceStore>(queue_, data_, pool_, *this);
  }
  void TearDown() override {
    store_->clear();
    workers_.join();
    guard_.reset();
    io_.run();
  }
  // Everything that is under way, and what comes of it.
  void run() {
    while (store_->jobs() > 0) io_.run_one();
    io_.poll();
  }
  void add(std::uint32_t piece, std::uint32_t block) {
    ChunkRef chunk = pool_.acquire(ChunkPool::kSmall);
    ASSERT_TRUE(chunk);
    const BlockRef ref{piece, block * kBlockSize, kBlockSize};
    const base::Bytes& all = torrent_.files[0].second;
    std::copy_n(all.begin() + std::ptrdiff_t{piece} * kPiece + ref.offset, kBlockSize, chunk->data());
    std::vector<Slice> data{{chunk, base::ByteView(chunk->data(), kBlockSize)}};
    store_->add(ref, std::move(data), [](const BlockRef&) { return false; });
  }

  TemporaryFolder folder_;
  TestTorrent torrent_;
  FilePool files_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  boost::asio::thread_pool workers_{1};
  DiskQueue queue_{io_, workers_, 1};
  ChunkPool pool_{32 << 20};
  TorrentDataRef data_;
  std::unique_ptr<PieceStore> store_;
  std::map<std::uint32_t, bool> checked_;

 private:
  void on_piece_checked(std::uint32_t piece, bool good, const std::vector<Sha1Hash>&) override {
    checked_[piece] = good;
  }
  void on_store_failed(FailureKind, const std::string& message) override { FAIL() << message; }
};

TEST_F(PieceStoreTest, AFlushLeavesNothingInMemoryWhereverTheGapsAre) {
  // Before a gap and behind it, in more pieces than one job takes, some of them with a job under way.
  for (std::uint32_t piece = 0; piece < kPieces; ++piece) {
    for (const std::uint32_t block : {0u, 2u, 3u}) add(piece, block);
  }
  store_->flush();
  run();
  EXPECT_EQ(pool_.in_use(), 0u);
  EXPECT_TRUE(checked_.empty());
  for (std::uint32_t piece = 0; piece < kPieces; ++piece) add(piece, 1);
  run();
  EXPECT_EQ(checked_.size(), kPieces);
  for (const auto& [piece, good] : checked_) EXPECT_TRUE(good) << piece;
  EXPECT_TRUE(store_->idle());
  torrent_.expect_in(folder_.path());
}

TEST_F(PieceStoreTest, WhatIsHeldBehindGapsIsWrittenInFewJobsWhenMemoryRunsShort) {
  pool_.set_budget(400 * ChunkPool::kSmall);
  std::size_t most = 0;
  for (std::uint32_t piece = 0; piece < kPieces; ++piece) {
    add(piece, 3);
    most = std::max(most, store_->jobs());
  }
  for (std::uint32_t piece = 0; piece < 100; ++piece) {
    add(piece, 2);
    most = std::max(most, store_->jobs());
  }
  EXPECT_GE(most, 1u);
  EXPECT_LE(most, queue_.threads() + 2);
  run();
  EXPECT_FALSE(pool_.under_pressure());
}

}  // namespace
}  // namespace podswarm::engine

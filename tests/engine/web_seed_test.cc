// Whole engines on loopback with a web server as a source (BEP 19).
#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/engine/engine_fixture.h"
#include "tests/engine/http/test_http_server.h"

namespace podswarm::engine {
namespace {

using testing::serve_file;
using testing::TestExchange;
using testing::TestFile;
using testing::TestHttpServer;
using testing::TestRequest;

class WebSeedTransferTest : public ::testing::Test {
 protected:
  static std::string text(const base::Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

  [[nodiscard]] std::string server_name() const { return "127.0.0.1:" + std::to_string(server.port()); }
  // As a correct server does, below /d/.
  void serve(const TestTorrent& torrent) {
    for (const auto& [path, bytes] : torrent.files) {
      server.on("/d/" + torrent.path_of(path).string(), [file = TestFile{text(bytes)}](TestExchange& x) {
        serve_file(x, file);
        x.keep_open();
      });
    }
  }
  // Every engine of the test has the torrent's data in `dir` below the folder.
  AddDownload download(const TestTorrent& torrent, const std::string& dir, bool with_server = true) const {
    AddDownload add = TestEngine::download(1, torrent, folder.path() / dir);
    if (with_server) add.web_seeds = {server.url("/d/")};
    return add;
  }
  std::unique_ptr<TestEngine> seeding(const TestTorrent& torrent, std::uint64_t up_limit = 0) const {
    torrent.put(folder.path() / "seed");
    auto seed = std::make_unique<TestEngine>();
    AddDownload add = download(torrent, "seed", false);
    add.up_limit = up_limit;
    (*seed)->add(std::move(add));
    EXPECT_TRUE(seed->wait<Finished>(1));
    return seed;
  }

  const TemporaryFolder folder;
  TestHttpServer server;
};

TEST_F(WebSeedTransferTest, ASingleFileComesWholeFromAWebServerAlone) {
  const TestTorrent torrent = TestTorrent::single(20'000'000, 256 * 1024);
  serve(torrent);
  TestEngine leech;
  leech->add(download(torrent, "leech"));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
  const DownloadStatus status = leech.status(1);
  EXPECT_EQ(status.downloaded, 20'000'000u);
  EXPECT_EQ(status.wasted, 0u);
  EXPECT_EQ(status.web_seeds, 0u) << "nothing is asked for any more";
  EXPECT_EQ(status.web_seed_message, "");
  const auto requests = server.requests();
  EXPECT_GT(requests.size(), 1u);
  EXPECT_LE(requests.size(), 5u) << "it is asked for much at once";
  for (const TestRequest& request : requests) EXPECT_EQ(request.connection, 0u);
  EXPECT_EQ(requests[0].field("range"), "bytes=0-4194303");
  EXPECT_EQ(requests[0].field("user-agent"), "Podswarm test");
}

TEST_F(WebSeedTransferTest, TheTorrentsOwnUrlListIsUsed) {
  TestTorrent torrent;
  const base::Bytes data = random_bytes(300'000, 3);
  torrent.files.emplace_back("", data);
  NewTorrent made;
  made.name = torrent.name;
  made.piece_length = 65536;
  made.length = data.size();
  for (std::size_t at = 0; at < data.size(); at += made.piece_length) {
    const auto hash = sha1(base::ByteView(data).subspan(at, std::min<std::size_t>(65536, data.size() - at)));
    made.pieces.append(hash.begin(), hash.end());
  }
  made.web_seeds = {"ftp://127.0.0.1/x", server.url("/elsewhere/audio.mp3")};
  torrent.torrent = encode_torrent(made);
  server.file("/elsewhere/audio.mp3", {text(data)});
  TestEngine leech;
  leech->add(download(torrent, "leech", false));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
}

TEST_F(WebSeedTransferTest, ManyFilesWithPaddingAndWithoutBytesComeFromAWebServerAlone) {
  TestTorrent torrent;
  torrent.name = "My show";
  torrent.files = {{"a b/1#.mp3", random_bytes(100'000, 1)},
                   {"_____padding_file_0_", base::Bytes(131'072 - 100'000, 0)},
                   {"empty", {}},
                   {"c", random_bytes(1, 2)},
                   {"d", random_bytes(16'384, 3)},
                   {"e", random_bytes(300'001, 4)}};
  torrent.write(32 * 1024, {});
  for (const auto& [path, bytes] : torrent.files) {
    std::string target = "/d/My%20show/" + path;
    if (path == "a b/1#.mp3") target = "/d/My%20show/a%20b/1%23.mp3";
    server.on(target, [file = TestFile{text(bytes)}](TestExchange& x) {
      serve_file(x, file);
      x.keep_open();
    });
  }
  TestEngine leech;
  leech->add(download(torrent, "leech"));
  ASSERT_TRUE(leech.wait<Finished>(1));
  for (const TestRequest& request : server.requests()) {
    EXPECT_EQ(request.target.find("padding"), std::string::npos);
    EXPECT_EQ(request.target.find("empty"), std::string::npos);
  }
  EXPECT_EQ(server.requests().size(), 4u);
  std::erase_if(torrent.files, [](const auto& file) { return file.first.starts_with("_____"); });
  torrent.expect_in(folder.path() / "leech");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "leech/My show/_____padding_file_0_"));
}

TEST_F(WebSeedTransferTest, RedirectsAreFollowedAndRememberedFileByFile) {
  TestTorrent torrent = TestTorrent::several({12'000'000, 6'000'000}, 64 * 1024);
  TestHttpServer mirror;
  int number = 0;
  for (const auto& [path, bytes] : torrent.files) {
    const std::string there = "/mirror/" + std::to_string(number++);
    server.on("/d/" + torrent.path_of(path).string(),
              [&mirror, there](TestExchange& x) { x.respond(302, "", "Location: " + mirror.url(there) + "\r\n"); });
    mirror.file(there, {text(bytes)});
  }
  TestEngine leech;
  leech->add(download(torrent, "leech"));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
  EXPECT_EQ(server.requests().size(), 2u) << "once for each file";
  EXPECT_GT(mirror.requests().size(), 2u);
}

TEST_F(WebSeedTransferTest, AMissingFileIsLeftToPeers) {
  const TestTorrent torrent = TestTorrent::several({400'000, 300'000, 500'000}, 32 * 1024);
  serve(torrent);
  server.on("/d/episode/folder1/file1", [](TestExchange& x) { x.respond(404, "gone"); });
  const auto seed = seeding(torrent);
  TestEngine leech;
  leech->add(download(torrent, "leech"));
  // Of the 37 pieces, the missing file touches number 12 to 21.
  ASSERT_TRUE(eventually([&] { return leech.status(1).pieces_done == 37 - 10; }));
  EXPECT_EQ(leech.status(1).web_seed_message, server_name() + ": 404 Status");
  EXPECT_FALSE(leech.seen<Finished>(1));
  leech->add_peer(1, seed->address());
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
  EXPECT_EQ(leech.status(1).wasted, 0u);
}

TEST_F(WebSeedTransferTest, AServerWhoseDataIsBadIsLeftAloneAndAPeerFinishes) {
  const TestTorrent torrent = TestTorrent::single(3'000'000, 64 * 1024);
  base::Bytes other = torrent.files[0].second;
  for (std::size_t i = 0; i < other.size(); i += 1000) other[i] = static_cast<std::uint8_t>(other[i] + 1);
  server.on("/d/episode", [file = TestFile{text(other)}](TestExchange& x) {
    serve_file(x, file);
    x.keep_open();
  });
  const auto seed = seeding(torrent);
  TestEngine leech;
  leech->add(download(torrent, "leech"));
  ASSERT_TRUE(eventually([&] { return leech.status(1).web_seed_message == server_name() + ": it sent a bad piece"; }));
  EXPECT_EQ(leech.status(1).pieces_done, 0u);
  EXPECT_EQ(leech.status(1).web_seeds, 0u);
  const std::size_t asked = server.requests().size();
  leech->add_peer(1, seed->address());
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
  EXPECT_EQ(server.requests().size(), asked);
  EXPECT_GE(leech.status(1).wasted, 64u * 1024);
}

TEST_F(WebSeedTransferTest, OnlyWhatIsMissingIsAskedFor) {
  const TestTorrent torrent = TestTorrent::single(1'000'000, 64 * 1024);
  serve(torrent);
  torrent.put(folder.path() / "leech");
  base::Bytes damaged = torrent.files[0].second;
  std::fill(damaged.begin() + 200'000, damaged.begin() + 300'000, std::uint8_t{0});
  write_bytes(folder.path() / "leech/episode", damaged);
  TestEngine leech;
  leech->add(download(torrent, "leech"));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
  // Pieces 3 and 4.
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].field("range"), "bytes=196608-327679");
}

TEST_F(WebSeedTransferTest, WhatBreaksOffIsGoneOnWith) {
  const TestTorrent torrent = TestTorrent::single(2'000'000, 64 * 1024);
  const std::string content = text(torrent.files[0].second);
  std::atomic<int> count = 0;
  server.on("/d/episode", [&](TestExchange& x) {
    const std::size_t first = std::stoul(x.request.field("range").substr(6));
    const std::string range = std::to_string(first) + "-" + std::to_string(content.size() - 1);
    x.send("HTTP/1.1 206 Partial\r\nContent-Length: " + std::to_string(content.size() - first) +
           "\r\nContent-Range: bytes " + range + "/" + std::to_string(content.size()) + "\r\n\r\n");
    x.send(std::string_view(content).substr(first, 300'001));
    ++count;
  });
  TestEngine leech;
  leech->add(download(torrent, "leech"));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
  EXPECT_EQ(count, 7);
  EXPECT_EQ(leech.status(1).wasted, 0u);
}

TEST_F(WebSeedTransferTest, ServersAndPeersWorkSideBySide) {
  const TestTorrent torrent = TestTorrent::single(30'000'000, 64 * 1024);
  serve(torrent);
  const auto seed = seeding(torrent, 12'000'000);  // so that a slow server has its share too
  TestEngine leech;
  AddDownload add = download(torrent, "leech");
  add.peers = {seed->address()};
  leech->add(std::move(add));
  ASSERT_TRUE(leech.wait<Finished>(1));
  torrent.expect_in(folder.path() / "leech");
  const std::uint64_t by_peer = seed->status(1).uploaded;
  EXPECT_GT(by_peer, 300'000u);
  EXPECT_LT(by_peer, 29'000'000u);
  EXPECT_LT(leech.status(1).wasted, 3'000'000u);
}

TEST_F(WebSeedTransferTest, AServerThatFallsSilentDoesNotHoldUpTheEnd) {
  const TestTorrent torrent = TestTorrent::single(4'000'000, 64 * 1024);
  const std::string content = text(torrent.files[0].second);
  server.on("/d/episode", [&](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(content.size()) + "\r\n\r\n");
    x.send(std::string_view(content).substr(0, 100'000));
    x.wait_for_close();
  });
  const auto seed = seeding(torrent);
  TestEngine leech;
  const auto start = std::chrono::steady_clock::now();
  leech->add(download(torrent, "leech"));
  ASSERT_TRUE(eventually([&] { return leech.status(1).downloaded == 100'000; }));
  EXPECT_EQ(leech.status(1).web_seeds, 1u);
  leech->add_peer(1, seed->address());
  ASSERT_TRUE(leech.wait<Finished>(1));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << "it has not waited for the stall";
  torrent.expect_in(folder.path() / "leech");
}

TEST_F(WebSeedTransferTest, ADownloadLimitIsKept) {
  const TestTorrent torrent = TestTorrent::single(1'500'000, 64 * 1024);
  serve(torrent);
  for (const bool of_all : {true, false}) {
    EngineOptions options;
    if (of_all) options.down_limit = 2'000'000;
    TestEngine leech(options);
    AddDownload add = download(torrent, of_all ? "all" : "own");
    if (!of_all) add.down_limit = 2'000'000;
    const auto start = std::chrono::steady_clock::now();
    leech->add(std::move(add));
    ASSERT_TRUE(leech.wait<Finished>(1));
    // The bucket's burst is a tenth of a second.
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(600)) << of_all;
  }
}

TEST_F(WebSeedTransferTest, PrivateAddressesAreNotAskedWhereThatIsForbidden) {
  const TestTorrent torrent = TestTorrent::single(100'000, 64 * 1024);
  serve(torrent);
  TestEngine leech;
  AddDownload add = download(torrent, "leech");
  add.http.allow_private = false;
  leech->add(std::move(add));
  ASSERT_TRUE(eventually([&] { return !leech.status(1).web_seed_message.empty(); }));
  EXPECT_NE(leech.status(1).web_seed_message.find("private address"), std::string::npos);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(WebSeedTransferTest, ItCanBeRemovedInTheMiddle) {
  const TestTorrent torrent = TestTorrent::single(8'000'000, 64 * 1024);
  const std::string content = text(torrent.files[0].second);
  server.on("/d/episode", [&](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(content.size()) + "\r\n\r\n");
    x.send(std::string_view(content).substr(0, 1'000'000));
    x.wait_for_close();
  });
  TestEngine leech;
  leech->add(download(torrent, "leech"));
  ASSERT_TRUE(eventually([&] { return leech.status(1).pieces_done > 10; }));
  leech->remove(1);
  EXPECT_TRUE(leech.wait<Removed>(1));
  const auto resume = leech.last<ResumeData>(1);
  ASSERT_TRUE(resume);
  // Goes on from there, with another server.
  serve(torrent);
  AddDownload add = download(torrent, "leech");
  add.id = 2;
  add.resume = resume->data;
  leech->add(std::move(add));
  ASSERT_TRUE(leech.wait<Finished>(2));
  torrent.expect_in(folder.path() / "leech");
  EXPECT_LT(leech.status(2).downloaded, 7'500'000u);
}

}  // namespace
}  // namespace podswarm::engine

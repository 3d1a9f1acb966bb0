// `podswarm get` and `podswarm torrent verify` against nginx, Transmission and aria2.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/e2e/support/content.h"
#include "tests/e2e/support/podswarm.h"
#include "tests/support/clients/transmission.h"
#include "tests/support/files.h"
#include "tests/support/network.h"
#include "tests/support/servers.h"

namespace podswarm::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::HasSubstr;

class Get : public ::testing::Test {
 protected:
  // Bytes of all files below the folder.
  static std::uintmax_t bytes_below(const fs::path& folder) {
    std::uintmax_t sum = 0;
    for (const auto& [file, size] : tree(folder)) sum += size;
    return sum;
  }
  [[nodiscard]] std::string torrent_file(const Torrent& torrent) const {
    write(folder_.path() / "it.torrent", torrent.bytes);
    return (folder_.path() / "it.torrent").string();
  }
  // How many pieces `torrent verify` looks at and finds good, and its exit status.
  struct Verdict {
    int status;
    std::int64_t good;
    std::int64_t pieces;
  };
  Verdict verify(const std::string& torrent, const fs::path& dir, const std::string& files = "") {
    std::vector<std::string> words = {"torrent", "verify", torrent, "--dir", dir.string(), "--json"};
    if (!files.empty()) words.insert(words.end(), {"--files", files});
    const auto outcome = podswarm_.run(words);
    json::error_code error;
    const auto document = json::parse(outcome.out, error);
    EXPECT_FALSE(error) << outcome.out << outcome.err;
    return {outcome.status, number_at(document, "good"), number_at(document, "pieces")};
  }

  TemporaryFolder folder_;
  Podswarm podswarm_{folder_.path() / "podswarm"};
  const fs::path got_ = folder_.path() / "got";
  const fs::path theirs_ = folder_.path() / "theirs";
};

TEST_F(Get, GoesOnWithAnHttpFileWhereAKilledOneLeftOff) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const Nginx nginx(folder_.path() / "nginx", "location = /talk.wav { limit_rate 2000k; }");
  const std::string talk = make_wav(8'000'000, 1);
  write(nginx.root() / "talk.wav", talk);
  Process first = podswarm_.start({"get", "--dir", got_.string(), nginx.url("talk.wav")});
  ASSERT_TRUE(eventually([&] { return bytes_below(got_) > 3'000'000; })) << first.err();
  first.kill();

  const auto second = podswarm_.run({"get", "--dir", got_.string(), nginx.url("talk.wav")});
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_TRUE(read(got_ / "talk.wav") == talk);
  EXPECT_EQ(tree(got_).size(), 1u) << "nothing of the work is left";
  const auto requests = nginx.requests();
  EXPECT_TRUE(std::any_of(requests.begin(), requests.end(), [](const std::string& line) {
    return line.starts_with("GET /talk.wav 206 ") && line.find("range=bytes=") != std::string::npos &&
           line.find("range=bytes=0-") == std::string::npos;
  })) << fmt::format("{}", fmt::join(requests, "\n"));
}

TEST_F(Get, RunsTheCommandForWhatIsDoneWithItsPath) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const Nginx nginx(folder_.path() / "nginx");
  write(nginx.root() / "a b.wav", make_wav(50'000, 1));
  const fs::path told = folder_.path() / "told";
  const auto outcome =
      podswarm_.run({"get", "--dir", got_.string(), "--on-done",
                     fmt::format("printf '%s|%s' \"$PODSWARM_PATH\" \"$PODSWARM_BYTES\" > {}", told.string()),
                     nginx.url("a%20b.wav"), "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(read(told), (got_ / "a b.wav").string() + "|50000");
  json::error_code error;
  const auto report = json::parse(outcome.out, error);
  ASSERT_TRUE(!error && report.is_array() && report.get_array().size() == 1) << outcome.out;
  EXPECT_EQ(text_at(list_at(report.get_array().front(), "files").front(), "path"), (got_ / "a b.wav").string());
}

TEST_F(Get, OneThatFailsAmongSeveralIsStatusThree) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const Nginx nginx(folder_.path() / "nginx");
  write(nginx.root() / "there.wav", make_wav(50'000, 1));
  const auto some = podswarm_.run({"get", "--dir", got_.string(), nginx.url("there.wav"), nginx.url("gone.wav")});
  EXPECT_EQ(some.status, 3);
  EXPECT_THAT(some.err, HasSubstr("gone.wav"));
  EXPECT_THAT(some.err, HasSubstr("404"));
  EXPECT_EQ(podswarm_.run({"get", "--dir", got_.string(), nginx.url("gone.wav")}).status, 1);
  EXPECT_EQ(tree(got_).size(), 1u);
}

TEST_F(Get, TakesATorrentFromTransmissionAndNothingTwice) {
  PODSWARM_NEED_PROGRAM("transmission-daemon");
  PODSWARM_NEED_ISOLATION();
  const std::string talk = make_wav(6'000'000, 1);
  const Torrent torrent = make_torrent("talk.wav", talk);
  const std::string file = torrent_file(torrent);
  EXPECT_EQ(verify(file, got_).status, 1);
  {
    Transmission transmission({folder_.path() / "transmission", kPeerAddress});
    write(theirs_ / "talk.wav", talk);
    transmission.seed(torrent.bytes, torrent.info_hash, theirs_);
    const auto outcome =
        podswarm_.run({"get", "--no-tracker", "--peer", transmission.peer(), "--dir", got_.string(), file});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
  }
  EXPECT_TRUE(read(got_ / "talk.wav") == talk);
  const auto whole = verify(file, got_);
  EXPECT_EQ(whole.status, 0);
  EXPECT_EQ(whole.good, whole.pieces);

  // Nobody is there to ask any more: it is done with what it finds.
  const auto again = podswarm_.run({"get", "--no-tracker", "--dir", got_.string(), file});
  EXPECT_EQ(again.status, 0) << again.err;

  std::string damaged = talk;
  damaged[3'000'000] = static_cast<char>(damaged[3'000'000] + 1);
  write(got_ / "talk.wav", damaged);
  const auto partly = verify(file, got_);
  EXPECT_EQ(partly.status, 3);
  EXPECT_EQ(partly.good, partly.pieces - 1);
}

TEST_F(Get, TakesATorrentOfManyFilesFromNginxAlone) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const Nginx nginx(folder_.path() / "nginx");
  const std::vector<TorrentFile> files = {{{"a b", "1#ü.wav"}, make_wav(3'000'000, 1)},
                                          {{"_____padding_file_0_"}, std::string(32'768 - 3'000'000 % 32'768, '\0')},
                                          {{"empty"}, ""},
                                          {{"c+d.wav"}, make_wav(1'500'001, 2)}};
  const Torrent torrent = make_torrent("My show", files);
  write(nginx.root() / "shows/My show/a b/1#ü.wav", files[0].content);
  write(nginx.root() / "shows/My show/c+d.wav", files[3].content);
  const std::string file = torrent_file(torrent);
  const auto outcome =
      podswarm_.run({"get", "--no-tracker", "--web-seed", nginx.url("shows"), "--dir", got_.string(), file});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(read(got_ / "My show/a b/1#ü.wav") == files[0].content);
  EXPECT_TRUE(read(got_ / "My show/c+d.wav") == files[3].content);
  EXPECT_EQ(verify(file, got_).status, 0);
  for (const std::string& line : nginx.requests()) EXPECT_THAT(line, HasSubstr(" 206 "));

  const auto refused = podswarm_.run({"get", "--web-seed", "ftp://127.0.0.1/", "--dir", got_.string(), file});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("--web-seed"));
}

TEST_F(Get, TakesTheFilesThatAreNamedAndMakesNoOther) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const Nginx nginx(folder_.path() / "nginx");
  const std::vector<TorrentFile> files = {{{"one.wav"}, make_wav(200'000, 1)},
                                          {{"talks", "two.wav"}, make_wav(300'000, 2)},
                                          {{"three.ogg"}, make_wav(250'000, 3)}};
  const std::string file = torrent_file(make_torrent("Show", files));
  write(nginx.root() / "Show/one.wav", files[0].content);
  write(nginx.root() / "Show/talks/two.wav", files[1].content);
  write(nginx.root() / "Show/three.ogg", files[2].content);
  const auto get = [&](const std::string& list) {
    return podswarm_.run({"get", "--no-tracker", "--sequential", "--web-seed", nginx.url(""), "--files", list, "--dir",
                          got_.string(), "--json", file});
  };
  const auto none = get("3,*.mp3");
  EXPECT_EQ(none.status, 2) << none.err;
  EXPECT_THAT(none.err, HasSubstr("1   293.0 KiB  Show/talks/two.wav\n"));
  EXPECT_EQ(get("2-1").status, 2);
  EXPECT_THAT(get("2-1").err, HasSubstr("--files"));
  EXPECT_EQ(bytes_below(got_), 0u);

  const auto one = get("two.*");
  EXPECT_EQ(one.status, 0) << one.err;
  EXPECT_TRUE(read(got_ / "Show/talks/two.wav") == files[1].content);
  EXPECT_FALSE(fs::exists(got_ / "Show/one.wav"));
  EXPECT_FALSE(fs::exists(got_ / "Show/three.ogg"));
  json::error_code error;
  const auto report = json::parse(one.out, error);
  ASSERT_TRUE(!error && report.is_array() && report.get_array().size() == 1) << one.out;
  EXPECT_EQ(list_at(report.get_array().front(), "files").size(), 1u);
  // The pieces that it shares with its neighbours are whole by what lies beside it.
  const auto before = tree(got_);
  const auto of_one = verify(file, got_, "1");
  EXPECT_EQ(of_one.status, 0);
  EXPECT_EQ(of_one.pieces, 10);
  EXPECT_EQ(of_one.good, 10);
  EXPECT_EQ(verify(file, got_, "*.ogg").status, 3);
  EXPECT_EQ(verify(file, got_).status, 3);
  EXPECT_EQ(podswarm_.run({"torrent", "verify", file, "--files", "7"}).status, 2);
  EXPECT_EQ(tree(got_), before) << "verifying moves nothing";

  const auto all = get("0,1-2");
  EXPECT_EQ(all.status, 0) << all.err;
  EXPECT_TRUE(read(got_ / "Show/one.wav") == files[0].content);
  EXPECT_TRUE(read(got_ / "Show/three.ogg") == files[2].content);
}

TEST_F(Get, EndsWhenItHasSeededEnough) {
  const std::string talk = make_wav(2'000'000, 1);
  const std::string file = torrent_file(make_torrent("talk.wav", talk));
  write(got_ / "talk.wav", talk);
  const fs::path done = folder_.path() / "done";
  const std::string address = fmt::format("127.0.0.1:{}", free_port());
  Process seeder = podswarm_.start({"get", "--no-tracker", "--seed-ratio", "0.5", "--listen", address, "--dir",
                                    got_.string(), "--on-done", "touch " + done.string(), file});
  ASSERT_TRUE(eventually([&] { return fs::exists(done); })) << seeder.err();
  const Process other = podswarm_.start({"get", "--no-tracker", "--peer", address, "--dir", theirs_.string(), file});
  EXPECT_EQ(seeder.wait(seconds(60)), 0) << seeder.err();

  const auto soon = podswarm_.run({"get", "--no-tracker", "--seed-time", "1s", "--dir", got_.string(), file});
  EXPECT_EQ(soon.status, 0) << soon.err;
  for (const std::vector<std::string>& bad : {std::vector<std::string>{"--seed-ratio", "0"},
                                              {"--seed-ratio", "much"},
                                              {"--seed-time", "-1s"},
                                              {"--seed-time", "soon"}}) {
    const auto refused = podswarm_.run({"get", bad[0], bad[1], "--dir", got_.string(), file});
    EXPECT_EQ(refused.status, 2) << bad[1];
    EXPECT_THAT(refused.err, HasSubstr(bad[0]));
  }
}

TEST_F(Get, ServesTransmissionWhichATrackerSendsToIt) {
  PODSWARM_NEED_PROGRAM("transmission-daemon");
  PODSWARM_NEED_PROGRAM("opentracker");
  PODSWARM_NEED_ISOLATION();
  const std::uint16_t tracker_port = free_port();
  const std::string talk = make_wav(4'000'000, 1);
  const Torrent torrent = make_torrent("talk.wav", talk, Opentracker::announce_url(tracker_port));
  const Opentracker tracker(folder_.path() / "tracker", tracker_port, {torrent.info_hash});
  write(got_ / "talk.wav", talk);
  const fs::path done = folder_.path() / "done";
  Process seeder = podswarm_.start({"get", "--seed", "--dir", got_.string(), "--listen",
                                    fmt::format("{}:{}", kOwnAddress, free_port()), "--on-done",
                                    "touch " + done.string(), torrent_file(torrent)});
  ASSERT_TRUE(eventually([&] { return fs::exists(done); })) << seeder.err();
  ASSERT_TRUE(eventually([&] { return tracker.knows_seed(torrent.info_hash); })) << seeder.err();

  Transmission transmission({folder_.path() / "transmission", kPeerAddress});
  fs::create_directories(theirs_);
  transmission.add(torrent.bytes, theirs_);
  EXPECT_TRUE(eventually([&] { return transmission.complete(torrent.info_hash); }, seconds(60))) << seeder.err();
  EXPECT_TRUE(read(theirs_ / "talk.wav") == talk);
  seeder.signal(SIGTERM);
  EXPECT_EQ(seeder.wait(seconds(5)), 0) << seeder.err();
}

TEST_F(Get, ServesAria2FromAMagnetLink) {
  PODSWARM_NEED_PROGRAM("aria2c");
  PODSWARM_NEED_PROGRAM("opentracker");
  PODSWARM_NEED_ISOLATION();
  const std::uint16_t tracker_port = free_port();
  const std::string announce = Opentracker::announce_url(tracker_port);
  const std::string talk = make_wav(3'000'000, 1);
  const Torrent torrent = make_torrent("talk.wav", talk, announce);
  const Opentracker tracker(folder_.path() / "tracker", tracker_port, {torrent.info_hash});
  write(got_ / "talk.wav", talk);
  const fs::path done = folder_.path() / "done";
  Process seeder = podswarm_.start({"get", "--seed", "--dir", got_.string(), "--listen",
                                    fmt::format("{}:{}", kOwnAddress, free_port()), "--on-done",
                                    "touch " + done.string(), torrent_file(torrent)});
  ASSERT_TRUE(eventually([&] { return fs::exists(done); })) << seeder.err();
  ASSERT_TRUE(eventually([&] { return tracker.knows_seed(torrent.info_hash); })) << seeder.err();

  fs::create_directories(theirs_);
  const auto aria2 =
      run({{find_program("aria2c"), "--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
            "--enable-peer-exchange=false", "--seed-time=0", "--bt-stop-timeout=60", "--summary-interval=0", "--dir",
            theirs_.string(), fmt::format("magnet:?xt=urn:btih:{}&tr={}", torrent.info_hash, announce)},
           {{"HOME", folder_.path().string()}},
           theirs_,
           "/dev/null",
           folder_.path() / "aria2-said"},
          seconds(90));
  EXPECT_EQ(aria2.status, 0) << aria2.out << aria2.err << seeder.err();
  EXPECT_TRUE(read(theirs_ / "talk.wav") == talk);
}

TEST_F(Get, FollowsAMagnetLinkToTransmission) {
  PODSWARM_NEED_PROGRAM("transmission-daemon");
  PODSWARM_NEED_ISOLATION();
  const std::string talk = make_wav(1'000'000, 1);
  const Torrent torrent = make_torrent("talk.wav", talk);
  Transmission transmission({folder_.path() / "transmission", kPeerAddress});
  write(theirs_ / "talk.wav", talk);
  transmission.seed(torrent.bytes, torrent.info_hash, theirs_);
  const auto outcome = podswarm_.run({"get", "--no-tracker", "--peer", transmission.peer(), "--dir", got_.string(),
                                      "magnet:?xt=urn:btih:" + torrent.info_hash});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(read(got_ / "talk.wav") == talk);
}

}  // namespace
}  // namespace podswarm::test

// The server for players, over loopback, with a scripted source behind it.

#include "web/feed_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/file.h"
#include "base/log.h"

namespace podswarm::web {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

struct Answer {
  int status = 0;
  std::string head;
  std::string body;

  [[nodiscard]] std::string field(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find('\r', begin) - begin);
  }
};

class FeedServerTest : public testing::Test {
 protected:
  FeedServerTest() {
    base::init_log(base::LogLevel::kQuiet, false);
    std::string pattern = (std::filesystem::temp_directory_path() / "podswarm-serve-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    for (int i = 0; i < 3'000'000; ++i) sound_ += static_cast<char>(i * 7 + i / 256);
    std::ofstream(dir_ / "one.mp3", std::ios::binary) << sound_;
    FeedSource source;
    source.knows = [this](std::string_view token) {
      ++asked_;
      return token == "good" && !revoked_;
    };
    source.feed = [this](const std::string& token, std::optional<std::int64_t> feed,
                         const std::string& origin) -> std::optional<scheduler::ServedText> {
      if (feed && *feed != 2) return std::nullopt;
      const std::string which = feed ? std::to_string(*feed) : "all";
      return scheduler::ServedText{text_ + which + " " + origin + " " + token, "application/rss+xml; charset=utf-8"};
    };
    source.list = [](const std::string&, const std::string& origin) -> std::optional<scheduler::ServedText> {
      return scheduler::ServedText{"list " + origin, "text/x-opml; charset=utf-8"};
    };
    source.file = [this](const std::string&, std::int64_t id) -> std::optional<scheduler::ServedFile> {
      if (id == 13) throw std::runtime_error("the database is gone");
      const auto found = files_.find(id);
      if (found == files_.end()) return std::nullopt;
      return scheduler::ServedFile{dir_, found->second.lexically_relative(dir_), "audio/mpeg"};
    };
    files_[1] = dir_ / "one.mp3";
    auto started = FeedServer::start({.address = "127.0.0.1", .io_timeout = milliseconds(5000)}, std::move(source));
    EXPECT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
  }
  ~FeedServerTest() override {
    server_.reset();
    std::filesystem::remove_all(dir_);
  }

  [[nodiscard]] base::UniqueFd connect() const {
    base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(server_->port());
    ::inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
    const timeval patience{10, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&there), sizeof there), 0);
    return fd;
  }
  static std::string receive(int fd) {
    std::string out;
    char buffer[16384];
    for (;;) {
      const auto size = ::recv(fd, buffer, sizeof buffer, 0);
      if (size <= 0) return out;
      out.append(buffer, static_cast<std::size_t>(size));
    }
  }

  // One request on one connection; `more` are header lines with their ends.
  [[nodiscard]] Answer ask(const std::string& path, const std::string& more = "", const std::string& method = "GET",
                           const std::string& host = "phone.example:8420") const {
    const auto fd = connect();
    const std::string request =
        method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + more + "\r\n";
    EXPECT_EQ(::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    const std::string all = receive(fd.get());
    Answer answer;
    const auto end = all.find("\r\n\r\n");
    if (end == std::string::npos || !all.starts_with("HTTP/1.1 ")) return answer;
    answer.status = std::stoi(all.substr(9, 3));
    answer.head = all.substr(0, end + 2);
    answer.body = all.substr(end + 4);
    return answer;
  }

  std::filesystem::path dir_;
  std::string sound_;
  std::string text_ = "feed ";
  std::map<std::int64_t, std::filesystem::path> files_;
  std::atomic<bool> revoked_{false};
  std::atomic<int> asked_{0};
  std::unique_ptr<FeedServer> server_;
};

TEST_F(FeedServerTest, FeedsComeWithTheAddressThatTheClientCallsThemBy) {
  const auto feed = ask("/t/good/feeds/2-night-waves.xml");
  EXPECT_EQ(feed.status, 200);
  EXPECT_EQ(feed.body, "feed 2 http://phone.example:8420 good");
  EXPECT_EQ(feed.field("Content-Type"), "application/rss+xml; charset=utf-8");
  EXPECT_EQ(ask("/t/good/all.xml", "", "GET", "[fd00::1]:8420").body, "feed all http://[fd00::1]:8420 good");
  EXPECT_EQ(ask("/t/good/feeds.opml").body, "list http://phone.example:8420");
  EXPECT_EQ(ask("/t/good/feeds/2.xml").status, 200);
}

TEST_F(FeedServerTest, AStrangeHostIsNotBelieved) {
  for (const char* host : {"a\"><x", "a b", "evil.example/x?", "a@b", ""}) {
    EXPECT_THAT(ask("/t/good/all.xml", "", "GET", host).body, HasSubstr("http://127.0.0.1:")) << host;
  }
}

TEST_F(FeedServerTest, AFeedThatHasNotChangedIsNotSentAgain) {
  const auto first = ask("/t/good/all.xml");
  EXPECT_EQ(ask("/t/good/all.xml", "If-None-Match: " + first.field("ETag") + "\r\n").status, 304);
  const auto not_modified = ask("/t/good/all.xml", "If-Modified-Since: " + first.field("Last-Modified") + "\r\n");
  EXPECT_EQ(not_modified.status, 304);
  EXPECT_EQ(not_modified.body, "");
  EXPECT_EQ(not_modified.field("ETag"), first.field("ETag"));
  text_ = "another ";
  const auto changed = ask("/t/good/all.xml", "If-None-Match: " + first.field("ETag") + "\r\n");
  EXPECT_EQ(changed.status, 200);
  EXPECT_NE(changed.field("ETag"), first.field("ETag"));
  EXPECT_EQ(ask("/t/good/all.xml", "Range: bytes=0-1\r\n").status, 200) << "feeds are read whole";
}

TEST_F(FeedServerTest, AFileComesWholeAndInParts) {
  const auto whole = ask("/t/good/media/1/one.mp3");
  EXPECT_EQ(whole.status, 200);
  EXPECT_TRUE(whole.body == sound_);
  EXPECT_EQ(whole.field("Content-Type"), "audio/mpeg");
  EXPECT_EQ(whole.field("Content-Length"), "3000000");
  EXPECT_EQ(whole.field("Accept-Ranges"), "bytes");

  const auto part = ask("/t/good/media/1/one.mp3", "Range: bytes=1000-2000000\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.field("Content-Range"), "bytes 1000-2000000/3000000");
  EXPECT_TRUE(part.body == sound_.substr(1000, 1'999'001));

  const auto tail = ask("/t/good/media/1/one.mp3", "Range: bytes=-10\r\n");
  EXPECT_EQ(tail.status, 206);
  EXPECT_EQ(tail.field("Content-Range"), "bytes 2999990-2999999/3000000");
  EXPECT_TRUE(tail.body == sound_.substr(2'999'990));

  const auto outside = ask("/t/good/media/1/one.mp3", "Range: bytes=3000000-\r\n");
  EXPECT_EQ(outside.status, 416);
  EXPECT_EQ(outside.field("Content-Range"), "bytes */3000000");
  EXPECT_EQ(outside.body, "");
}

TEST_F(FeedServerTest, AResumedDownloadOfAnotherFileStartsOver) {
  const auto tag = ask("/t/good/media/1/x", "", "HEAD").field("ETag");
  EXPECT_EQ(ask("/t/good/media/1/x", "Range: bytes=5-\r\nIf-Range: " + tag + "\r\n").status, 206);
  std::ofstream(dir_ / "one.mp3", std::ios::binary) << "other";
  const auto again = ask("/t/good/media/1/x", "Range: bytes=5-\r\nIf-Range: " + tag + "\r\n");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, "other");
}

TEST_F(FeedServerTest, HeadTellsAllButTheBody) {
  for (const char* path : {"/t/good/media/1/one.mp3", "/t/good/all.xml", "/t/good/feeds.opml", "/nothing"}) {
    const auto head = ask(path, "", "HEAD");
    const auto get = ask(path);
    EXPECT_EQ(head.status, get.status);
    EXPECT_EQ(head.body, "") << path;
    for (const char* field : {"Content-Length", "Content-Type", "ETag", "Last-Modified"}) {
      EXPECT_EQ(head.field(field), get.field(field)) << path << " " << field;
    }
  }
  EXPECT_EQ(ask("/t/good/media/1/one.mp3", "Range: bytes=0-1\r\n", "HEAD").field("Content-Length"), "3000000");
}

TEST_F(FeedServerTest, WithoutATokenThereIsNothing) {
  const auto nothing = ask("/nothing");
  EXPECT_EQ(nothing.status, 404);
  for (const char* path :
       {"/", "/t", "/t/", "/t/good", "/t//all.xml", "/t/bad/all.xml", "/t/bad/media/1/one.mp3", "/t/bad/nothing",
        "/t/good2/all.xml", "/t/goo/all.xml", "/T/good/all.xml", "/all.xml?token=good", "/media/1/one.mp3",
        "/api/v1/feeds", "/api/v1/status", "/index.html"}) {
    const auto answer = ask(path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(answer.body, nothing.body) << path;
  }
  EXPECT_EQ(ask("/api/v1/feeds", "Authorization: Bearer good\r\n").status, 404);
}

TEST_F(FeedServerTest, HostilePathsLeadNowhere) {
  std::ofstream(dir_ / "secret") << "secret";
  for (const char* path : {"/t/good/../good/all.xml",
                           "/t/good/media/1/../../../../etc/passwd",
                           "/t/good/media/%2e%2e/secret",
                           "/t/good/media/1%2f..%2f..%2fsecret",
                           "/t/good/media/-1/x",
                           "/t/good/media/0/x",
                           "/t/good/media/1x/x",
                           "/t/good/media/99999999999999999999/x",
                           "/t/good/media/2/x",
                           "/t/good/media//x",
                           "/t/good/media/1/a/b",
                           "/t/good/feeds/3-other.xml",
                           "/t/good/feeds/2night.xml",
                           "/t/good/feeds/night.xml",
                           "/t/good/feeds/.xml",
                           "/t/good/feeds/2",
                           "/t/good/all.xml/",
                           "/t/good//all.xml",
                           "/t/good/all.xml%00",
                           "/t/good/all%0a.xml",
                           "//t/good/all.xml",
                           "/t/%00/all.xml",
                           "/t/good/%ff.xml",
                           "http://x/t/good/all.xml",
                           "*",
                           "t/good/all.xml"}) {
    const auto answer = ask(path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_THAT(answer.body, Not(HasSubstr("secret"))) << path;
  }
  EXPECT_EQ(ask("/t/good/media/1/%2e%2e").status, 404);
  EXPECT_EQ(ask("/t/" + std::string(10'000, 'x') + "/all.xml").status, 404);
}

TEST_F(FeedServerTest, NothingCanBeChanged) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const auto answer = ask("/t/good/all.xml", "Content-Length: 0\r\n", method);
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.field("Allow"), "GET, HEAD") << method;
  }
}

TEST_F(FeedServerTest, WhatIsNoFileIsNotSent) {
  files_[2] = dir_;
  files_[3] = dir_ / "gone.mp3";
  files_[4] = dir_ / "pipe";
  ASSERT_EQ(::mkfifo(files_[4].c_str(), 0600), 0);
  for (const char* path : {"/t/good/media/2/x", "/t/good/media/3/x", "/t/good/media/4/x"}) {
    EXPECT_EQ(ask(path).status, 404) << path;
  }
  const auto broken = ask("/t/good/media/13/x");
  EXPECT_EQ(broken.status, 500);
  EXPECT_THAT(broken.body, Not(HasSubstr("database")));
}

TEST_F(FeedServerTest, WhatALinkInTheLibraryLeadsToIsNotServed) {
  std::filesystem::create_symlink("/etc/passwd", dir_ / "two.mp3");
  std::filesystem::create_symlink("/etc", dir_ / "Show");
  files_[2] = dir_ / "two.mp3";
  files_[3] = dir_ / "Show" / "passwd";
  for (const char* path : {"/t/good/media/2/two.mp3", "/t/good/media/3/passwd"}) {
    const auto answer = ask(path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_THAT(answer.body, Not(HasSubstr("root:"))) << path;
  }
}

TEST_F(FeedServerTest, AnEmptyFileIsAFile) {
  files_[5] = dir_ / "empty.mp3";
  std::ofstream(files_[5]).flush();
  const auto answer = ask("/t/good/media/5/x");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Content-Length"), "0");
  EXPECT_EQ(ask("/t/good/media/5/x", "Range: bytes=0-\r\n").status, 416);
}

TEST_F(FeedServerTest, ARevokedTokenEndsWhatIsBeingSent) {
  // More than the socket's buffers hold, so that the server is still at it.
  std::ofstream file(dir_ / "large.mp3", std::ios::binary);
  file.seekp(64 << 20);
  file << "end";
  file.close();
  files_[6] = dir_ / "large.mp3";
  const auto fd = connect();
  const std::string request = "GET /t/good/media/6/x HTTP/1.1\r\nHost: a\r\n\r\n";
  ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
  char buffer[4096];
  ASSERT_GT(::recv(fd.get(), buffer, sizeof buffer, 0), 0);
  revoked_ = true;
  EXPECT_LT(receive(fd.get()).size(), 60u << 20);
  EXPECT_EQ(ask("/t/good/all.xml").status, 404);
}

TEST_F(FeedServerTest, AStopCutsAClientThatDoesNotRead) {
  std::ofstream file(dir_ / "large.mp3", std::ios::binary);
  file.seekp(64 << 20);
  file << "end";
  file.close();
  files_[6] = dir_ / "large.mp3";
  const auto fd = connect();
  const std::string request = "GET /t/good/media/6/x HTTP/1.1\r\nHost: a\r\n\r\n";
  ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
  char buffer[10];
  ASSERT_GT(::recv(fd.get(), buffer, sizeof buffer, 0), 0);
  const auto begin = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST_F(FeedServerTest, SeveralRequestsShareAConnection) {
  const auto fd = connect();
  const std::string one = "GET /t/good/media/1/x HTTP/1.1\r\nHost: a\r\nRange: bytes=0-9\r\n\r\n";
  const std::string last =
      "GET /t/good/media/1/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nRange: bytes=10-19\r\n\r\n";
  ::send(fd.get(), one.data(), one.size(), MSG_NOSIGNAL);
  ::send(fd.get(), last.data(), last.size(), MSG_NOSIGNAL);
  const auto all = receive(fd.get());
  EXPECT_THAT(all, HasSubstr("bytes 0-9/3000000"));
  EXPECT_THAT(all, HasSubstr("bytes 10-19/3000000"));
}

TEST(FeedServer, RefusesAnAddressThatIsNone) {
  const auto server = FeedServer::start({.address = "localhost"}, {});
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ServerError::kBadOption);
}

TEST(FeedServer, SaysThatAPortIsTaken) {
  FeedSource source;
  source.knows = [](std::string_view) { return false; };
  const auto first = FeedServer::start({.address = "127.0.0.1"}, source);
  ASSERT_TRUE(first);
  const auto second = FeedServer::start({.address = "127.0.0.1", .port = (*first)->port()}, source);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ServerError::kInUse);
  EXPECT_TRUE(FeedServer::start({.address = ""}, source)) << "every address";
}

}  // namespace
}  // namespace podswarm::web

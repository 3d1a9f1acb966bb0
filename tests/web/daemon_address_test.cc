#include "web/daemon_address.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>
#include <set>

#include "web/http_server.h"

namespace podswarm::web {
namespace {

class DaemonAddressFile : public ::testing::Test {
 protected:
  DaemonAddressFile() {
    std::string name = (std::filesystem::temp_directory_path() / "podswarm-web-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    file_ = folder_ / "podswarm" / "daemon.json";
  }
  ~DaemonAddressFile() override { std::filesystem::remove_all(folder_); }

  static DaemonAddress sample() { return {"127.0.0.1", 4711, "secret", ::getpid(), "/data"}; }
  void write_text(std::string_view text) const {
    std::filesystem::create_directories(file_.parent_path());
    std::ofstream(file_) << text;
  }

  std::filesystem::path folder_;
  std::filesystem::path file_;
};

TEST_F(DaemonAddressFile, LiesInTheRuntimeFolderElseWithTheData) {
  EXPECT_EQ(daemon_file("/run/user/7", "/data"), "/run/user/7/podswarm/daemon.json");
  EXPECT_EQ(daemon_file("", "/data"), "/data/daemon.json");
  EXPECT_EQ(daemon_file("run", "/data"), "/data/daemon.json");
}

TEST_F(DaemonAddressFile, RoundTrip) {
  ASSERT_TRUE(write_daemon_file(file_, sample()));
  const auto read = read_daemon_file(file_);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->address, "127.0.0.1");
  EXPECT_EQ(read->port, 4711);
  EXPECT_EQ(read->token, "secret");
  EXPECT_EQ(read->pid, ::getpid());
  EXPECT_EQ(read->data_dir, "/data");
}

TEST_F(DaemonAddressFile, IsForItsOwnerAlone) {
  ASSERT_TRUE(write_daemon_file(file_, sample()));
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat(file_.parent_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST_F(DaemonAddressFile, OnlyItsOwnDaemonRemovesIt) {
  ASSERT_TRUE(write_daemon_file(file_, sample()));
  remove_daemon_file(file_, ::getpid() + 1);
  EXPECT_TRUE(read_daemon_file(file_));
  remove_daemon_file(file_, ::getpid());
  ASSERT_FALSE(read_daemon_file(file_));
  EXPECT_EQ(read_daemon_file(file_).error().code, DaemonAddressError::kAbsent);
  remove_daemon_file(file_, ::getpid());
}

TEST_F(DaemonAddressFile, WhatIsNoAddressIsUnreadable) {
  for (const char* text : {"", "{", "[]", "null", "{}", R"({"address":"127.0.0.1","port":1,"token":"t"})",
                           R"({"address":"192.168.0.1","port":1,"token":"t","pid":1})",
                           R"({"address":"localhost","port":1,"token":"t","pid":1})",
                           R"({"address":"127.0.0.1","port":0,"token":"t","pid":1})",
                           R"({"address":"127.0.0.1","port":65536,"token":"t","pid":1})",
                           R"({"address":"127.0.0.1","port":"1","token":"t","pid":1})",
                           R"({"address":"127.0.0.1","port":1,"token":"","pid":1})",
                           R"({"address":"127.0.0.1","port":1,"token":"t","pid":-1})",
                           R"({"address":"127.0.0.1","port":1,"token":"t","pid":99999999999})"}) {
    write_text(text);
    const auto read = read_daemon_file(file_);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, DaemonAddressError::kUnreadable) << text;
  }
  write_text(R"({"address":"::1","port":65535,"token":"t","pid":1})");
  EXPECT_TRUE(read_daemon_file(file_));
}

TEST_F(DaemonAddressFile, ARunningDaemonIsFound) {
  auto server = HttpServer::start({.token = "t"}, [](const ApiRequest&) { return ApiResponse{}; });
  ASSERT_TRUE(server);
  auto address = sample();
  address.port = (*server)->port();
  ASSERT_TRUE(write_daemon_file(file_, address));
  const auto found = find_daemon(file_);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->port, address.port);
  // The process lives, but nobody listens any more.
  (*server)->stop();
  ASSERT_FALSE(find_daemon(file_));
  EXPECT_EQ(find_daemon(file_).error().code, DaemonAddressError::kStale);
}

TEST_F(DaemonAddressFile, ADeadProcessIsStaleEvenWhereThePortAnswers) {
  auto server = HttpServer::start({.token = "t"}, [](const ApiRequest&) { return ApiResponse{}; });
  ASSERT_TRUE(server);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ASSERT_GT(child, 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  auto address = sample();
  address.port = (*server)->port();
  address.pid = child;
  ASSERT_TRUE(write_daemon_file(file_, address));
  const auto found = find_daemon(file_);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, DaemonAddressError::kStale);
  EXPECT_NE(found.error().message.find(std::to_string(child)), std::string::npos);
}

TEST_F(DaemonAddressFile, TokensAre256BitsAndDiffer) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) tokens.insert(new_token());
  EXPECT_EQ(tokens.size(), 100u);
  for (const auto& token : tokens) EXPECT_EQ(token.size(), 64u);
}

}  // namespace
}  // namespace podswarm::web

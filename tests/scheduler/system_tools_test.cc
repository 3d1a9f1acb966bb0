// Other programs, really run.

#include "scheduler/system_tools.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "base/log.h"
#include "tests/support/eventually.h"
#include "tests/support/files.h"

namespace podswarm::scheduler {
namespace {

using namespace std::chrono_literals;

TEST(RunQuietly, TellsHowTheCommandEnded) {
  EXPECT_EQ(run_quietly("true", 10s), 0);
  EXPECT_EQ(run_quietly("exit 7", 10s), 7);
  EXPECT_EQ(run_quietly("echo heard; echo heard >&2; read line", 10s), 1);
  EXPECT_EQ(run_quietly("kill -9 $$", 10s), -1);
  EXPECT_EQ(run_quietly("/no/such/program", 10s), 127);
}

TEST(RunQuietly, OneThatTakesTooLongIsKilledWithWhatItHasStarted) {
  const test::TemporaryFolder folder;
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(run_quietly("(sleep 60; touch " + (folder.path() / "late").string() + ") & wait", 100ms), -1);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 20s);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(run_quietly("sleep 60", 60s, stop.get_token()), -1);
}

// A program of this name that writes down that it has begun and that its input has ended.
class FakeInhibit {
 public:
  explicit FakeInhibit(const std::string& first = "") {
    const auto program = folder_.path() / "systemd-inhibit";
    std::ofstream(program) << "#!/bin/sh\n" << first << "\necho \"$*\" > " << begun().string() << "\ncat\ntouch "
                           << ended().string() << "\n";
    ::chmod(program.c_str(), 0755);
    path_ = std::getenv("PATH");
    ::setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1);
  }
  ~FakeInhibit() { ::setenv("PATH", path_.c_str(), 1); }
  [[nodiscard]] std::filesystem::path begun() const { return folder_.path() / "begun"; }
  [[nodiscard]] std::filesystem::path ended() const { return folder_.path() / "ended"; }

 private:
  test::TemporaryFolder folder_;
  std::string path_;
};

TEST(SleepInhibitor, HoldsTheLockUntilItIsLetGo) {
  const FakeInhibit fake;
  SleepInhibitor inhibitor;
  inhibitor.set(true);
  inhibitor.set(true);
  ASSERT_TRUE(test::eventually([&] { return std::filesystem::exists(fake.begun()); }));
  EXPECT_FALSE(std::filesystem::exists(fake.ended()));
  inhibitor.set(false);
  EXPECT_TRUE(test::eventually([&] { return std::filesystem::exists(fake.ended()); }));
}

TEST(SleepInhibitor, OneThatDoesNotEndHoldsNothingUp) {
  const FakeInhibit fake("trap '' TERM\n(exec sleep 600) &\ntrap 'sleep 600' EXIT");
  const auto begun = std::chrono::steady_clock::now();
  {
    SleepInhibitor inhibitor;
    inhibitor.set(true);
    ASSERT_TRUE(test::eventually([&] { return std::filesystem::exists(fake.begun()); }));
    inhibitor.set(false);
    std::filesystem::remove(fake.begun());
    inhibitor.set(true);
    EXPECT_TRUE(test::eventually([&] { return std::filesystem::exists(fake.begun()); })) << "a lock anew, at once";
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 60s);
}

TEST(SleepInhibitor, WithoutTheProgramNothingHappens) {
  base::init_log(base::LogLevel::kQuiet, false);
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nonexistent", 1);
  SleepInhibitor inhibitor;
  inhibitor.set(true);
  inhibitor.set(false);
  ::setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace podswarm::scheduler

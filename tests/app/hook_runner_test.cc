// The commands of `get --on-done`, really run.

#include "app/hook_runner.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "tests/support/eventually.h"
#include "tests/support/files.h"

namespace podswarm::app {
namespace {

using namespace std::chrono_literals;

class OnDone : public testing::Test {
 protected:
  [[nodiscard]] std::string out() const {
    const auto text = base::read_file(folder_.path() / "out", 1000);
    return text ? *text : "";
  }

  const test::TemporaryFolder folder_;
  const std::map<std::string, std::string> variables_{{"OUT", (folder_.path() / "out").string()}};
};

TEST_F(OnDone, CommandsRunInTurnAndAreWaitedFor) {
  {
    HookRunner hooks(60s);
    hooks.run("echo one >> \"$OUT\"", variables_);
    hooks.run("echo two >> \"$OUT\"; exit 7", variables_);
    hooks.run("cat >> \"$OUT\"; echo three >> \"$OUT\"", variables_);
  }
  EXPECT_EQ(out(), "one\ntwo\nthree\n");
}

TEST_F(OnDone, OneThatHangsIsEndedAndTheNextHasItsTurn) {
  const auto begun = std::chrono::steady_clock::now();
  {
    HookRunner hooks(1s);
    hooks.run("sleep 600; echo late >> \"$OUT\"", variables_);
    hooks.run("echo next >> \"$OUT\"", variables_);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 60s);
  EXPECT_EQ(out(), "next\n");
}

TEST_F(OnDone, AStopEndsTheOneThatRunsAndTheRestDoNotBegin) {
  const auto begun = std::chrono::steady_clock::now();
  {
    HookRunner hooks(600s);
    hooks.run("echo one >> \"$OUT\"; sleep 600", variables_);
    hooks.run("echo two >> \"$OUT\"", variables_);
    ASSERT_TRUE(test::eventually([&] { return out() == "one\n"; }));
    hooks.stop();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 60s);
  EXPECT_EQ(out(), "one\n");
}

}  // namespace
}  // namespace podswarm::app

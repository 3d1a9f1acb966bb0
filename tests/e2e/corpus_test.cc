// `podswarm parse` against documents and expectations from other projects' test suites, which lie beside the checkout
// where they are at all.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/e2e/support/podswarm.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace podswarm::test {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = fs::path(PODSWARM_SOURCE_DIR) / "../shared/corpus";

class Corpus : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kCorpus / "score.py")) GTEST_SKIP() << "there is no " << kCorpus;
    if (find_program("python3").empty()) GTEST_SKIP() << "python3 is not installed";
  }
  Outcome python(const std::string& script, std::vector<std::string> words) {
    words.insert(words.begin(), {find_program("python3"), (kCorpus / script).string()});
    words.insert(words.end(), {"--", program()});
    return run({words, {{"PYTHONDONTWRITEBYTECODE", "1"}}, {}, "/dev/null", folder_.path() / "python"}, seconds(110));
  }
  // The share of cases that pass, in percent; fails the test where the script says none.
  double score(std::vector<std::string> words) {
    const auto outcome = python("score.py", std::move(words));
    const auto total = outcome.out.find("\nTOTAL ");
    const auto colon = total == std::string::npos ? total : outcome.out.find(": ", total);
    if (colon == std::string::npos) {
      ADD_FAILURE() << "no score:\n" << outcome.out << outcome.err;
      return 0;
    }
    RecordProperty("score", outcome.out.substr(colon + 2, outcome.out.find('\n', colon) - colon - 2));
    return std::stod(outcome.out.substr(colon + 2));
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(Corpus, FeedsAreReadAsOthersReadThem) {
  EXPECT_GE(score({"--base-url-flag=--base-url"}), 100.0);
}
TEST_F(Corpus, OpmlListsAreReadAsOthersReadThem) {
  EXPECT_GE(score({"--corpus", "opml"}), 100.0);
}
TEST_F(Corpus, TorrentsAreReadAsOthersReadThem) {
  EXPECT_GE(score({"--corpus", "torrents"}), 100.0);
}

TEST_F(Corpus, HostileDocumentsEndWell) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  const std::string memory_limit = "4096";  // most of it the sanitizer's
#else
  const std::string memory_limit = "256";
#endif
  // Seconds for an input: other tests run beside it.
  const auto outcome = python("robustness.py", {"--count", "12", "--jobs", "2", "--timeout", "20", "--mem-mb",
                                                memory_limit, "--list-failures"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
}

}  // namespace
}  // namespace podswarm::test

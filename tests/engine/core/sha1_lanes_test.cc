#include "engine/core/sha1_lanes.h"

#include <gtest/gtest.h>

#include <vector>

namespace podswarm::engine {
namespace {

// Four messages that differ.
struct Messages {
  explicit Messages(std::size_t size) {
    for (std::size_t lane = 0; lane < Sha1Lanes::kLanes; ++lane) {
      for (std::size_t i = 0; i < size; ++i) {
        bytes[lane].push_back(static_cast<std::uint8_t>(i * 31 + i / 77 + lane * 101));
      }
    }
  }
  [[nodiscard]] Sha1Lanes::Data from(std::size_t offset) const {
    Sha1Lanes::Data data{};
    for (std::size_t lane = 0; lane < Sha1Lanes::kLanes; ++lane) data[lane] = bytes[lane].data() + offset;
    return data;
  }
  void expect_hashes(const std::array<Sha1Hash, Sha1Lanes::kLanes>& hashes) const {
    for (std::size_t lane = 0; lane < Sha1Lanes::kLanes; ++lane) {
      EXPECT_EQ(hashes[lane], sha1(bytes[lane])) << bytes[lane].size() << " bytes, lane " << lane;
    }
  }
  std::array<base::Bytes, Sha1Lanes::kLanes> bytes;
};

class Sha1LanesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Sha1Lanes::available()) GTEST_SKIP() << "the processor has no SHA instructions";
  }
};

TEST_F(Sha1LanesTest, HashesOfEveryLengthAreThoseOfOneAfterTheOther) {
  Sha1Lanes lanes;
  for (std::size_t size = 0; size < 260; ++size) {
    const Messages messages(size);
    lanes.update(messages.from(0), size);
    messages.expect_hashes(lanes.finish());
  }
}

TEST_F(Sha1LanesTest, MessagesMayComeInParts) {
  Sha1Lanes lanes;
  for (const std::size_t first : {0u, 64u, 4096u, 9984u}) {
    const Messages messages(10'000);
    lanes.update(messages.from(0), first);
    lanes.update(messages.from(first), 10'000 - first);
    messages.expect_hashes(lanes.finish());
  }
}

}  // namespace
}  // namespace podswarm::engine

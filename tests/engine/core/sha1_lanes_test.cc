#include "engine/core/sha1_lanes.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace podswarm::engine {
namespace {

base::Bytes message(std::size_t size, std::size_t which) {
  base::Bytes bytes;
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(i * 31 + i / 77 + which * 101));
  return bytes;
}

class Sha1LanesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Sha1Lane::available()) GTEST_SKIP() << "the processor has no SHA instructions";
  }

  using Portions = std::vector<base::ByteView>;
  void update(const std::vector<Portions>& portions) {
    std::vector<Sha1Lane*> which;
    std::vector<std::span<const base::ByteView>> data;
    for (std::size_t i = 0; i < portions.size(); ++i) {
      which.push_back(&lanes_[i]);
      data.emplace_back(portions[i]);
    }
    sha1_side_by_side(which, data);
  }

  std::array<Sha1Lane, Sha1Lane::kMost> lanes_;
};

TEST_F(Sha1LanesTest, HashesOfEveryLengthAreThoseOfOneAfterTheOther) {
  for (std::size_t count = 1; count <= lanes_.size(); ++count) {
    for (std::size_t size = 0; size < 260; ++size) {
      std::vector<base::Bytes> messages;
      std::vector<Portions> portions;
      for (std::size_t i = 0; i < count; ++i) messages.push_back(message(size, i));
      for (const auto& bytes : messages) portions.push_back({bytes});
      update(portions);
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(lanes_[i].finish(), sha1(messages[i])) << size << " bytes, lane " << i << " of " << count;
      }
    }
  }
}

TEST_F(Sha1LanesTest, MessagesOfDifferentLengthsComeInPortionsOfAnySize) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const std::size_t count = 1 + random() % lanes_.size();
    std::vector<base::Bytes> messages;
    for (std::size_t i = 0; i < count; ++i) messages.push_back(message(random() % 3000, i));
    std::vector<std::size_t> done(count);
    for (bool more = true; more;) {
      more = false;
      std::vector<Portions> portions(count);
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t n = random() % 4; n > 0; --n) {
          const std::size_t size = std::min<std::size_t>(random() % 300, messages[i].size() - done[i]);
          portions[i].push_back(base::ByteView(messages[i]).subspan(done[i], size));
          done[i] += size;
        }
        more = more || done[i] < messages[i].size();
      }
      update(portions);
    }
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(lanes_[i].finish(), sha1(messages[i])) << "round " << round;
  }
}

}  // namespace
}  // namespace podswarm::engine

// Peers that lie about the size of the metadata, or leave its requests lying.
#include "engine/core/metadata_fetch.h"

#include <gtest/gtest.h>

namespace podswarm::engine {
namespace {

using namespace std::chrono_literals;

class MetadataFetchTest : public testing::Test {
 protected:
  const base::Bytes info_ = base::Bytes(1000, 'i');
  MetadataFetch fetch_{sha1(info_)};
  base::SteadyTime now_{1'000'000s};

  MetadataFetch::Progress answer(PeerKey peer) {
    UtMetadataMessage message;
    message.type = UtMetadataMessage::Type::kData;
    message.data = info_;
    return fetch_.on_data(peer, message);
  }
};

TEST_F(MetadataFetchTest, ASizeOfWhichNothingComesMakesWayForAnother) {
  EXPECT_EQ(fetch_.ask(1, 5000, now_).size(), 1u);
  EXPECT_TRUE(fetch_.ask(2, 1000, now_).empty());
  now_ += MetadataFetch::kStalled;
  EXPECT_EQ(fetch_.ask(2, 1000, now_).size(), 1u);
  EXPECT_EQ(answer(2), MetadataFetch::Progress::kComplete);
}

TEST_F(MetadataFetchTest, LiarsTakeTurnsOnlyOnce) {
  for (int i = 0; i < 4; ++i) {
    for (PeerKey liar = 1; liar < 4; ++liar) (void)fetch_.ask(liar, 5000 * liar, now_);
    if (!fetch_.ask(9, 1000, now_).empty()) {
      EXPECT_EQ(answer(9), MetadataFetch::Progress::kComplete);
      return;
    }
    now_ += MetadataFetch::kStalled;
  }
  FAIL() << "the honest peer was never asked";
}

TEST_F(MetadataFetchTest, WhatIsCompleteIsNotReplaced) {
  EXPECT_EQ(fetch_.ask(2, 1000, now_).size(), 1u);
  EXPECT_EQ(answer(2), MetadataFetch::Progress::kComplete);
  now_ += MetadataFetch::kStalled;
  EXPECT_TRUE(fetch_.ask(1, 5000, now_).empty());
  EXPECT_EQ(fetch_.bytes().size(), info_.size());
}

}  // namespace
}  // namespace podswarm::engine

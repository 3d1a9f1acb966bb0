#include "engine/core/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace podswarm::engine {
namespace {

using base::as_bytes;
using base::to_hex;

// FIPS 180 examples.
TEST(Digest, KnownAnswers) {
  EXPECT_EQ(to_hex(sha1(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(sha1({})), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, PartsGiveTheSameAsTheWholeAndTheHasherIsReusable) {
  const std::string text(100'000, 'x');
  Sha1 hasher;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t at = 0; at < text.size(); at += 777) {
      hasher.update(as_bytes(std::string_view(text).substr(at, 777)));
    }
    EXPECT_EQ(hasher.finish(), sha1(as_bytes(text)));
  }
}

TEST(Digest, TruncatesV2Hashes) {
  const Sha256Hash hash = sha256(as_bytes("abc"));
  EXPECT_EQ(to_hex(truncated(hash)), to_hex(hash).substr(0, 40));
}

}  // namespace
}  // namespace podswarm::engine

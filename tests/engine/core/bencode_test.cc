#include "engine/core/bencode.h"

#include <gtest/gtest.h>

#include <string>

namespace podswarm::engine {
namespace {

using base::as_bytes;
using base::as_text;

BencodeError error_of(std::string_view text, const BencodeLimits& limits = {}) {
  const auto document = BencodeDocument::parse(as_bytes(text), limits);
  EXPECT_FALSE(document) << text;
  return document ? BencodeError::kTrailing : document.error().code;
}

TEST(Bencode, ReadsEveryType) {
  const std::string text = "d1:ai-42e1:bl3:onei2ed1:x0:ee1:c0:1:dlee";
  const auto document = BencodeDocument::parse(as_bytes(text));
  ASSERT_TRUE(document);
  const BencodeNode root = document->root();
  ASSERT_TRUE(root.is_dict());
  EXPECT_EQ(root.size(), 4u);
  EXPECT_EQ(root["a"].integer(), -42);
  EXPECT_EQ(root["c"].string(), "");
  EXPECT_TRUE(root["d"].is_list());
  EXPECT_FALSE(root["d"].first_child());
  const BencodeNode list = root["b"];
  EXPECT_EQ(list.size(), 3u);
  EXPECT_EQ(list.first_child().string(), "one");
  EXPECT_EQ(list.first_child().next().integer(), 2);
  EXPECT_EQ(list.first_child().next().next()["x"].string(), "");
  EXPECT_FALSE(list.first_child().next().next().next());
  EXPECT_EQ(as_text(list.raw()), "l3:onei2ed1:x0:ee");
}

TEST(Bencode, LookUpsOfWhatIsAbsentChain) {
  const auto document = BencodeDocument::parse(as_bytes("d1:ai1ee"));
  ASSERT_TRUE(document);
  const BencodeNode absent = document->root()["x"]["y"];
  EXPECT_FALSE(absent);
  EXPECT_EQ(absent.type(), BencodeNode::Type::kAbsent);
  EXPECT_FALSE(absent.integer());
  EXPECT_FALSE(absent.string());
  EXPECT_FALSE(absent.first_child());
  EXPECT_FALSE(absent.next());
  EXPECT_TRUE(absent.raw().empty());
  EXPECT_EQ(absent.size(), 0u);
}

TEST(Bencode, NodesSurviveAMoveOfTheDocument) {
  const std::string text = "l1:a1:be";
  auto document = BencodeDocument::parse(as_bytes(text));
  ASSERT_TRUE(document);
  const BencodeNode root = document->root();
  const BencodeDocument moved = std::move(*document);
  EXPECT_EQ(root.first_child().next().string(), "b");
  EXPECT_EQ(moved.root().size(), 2u);
}

TEST(Bencode, TheFirstOfEqualKeysCounts) {
  const auto document = BencodeDocument::parse(as_bytes("d1:ai1e1:ai2ee"));
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root()["a"].integer(), 1);
}

TEST(Bencode, IntegersAreReadLenientlyAndJudgedStrictly) {
  const auto check = [](std::string_view text, std::optional<std::int64_t> value, bool plain) {
    const auto document = BencodeDocument::parse(as_bytes(text));
    ASSERT_TRUE(document) << text;
    EXPECT_EQ(document->root().integer(), value) << text;
    EXPECT_EQ(document->root().is_plain_integer(), plain) << text;
  };
  check("i0e", 0, true);
  check("i-1e", -1, true);
  check("i-0e", 0, false);
  check("i007e", 7, false);
  check("i-07e", -7, false);
  check("i9223372036854775807e", INT64_MAX, true);
  check("i-9223372036854775808e", INT64_MIN, true);
  check("i9223372036854775808e", std::nullopt, false);
  check("i99999999999999999999999999e", std::nullopt, false);
}

TEST(Bencode, RefusesBrokenSyntax) {
  for (const char* text : {"x", "ie", "i-e", "i1", "i1x", "i 1e", "i+1e", "1", "1x", "-1:a", "e", "di1ei2ee", "d1:ae",
                           "dlee", "1;a", "i1.5e", "d-1:ai1ee"}) {
    const BencodeError error = error_of(text);
    EXPECT_TRUE(error == BencodeError::kSyntax || error == BencodeError::kTruncated) << text;
  }
  EXPECT_EQ(error_of(""), BencodeError::kTruncated);
  EXPECT_EQ(error_of("3:ab"), BencodeError::kTruncated);
  EXPECT_EQ(error_of("99999999999999999999999:a"), BencodeError::kTruncated);
  EXPECT_EQ(error_of("4294967295:a"), BencodeError::kTruncated);
  EXPECT_EQ(error_of("i1ei2e"), BencodeError::kTrailing);
  EXPECT_EQ(error_of("i1e\n"), BencodeError::kTrailing);
}

TEST(Bencode, EveryProperPrefixIsTruncated) {
  const std::string text = "d1:ai-42e1:bl3:onei2ed1:x0:ee11:c0123456789i5e1:dlee";
  ASSERT_TRUE(BencodeDocument::parse(as_bytes(text)));
  for (std::size_t n = 0; n < text.size(); ++n) {
    EXPECT_EQ(error_of(text.substr(0, n)), BencodeError::kTruncated) << n;
  }
}

TEST(Bencode, KeepsItsLimits) {
  const auto nested = [](std::size_t depth) { return std::string(depth, 'l') + std::string(depth, 'e'); };
  EXPECT_TRUE(BencodeDocument::parse(as_bytes(nested(100))));
  EXPECT_EQ(error_of(nested(101)), BencodeError::kTooDeep);
  EXPECT_EQ(error_of(std::string(5'000'000, 'l')), BencodeError::kTooDeep);
  EXPECT_EQ(error_of("li1ei2ei3ee", {.max_nodes = 3}), BencodeError::kTooMany);
  EXPECT_TRUE(BencodeDocument::parse(as_bytes("li1ei2ei3ee"), {.max_nodes = 4}));
  EXPECT_EQ(error_of("5:abcde", {.max_bytes = 6}), BencodeError::kTooLarge);
}

TEST(Bencode, APrefixLeavesTheRestAlone) {
  const std::string text = "d1:ai1eeRAW";
  const auto document = BencodeDocument::parse_prefix(as_bytes(text));
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().raw().size(), 8u);
}

TEST(BencodeWriter, WritesWhatTheReaderReads) {
  BencodeWriter writer;
  writer.begin_dict();
  writer.key("a").integer(INT64_MIN);
  writer.key("b").begin_list().string("x").integer(0).begin_dict().end().end();
  writer.key("c").raw(as_bytes("le"));
  writer.end();
  const base::Bytes out = writer.take();
  EXPECT_EQ(as_text(out), "d1:ai-9223372036854775808e1:bl1:xi0edee1:clee");
  EXPECT_TRUE(BencodeDocument::parse(out));
  writer.integer(1);
  EXPECT_EQ(as_text(writer.take()), "i1e");
}

#ifndef NDEBUG
TEST(BencodeWriterDeathTest, MisuseIsCaught) {
  EXPECT_DEATH(BencodeWriter().begin_dict().key("b").integer(1).key("a"), "ascending");
  EXPECT_DEATH(BencodeWriter().begin_dict().integer(1), "needs a key");
}
#endif

}  // namespace
}  // namespace podswarm::engine

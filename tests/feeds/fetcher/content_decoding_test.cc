#include "feeds/content_decoding.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "tests/feeds/fetcher/hostile_server.h"

namespace podswarm::feeds {
namespace {

using testing::brotli_stored;
using testing::deflated;

struct Decoded {
  std::string text;
  std::optional<FetchError> error;
};

Decoded decode(ContentCoding coding, std::string_view packed, std::size_t step, std::size_t max = 64u << 20) {
  ContentDecoder decoder(coding, max);
  Decoded out;
  for (std::size_t i = 0; i < packed.size(); i += step) {
    if (const auto fed = decoder.feed(packed.substr(i, step), out.text); !fed) {
      out.error = fed.error().code;
      return out;
    }
  }
  if (const auto end = decoder.finish(); !end) out.error = end.error().code;
  return out;
}

std::string sample() {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "<item><guid>" + std::to_string(i * 7919) + "</guid></item>\n";
  return text;
}

struct Case {
  ContentCoding coding;
  std::string packed;
};

std::vector<Case> cases(std::string_view text) {
  return {{ContentCoding::kIdentity, std::string(text)},
          {ContentCoding::kGzip, deflated(text, 31)},
          {ContentCoding::kDeflate, deflated(text, 15)},
          {ContentCoding::kDeflate, deflated(text, -15)},
          {ContentCoding::kBrotli, brotli_stored(text.substr(0, 60000))}};
}

TEST(ContentDecoding, EveryCodingComesOutHoweverItArrives) {
  const std::string text = sample().substr(0, 60000);
  for (const auto& [coding, packed] : cases(text)) {
    for (const std::size_t step : {1u, 2u, 777u, 1u << 20}) {
      const auto decoded = decode(coding, packed, step);
      EXPECT_FALSE(decoded.error);
      EXPECT_EQ(decoded.text, text) << static_cast<int>(coding) << " by " << step;
    }
  }
}

TEST(ContentDecoding, AStreamCutAnywhereIsBroken) {
  for (const auto& [coding, packed] : cases("A text short enough to cut at each of its bytes, again and again.")) {
    if (coding == ContentCoding::kIdentity) continue;
    for (std::size_t size = 1; size < packed.size(); ++size) {
      EXPECT_EQ(decode(coding, std::string_view(packed).substr(0, size), 16).error, FetchError::kEncoding) << size;
    }
  }
}

TEST(ContentDecoding, NothingAtAllIsAnEmptyBody) {
  for (const auto& [coding, packed] : cases("x")) EXPECT_FALSE(decode(coding, "", 1).error);
}

TEST(ContentDecoding, JunkIsBroken) {
  const std::string junk = "<?xml version=\"1.0\"?><rss></rss>";
  for (const auto coding : {ContentCoding::kGzip, ContentCoding::kDeflate, ContentCoding::kBrotli}) {
    EXPECT_EQ(decode(coding, junk, 5).error, FetchError::kEncoding);
  }
  std::string flipped = deflated(sample(), 31);
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x55);
  EXPECT_EQ(decode(ContentCoding::kGzip, flipped, 1000).error, FetchError::kEncoding);
}

TEST(ContentDecoding, GzipMembersFollowEachOtherAndPaddingIsLeft) {
  const std::string two = deflated("one ", 31) + deflated("two", 31);
  for (const std::size_t step : {1u, 5u, 1000u}) {
    EXPECT_EQ(decode(ContentCoding::kGzip, two, step).text, "one two");
    const auto padded = decode(ContentCoding::kGzip, two + std::string(100, '\0'), step);
    EXPECT_EQ(padded.text, "one two");
    EXPECT_FALSE(padded.error);
  }
}

TEST(ContentDecoding, TheCapIsExact) {
  const std::string text = sample().substr(0, 50000);
  for (const auto& [coding, packed] : cases(text)) {
    EXPECT_FALSE(decode(coding, packed, 4096, text.size()).error);
    const auto over = decode(coding, packed, 4096, text.size() - 1);
    EXPECT_EQ(over.error, FetchError::kTooLarge) << static_cast<int>(coding);
    EXPECT_EQ(over.text, text.substr(0, text.size() - 1));
  }
}

TEST(ContentDecoding, ABombEndsAtTheRatio) {
  const std::string zeros(32u << 20, '\0');
  // 8 MiB of one letter.
  const auto brotli = *base::from_hex("9bffff7ff825c2e2b14020f7fe0f");
  for (const auto& [coding, packed] :
       {Case{ContentCoding::kGzip, deflated(zeros, 31)}, Case{ContentCoding::kDeflate, deflated(zeros, -15)},
        Case{ContentCoding::kBrotli, std::string(base::as_text(brotli))}}) {
    const auto decoded = decode(coding, packed, 1024);
    EXPECT_EQ(decoded.error, FetchError::kTooLarge);
    EXPECT_LT(decoded.text.size(), 3u << 20);
  }
}

TEST(ContentDecoding, BrotliGivesAllItHasHoweverItArrives) {
  // It wants more input while it still has megabytes to give.
  const auto bytes = *base::from_hex("9bffff7ff825c2e2b14020f7230329");
  for (const std::size_t step : {1u, 7u, 100u}) {
    const auto decoded = decode(ContentCoding::kBrotli, base::as_text(bytes), step, 500'000);
    EXPECT_EQ(decoded.error, FetchError::kTooLarge);
    EXPECT_EQ(decoded.text.size(), 500'000u) << step;
  }
}

TEST(ContentDecoding, TextThatRepeatsItselfIsNoBomb) {
  std::string text;
  while (text.size() < (4u << 20)) text += sample();
  const auto decoded = decode(ContentCoding::kGzip, deflated(text, 31), 16384);
  EXPECT_FALSE(decoded.error);
  EXPECT_EQ(decoded.text.size(), text.size());
}

TEST(ContentDecoding, NamesOfCodings) {
  EXPECT_EQ(*parse_content_encoding(""), ContentCoding::kIdentity);
  EXPECT_EQ(*parse_content_encoding("identity"), ContentCoding::kIdentity);
  EXPECT_EQ(*parse_content_encoding(" X-GZIP "), ContentCoding::kGzip);
  EXPECT_EQ(*parse_content_encoding("Deflate"), ContentCoding::kDeflate);
  EXPECT_EQ(*parse_content_encoding("br, identity"), ContentCoding::kBrotli);
  for (const char* field : {"zstd", "gzip, gzip", "gzip, br", "utf-8"}) {
    ASSERT_FALSE(parse_content_encoding(field)) << field;
    EXPECT_EQ(parse_content_encoding(field).error().code, FetchError::kEncoding);
  }
}

}  // namespace
}  // namespace podswarm::feeds

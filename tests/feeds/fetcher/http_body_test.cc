#include "feeds/http_body.h"

#include <gtest/gtest.h>

namespace podswarm::feeds {
namespace {

using Fields = std::vector<std::string>;

BodyReader chunked() {
  return *BodyReader::start(200, {"chunked"}, {});
}

// What comes out of `wire`, fed in pieces of `step`; "!" in front where it is refused or cut off.
std::string read_all(BodyReader reader, std::string_view wire, std::size_t step) {
  std::string out;
  for (std::size_t i = 0; i < wire.size() && !reader.done(); i += step) {
    if (!reader.feed(wire.substr(i, step), out)) return "!";
  }
  return reader.finish() ? out : "!" + out;
}

constexpr std::string_view kChunks = "5;ext=\"1\"\r\nhello\r\n0A \r\n, world...\r\n0\r\nTrailer: x\r\n\r\n";

TEST(HttpBody, ChunksAreJoinedHoweverTheyArrive) {
  for (std::size_t step = 1; step <= kChunks.size(); ++step) {
    EXPECT_EQ(read_all(chunked(), kChunks, step), "hello, world...") << step;
  }
}

TEST(HttpBody, ChunkedCutAnywhereIsSeen) {
  for (std::size_t size = 0; size < kChunks.size(); ++size) {
    EXPECT_EQ(read_all(chunked(), kChunks.substr(0, size), 7).front(), '!') << size;
  }
}

TEST(HttpBody, BrokenChunksAreRefused) {
  for (const char* wire : {"zz\r\nhello", "\r\nhello", ";x\r\n", "5x\r\nhello\r\n", "5\r\nhelloX\r\n0\r\n\r\n",
                           "fffffffffffffffff\r\n", "-1\r\n", "5\r\nhello5\r\n"}) {
    EXPECT_EQ(read_all(chunked(), wire, 100), "!") << wire;
  }
  EXPECT_EQ(read_all(chunked(), "5;" + std::string(100'000, 'x'), 4096), "!");
  EXPECT_EQ(read_all(chunked(), "0\r\n" + std::string(100'000, 'x'), 4096), "!");
}

TEST(HttpBody, LengthIsTakenExactly) {
  const auto reader = *BodyReader::start(200, {}, {"5"});
  EXPECT_EQ(reader.announced(), 5u);
  EXPECT_EQ(read_all(reader, "hello", 2), "hello");
  EXPECT_EQ(read_all(reader, "hello and more", 100), "hello");
  EXPECT_EQ(read_all(reader, "hell", 100), "!hell");
  EXPECT_TRUE(BodyReader::start(200, {}, {"0"})->done());
}

TEST(HttpBody, WithoutLengthTheCloseEndsIt) {
  EXPECT_EQ(read_all(*BodyReader::start(200, {}, {}), "hello", 2), "hello");
}

TEST(HttpBody, SomeAnswersHaveNone) {
  for (const int status : {204, 304}) EXPECT_TRUE(BodyReader::start(status, {}, {"100"})->done());
}

TEST(HttpBody, ContradictingFieldsAreRefused) {
  EXPECT_TRUE(BodyReader::start(200, {}, {"5", "5"}));
  EXPECT_TRUE(BodyReader::start(200, {}, {"5, 5"}));
  for (const Fields& lengths :
       {Fields{"5", "6"}, Fields{"5, 6"}, Fields{"-5"}, Fields{"5x"}, Fields{""}, Fields{"99999999999999999999999"}}) {
    EXPECT_FALSE(BodyReader::start(200, {}, lengths)) << lengths[0];
  }
  EXPECT_FALSE(BodyReader::start(200, {"gzip, chunked"}, {}));
  EXPECT_FALSE(BodyReader::start(200, {"chunked", "chunked"}, {}));
  EXPECT_EQ(BodyReader::start(200, {"Chunked"}, {"7"})->announced(), 0u);
}

}  // namespace
}  // namespace podswarm::feeds

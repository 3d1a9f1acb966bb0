#include "engine/core/http_response.h"

#include <gtest/gtest.h>

namespace podswarm::engine {
namespace {

struct Read {
  bool good = true;
  bool done = false;
  HttpHead head;
  std::string body;
  HttpParseError error{};
};

// Feeds `text` in pieces of `step` bytes, keeping what is not consumed; chunked bodies come out in `window` bytes.
Read read_all(const std::string& text, std::size_t step, std::size_t window = 7) {
  HttpResponseReader reader;
  Read out;
  base::Bytes pending, buffer(window);
  const auto fail = [&](HttpParseError error) {
    out.good = false;
    out.error = error;
    return out;
  };
  for (std::size_t at = 0; at < text.size(); at += step) {
    const auto piece = base::as_bytes(text).subspan(at, std::min(step, text.size() - at));
    pending.insert(pending.end(), piece.begin(), piece.end());
    if (!reader.head_done()) {
      const auto consumed = reader.put_head(pending);
      if (!consumed) return fail(consumed.error().code);
      pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(*consumed));
    }
    while (reader.head_done() && reader.body() == HttpBody::kChunked && !reader.body_done() && !pending.empty()) {
      const auto moved = reader.put_chunked(pending, buffer);
      if (!moved) return fail(moved.error().code);
      pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(moved->consumed));
      out.body += base::as_text(base::ByteView(buffer).first(moved->produced));
      if (moved->consumed == 0 && moved->produced == 0) break;
    }
  }
  out.done = reader.head_done();
  if (out.done) {
    out.head = reader.head();
    if (reader.body() == HttpBody::kChunked) {
      out.done = reader.body_done();
    } else {
      out.body = base::as_text(pending);
    }
  }
  return out;
}

TEST(HttpResponseTest, IsTheSameHoweverItIsCut) {
  const std::string chunked =
      "HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: "
      "u\r\n\r\n";
  const std::string plain = "HTTP/1.1 206 Part\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t step = 1; step <= chunked.size(); ++step) {
    const Read read = read_all(chunked, step);
    ASSERT_TRUE(read.good && read.done) << step;
    EXPECT_EQ(read.body, "hello world");
    EXPECT_EQ(read.head.field("x-a"), "b");
    EXPECT_EQ(read.head.reason, "Fine");
    EXPECT_EQ(read_all(plain, step).body, "hello");
    EXPECT_EQ(read_all(plain, step).head.content_length, 5u);
  }
}

TEST(HttpResponseTest, EveryPrefixIsIncompleteNotWrong) {
  const std::string whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Read read = read_all(whole.substr(0, size), 3);
    EXPECT_TRUE(read.good) << size;
    EXPECT_FALSE(read.done) << size;
  }
}

TEST(HttpResponseTest, NoBodyWhereThereIsNone) {
  for (const char* head : {"HTTP/1.1 204 No\r\n\r\n", "HTTP/1.1 304 Not\r\nContent-Length: 5\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    HttpResponseReader reader;
    ASSERT_TRUE(reader.put_head(base::as_bytes(head)).has_value());
    ASSERT_TRUE(reader.head_done());
    EXPECT_EQ(reader.body(), HttpBody::kNone) << head;
  }
}

TEST(HttpResponseTest, RefusesWhatIsNotHttp) {
  EXPECT_EQ(read_all("ICY 200 OK\r\n\r\n", 100).error, HttpParseError::kNotHttp);
  EXPECT_FALSE(read_all("HTTP/1.1 abc OK\r\n\r\n", 100).good);
  EXPECT_FALSE(read_all("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 100).good);
  EXPECT_FALSE(read_all("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n", 100).good);
  EXPECT_FALSE(read_all("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", 100).good);
  EXPECT_FALSE(read_all("HTTP/1.1 101 Switching\r\n\r\n", 100).good);
}

TEST(HttpResponseTest, BoundsTheHead) {
  EXPECT_EQ(read_all("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n", 8'192).error,
            HttpParseError::kHeadTooLarge);
  std::string interim;
  for (int i = 0; i < 9; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(read_all(interim, 10'000).error, HttpParseError::kHeadTooLarge);
}

TEST(HttpResponseTest, AReasonIsOneCleanLine) {
  const Read read = read_all("HTTP/1.1 404 Caf\xe9\r\n\r\n", 100);
  ASSERT_TRUE(read.good);
  EXPECT_EQ(read.head.reason, "Caf\xEF\xBF\xBD");
}

}  // namespace
}  // namespace podswarm::engine

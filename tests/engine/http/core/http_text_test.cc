// Dates, statuses, names and cookies: the small texts of HTTP.
#include <gmock/gmock.h>

#include "base/http_date.h"
#include "base/text.h"
#include "engine/core/content_disposition.h"
#include "engine/core/cookie_jar.h"
#include "engine/core/http_failure.h"
#include "engine/core/http_file_name.h"

namespace podswarm::engine {
namespace {

using std::chrono::seconds;
using ::testing::EndsWith;

const base::WallTime kNow{seconds(784111777)};  // 6 November 1994, 08:49:37

TEST(HttpDateTest, ReadsAllThreeForms) {
  for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994", " sun, 6 nov 1994 08:49:37 gmt "}) {
    EXPECT_EQ(base::parse_http_date(text), kNow) << text;
  }
}

TEST(HttpDateTest, RefusesJunk) {
  for (const char* text : {"", "0", "-1", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 PST", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 8:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 GMT GMT", "Sun, 06 Nov 99999999999 08:49:37 GMT"}) {
    EXPECT_FALSE(base::parse_http_date(text).has_value()) << text;
  }
  EXPECT_FALSE(base::parse_http_date(std::string(10'000, ' ') + "x" + std::string(10'000, ' ') + "x").has_value());
}

TEST(RetryAfterTest, ReadsSecondsAndDates) {
  EXPECT_EQ(parse_retry_after("120", kNow), seconds(120));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", kNow), seconds(60));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", kNow), seconds(0)) << "passed already";
  EXPECT_EQ(parse_retry_after("99999999999999999999999999", kNow), seconds(365 * 86'400));
  EXPECT_FALSE(parse_retry_after("soon", kNow).has_value());
  EXPECT_FALSE(parse_retry_after("-5", kNow).has_value());
}

TEST(JudgeStatusTest, NamesTheHostAndTheReason) {
  HttpHead head;
  head.status = 404;
  EXPECT_EQ(judge_status(head, "example.org", kNow).message, "example.org: 404 Not Found");
  head.reason = "Nope";
  EXPECT_EQ(judge_status(head, "example.org", kNow).message, "example.org: 404 Nope");
  head.status = 503;
  head.fields = {{"Retry-After", "7"}};
  EXPECT_EQ(judge_status(head, "example.org", kNow).retry_after, seconds(7));
}

TEST(ContentDispositionTest, ReadsWhatServersSend) {
  const auto name = content_disposition_file_name;
  EXPECT_EQ(name("attachment; filename=\"a b.mp3\""), "a b.mp3");
  EXPECT_EQ(name("attachment; filename=a b.mp3 ; size=3"), "a b.mp3");
  EXPECT_EQ(name("ATTACHMENT;FILENAME=\"q\\\"uote\\\\.mp3\""), "q\"uote\\.mp3");
  EXPECT_EQ(name("inline; filename=\"semi;colon=.mp3\""), "semi;colon=.mp3");
  EXPECT_EQ(name("attachment; filename=\"plain.mp3\"; filename*=UTF-8''na%C3%AFve.mp3"), "naïve.mp3");
  EXPECT_EQ(name("attachment; filename*=iso-8859-1'en'%A3%20rates.mp3"), "£ rates.mp3");
  EXPECT_EQ(name("attachment; filename=\"caf\xe9.mp3\""), "café.mp3") << "Latin-1, raw";
  EXPECT_EQ(name("filename=no-type.mp3"), "no-type.mp3");
  EXPECT_EQ(name("attachment; filename=\"unclosed.mp3"), "unclosed.mp3");
  for (const char* none :
       {"", "attachment", "attachment;", ";;;", "attachment; filename=", "attachment; name=x", "="}) {
    EXPECT_EQ(name(none), "") << none;
  }
}

TEST(ContentDispositionTest, EveryPrefixIsReadWithoutHarm) {
  const std::string whole = "attachment; filename=\"a\\\"b\"; filename*=UTF-8'en'%C3%A9; x";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    EXPECT_TRUE(base::is_valid_utf8(content_disposition_file_name(whole.substr(0, size)))) << size;
  }
}

TEST(SafeFileNameTest, KeepsNamesInTheirFolder) {
  EXPECT_EQ(safe_file_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(safe_file_name("C:\\Users\\me\\a.mp3"), "a.mp3");
  EXPECT_EQ(safe_file_name("..hidden"), "hidden");
  for (const char* nothing : {"", ".", "..", "...", " . ", "/", "a/"})
    EXPECT_EQ(safe_file_name(nothing), "") << nothing;
  EXPECT_LE(safe_file_name(std::string(5'000, 'x') + ".mp3").size(), kMaxFileNameBytes);
  EXPECT_THAT(safe_file_name(std::string(5'000, 'x') + ".mp3"), EndsWith(".mp3"));
}

TEST(SuggestedFileNameTest, TakesTheBestThereIs) {
  HttpHead head;
  head.final_url = "https://cdn.example/abcdef?token=1";
  head.fields = {{"Content-Type", "audio/mpeg; charset=x"}};
  EXPECT_EQ(suggested_file_name(head, "https://example.org/shows/e%201.mp3?x=1"), "e 1.mp3");
  EXPECT_EQ(suggested_file_name(head, "https://example.org/"), "abcdef.mp3");
  head.final_url = "https://cdn.example/real.m4a";
  EXPECT_EQ(suggested_file_name(head, "https://example.org/redirect"), "real.m4a");
  head.final_url = "https://cdn.example/";
  EXPECT_EQ(suggested_file_name(head, "https://example.org/"), "download.mp3");
  head.fields.push_back({"Content-Disposition", "attachment; filename=\"../said.ogg\""});
  EXPECT_EQ(suggested_file_name(head, "https://example.org/e.mp3"), "said.ogg");
}

TEST(NumberedFileNameTest, NumbersBeforeTheExtension) {
  EXPECT_EQ(numbered_file_name("name.mp3", 2), "name (2).mp3");
  EXPECT_EQ(numbered_file_name("name", 3), "name (3)");
  EXPECT_EQ(numbered_file_name("1. The start of it", 2), "1. The start of it (2)");
  EXPECT_LE(numbered_file_name(std::string(200, 'x') + ".mp3", 999).size(), kMaxFileNameBytes);
}

class CookieJarTest : public ::testing::Test {
 protected:
  static base::Url url(const std::string& text) { return base::parse_url(text).value(); }
  void store(const std::string& from, const std::string& cookie) { jar.store(url(from), cookie, kNow); }
  std::string sent(const std::string& to) const { return jar.header_for(url(to), kNow); }
  CookieJar jar;
};

TEST_F(CookieJarTest, GoesBackToTheHostThatSetIt) {
  store("https://a.example/x/y", "k=v; HttpOnly");
  EXPECT_EQ(sent("https://a.example/x/z"), "k=v");
  EXPECT_EQ(sent("https://a.example/other"), "") << "the default path is the folder";
  EXPECT_EQ(sent("https://b.a.example/x/z"), "");
  EXPECT_EQ(sent("https://example/x/z"), "");
}

TEST_F(CookieJarTest, ADomainCoversItsSubdomainsAndNothingElse) {
  store("https://media.example.org/", "k=v; Domain=.example.org; Path=/");
  EXPECT_EQ(sent("https://cdn.example.org/"), "k=v");
  EXPECT_EQ(sent("https://notexample.org/"), "");
  store("https://media.example.org/", "evil=1; Domain=org; Path=/");
  store("https://media.example.org/", "evil=2; Domain=other.org; Path=/");
  store("http://10.0.0.1/", "evil=3; Domain=0.0.1; Path=/");
  EXPECT_EQ(jar.size(), 1u);
}

TEST_F(CookieJarTest, SecureOnesStayOnTls) {
  store("https://a.example/", "k=v; Secure");
  EXPECT_EQ(sent("http://a.example/"), "");
  EXPECT_EQ(sent("https://a.example/"), "k=v");
}

TEST_F(CookieJarTest, ExpiryRemoves) {
  store("https://a.example/", "k=v; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(sent("https://a.example/"), "k=v") << "Max-Age wins";
  EXPECT_EQ(jar.header_for(url("https://a.example/"), kNow + seconds(61)), "");
  store("https://a.example/", "k=; Max-Age=0");
  EXPECT_EQ(jar.size(), 0u);
}

TEST_F(CookieJarTest, ReplacesAndOrdersByPath) {
  store("https://a.example/", "k=1; Path=/");
  store("https://a.example/", "k=2; Path=/");
  store("https://a.example/", "deep=3; Path=/a/b");
  EXPECT_EQ(sent("https://a.example/a/b/c"), "deep=3; k=2");
  EXPECT_EQ(sent("https://a.example/a/bc"), "k=2");
}

TEST_F(CookieJarTest, HasLimitsAndNoLineBreaks) {
  for (int i = 0; i < 200; ++i) store("https://a.example/", "k" + std::to_string(i) + "=v");
  EXPECT_EQ(jar.size(), CookieJar::kMaxCookies);
  EXPECT_EQ(sent("https://a.example/").find("k0="), std::string::npos) << "the oldest go first";
  CookieJar fresh;
  fresh.store(url("https://a.example/"), "k=v\r\nX: y", kNow);
  fresh.store(url("https://a.example/"), "k=" + std::string(5'000, 'v'), kNow);
  fresh.store(url("https://a.example/"), "=v", kNow);
  fresh.store(url("https://a.example/"), "k", kNow);
  EXPECT_EQ(fresh.size(), 0u);
}

}  // namespace
}  // namespace podswarm::engine

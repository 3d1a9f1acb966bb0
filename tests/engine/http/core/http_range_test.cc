#include "engine/core/http_range.h"

#include <gtest/gtest.h>

namespace podswarm::engine {
namespace {

constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

HttpHead head_of(int status, std::vector<HttpField> fields = {}, std::optional<std::uint64_t> length = {}) {
  HttpHead head;
  head.status = status;
  head.fields = std::move(fields);
  head.content_length = length;
  return head;
}
ResumePoint point_of(std::uint64_t size, std::optional<std::uint64_t> total = 100) {
  return {size, {"\"v1\"", ""}, total};
}

TEST(StrongValidatorsTest, OnlyStrongOnesCount) {
  EXPECT_EQ(strong_validators(head_of(200, {{"ETag", "\"abc\""}})).etag, "\"abc\"");
  for (const char* weak : {"W/\"abc\"", "abc", "\"\"", "\"a\"b\"", "\"a b\"", "\"", ""}) {
    EXPECT_TRUE(strong_validators(head_of(200, {{"ETag", weak}})).empty()) << weak;
  }
  EXPECT_TRUE(strong_validators(head_of(200, {{"ETag", "\"" + std::string(1'000, 'x') + "\""}})).empty());
  EXPECT_EQ(strong_validators(head_of(200, {{"Last-Modified", kDate}})).last_modified, kDate);
  EXPECT_TRUE(strong_validators(head_of(200, {{"Last-Modified", "yesterday"}})).empty());
}

TEST(StrongValidatorsTest, AFileChangedThisVerySecondMayChangeAgain) {
  EXPECT_TRUE(strong_validators(head_of(200, {{"Last-Modified", kDate}, {"Date", kDate}})).empty());
  EXPECT_FALSE(
      strong_validators(head_of(200, {{"Last-Modified", kDate}, {"Date", "Sun, 06 Nov 1994 08:49:38 GMT"}})).empty());
}

TEST(CanResumeTest, WantsBytesAndAValidator) {
  EXPECT_TRUE(can_resume(point_of(50)));
  EXPECT_TRUE(can_resume(point_of(100)));
  EXPECT_TRUE(can_resume(point_of(50, {})));
  EXPECT_FALSE(can_resume(point_of(0)));
  EXPECT_FALSE(can_resume(point_of(101)));
  EXPECT_FALSE(can_resume({50, {}, 100}));
}

TEST(ResumeFieldsTest, PrefersTheEtag) {
  const auto fields = resume_fields({50, {"\"v1\"", kDate}, 100});
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields[0].value, "bytes=50-");
  EXPECT_EQ(fields[1].value, "\"v1\"");
  EXPECT_EQ(resume_fields({50, {"", kDate}, 100})[1].value, kDate);
}

TEST(ContentRangeTest, ReadsTheThreeForms) {
  const auto full = parse_content_range(" Bytes 50-99/100 ");
  ASSERT_TRUE(full.has_value());
  EXPECT_EQ(full->first, 50u);
  EXPECT_EQ(full->last, 99u);
  EXPECT_EQ(full->total, 100u);
  EXPECT_FALSE(parse_content_range("bytes 0-9/*")->total.has_value());
  EXPECT_FALSE(parse_content_range("bytes */100")->first.has_value());
}

TEST(ContentRangeTest, RefusesJunk) {
  for (const char* junk :
       {"", "bytes", "bytes 1-2", "items 0-1/2", "bytes 5-4/10", "bytes 0-10/10", "bytes -1/5", "bytes */*",
        "bytes 0-99999999999999999999/100", "bytes 0x1-2/3", "bytes 1-2/3/4", "bytes1-2/3", "bytes +1-2/3"}) {
    EXPECT_FALSE(parse_content_range(junk).has_value()) << junk;
  }
}

TEST(DecideRangeTest, APlainAnswerIsTheWholeFile) {
  for (const auto& asked : {std::optional<ResumePoint>(), std::optional(point_of(50))}) {
    const auto decision = decide_range(asked, head_of(200, {}, 100));
    EXPECT_EQ(decision.action, RangeAction::kFromStart);
    EXPECT_EQ(decision.total, 100u);
  }
  EXPECT_FALSE(decide_range({}, head_of(200)).total.has_value());
}

TEST(DecideRangeTest, TheRestAsAskedForIsAppended) {
  const auto decision = decide_range(point_of(50), head_of(206, {{"Content-Range", "bytes 50-99/100"}}, 50));
  EXPECT_EQ(decision.action, RangeAction::kAppend);
  EXPECT_EQ(decision.total, 100u);
  const auto unknown = decide_range(point_of(50, {}), head_of(206, {{"Content-Range", "bytes 50-99/*"}}));
  EXPECT_EQ(unknown.action, RangeAction::kAppend);
  EXPECT_FALSE(unknown.total.has_value());
  EXPECT_EQ(decide_range(point_of(50), head_of(206, {{"Content-Range", "bytes 50-99/*"}})).total, 100u);
}

TEST(DecideRangeTest, AnotherRangeThanAskedForStartsOver) {
  for (const char* range : {"bytes 0-99/100", "bytes 51-99/100", "bytes 50-99/101", "bytes */100", "", "junk"}) {
    EXPECT_EQ(decide_range(point_of(50), head_of(206, {{"Content-Range", range}})).action, RangeAction::kStartOver)
        << range;
  }
  const HttpField range{"Content-Range", "bytes 50-99/100"};
  EXPECT_EQ(decide_range(point_of(50), head_of(206, {range}, 49)).action, RangeAction::kStartOver);
  EXPECT_EQ(decide_range(point_of(50), head_of(206, {range, {"ETag", "\"v2\""}})).action, RangeAction::kStartOver);
  EXPECT_EQ(decide_range(point_of(50), head_of(206, {range, {"ETag", "\"v1\""}})).action, RangeAction::kAppend);
}

TEST(DecideRangeTest, ARangeNobodyAskedForIsTakenOnlyWhole) {
  EXPECT_EQ(decide_range({}, head_of(206, {{"Content-Range", "bytes 0-99/100"}}, 100)).action, RangeAction::kFromStart);
  EXPECT_EQ(decide_range({}, head_of(206, {{"Content-Range", "bytes 0-98/100"}}, 99)).action, RangeAction::kNotAFile);
  EXPECT_EQ(decide_range({}, head_of(206)).action, RangeAction::kNotAFile);
}

TEST(DecideRangeTest, BeyondTheEndIsCompleteOnlyAtTheExactSize) {
  const auto beyond = head_of(416, {{"Content-Range", "bytes */100"}});
  EXPECT_EQ(decide_range(point_of(100), beyond).action, RangeAction::kComplete);
  EXPECT_EQ(decide_range(point_of(100, {}), beyond).action, RangeAction::kComplete);
  EXPECT_EQ(decide_range(point_of(100), head_of(416)).action, RangeAction::kComplete);
  EXPECT_EQ(decide_range(point_of(99), beyond).action, RangeAction::kStartOver);
  EXPECT_EQ(decide_range(point_of(100, 200), beyond).action, RangeAction::kStartOver);
  EXPECT_EQ(decide_range(point_of(100, {}), head_of(416)).action, RangeAction::kStartOver);
  EXPECT_EQ(decide_range({}, beyond).action, RangeAction::kNotAFile);
}

TEST(DecideRangeTest, OtherStatusesBringNoFile) {
  for (const int status : {202, 204, 205, 304, 302, 404, 500}) {
    EXPECT_EQ(decide_range(point_of(50), head_of(status)).action, RangeAction::kNotAFile) << status;
  }
}

}  // namespace
}  // namespace podswarm::engine

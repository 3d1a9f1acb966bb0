#include "library/name_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace podswarm::library {
namespace {

using testing::HasSubstr;

NameFields example() {
  NameFields fields;
  fields.feed = "The Show";
  fields.title = "Hello: World/Part 1";
  fields.published = std::chrono::sys_seconds(std::chrono::seconds(1'767'225'000));  // 2025-12-31 23:50 UTC
  fields.added = std::chrono::sys_seconds(std::chrono::seconds(1'767'312'000));      // 2026-01-02 00:00 UTC
  fields.ext = "mp3";
  fields.guid = "http://x/1?a=b";
  fields.id = 42;
  fields.season = 1;
  fields.episode = 5;
  fields.episode_type = "full";
  fields.show = "Show";
  fields.ep = "S01E05";
  fields.duration = std::chrono::minutes(62);
  fields.original = "file_1";
  return fields;
}

std::string expand(std::string_view text, const NameFields& fields = example()) {
  return NameTemplate::compile(text).value().expand(fields).string();
}

TemplateProblem problem(std::string_view text) {
  const auto compiled = NameTemplate::compile(text);
  if (compiled) {
    ADD_FAILURE() << text << " was accepted";
    return {};
  }
  return compiled.error();
}

TEST(NameTemplate, ExpandsTheDefault) {
  EXPECT_EQ(expand("{feed}/{published:%Y-%m-%d} {title}.{ext}"), "The Show/2025-12-31 Hello- World-Part 1.mp3");
}

TEST(NameTemplate, ExpandsEveryField) {
  EXPECT_EQ(expand("{show} {ep} {season:02}x{episode:03} {id:5} {ep_type} {duration} {duration:3} {original}"),
            "Show S01E05 01x005 00042 full 1h02m 062 file_1.mp3");
  EXPECT_EQ(expand("{guid}"), "http---x-1_a=b.mp3");
  EXPECT_EQ(expand("{author}{quality}{title}"), "Hello- World-Part 1.mp3");
  EXPECT_EQ(expand("{added} {id}"), "2026-01-02 42.mp3");
}

TEST(NameTemplate, ShowsTimesInTheCallersZone) {
  auto fields = example();
  fields.utc_offset = std::chrono::hours(1);
  EXPECT_EQ(expand("{published:%Y/%m/%d %H.%M.%S} {id}", fields), "2026/01/01 00.50.00 42.mp3");
  EXPECT_EQ(expand("{published:%y %j %B %b %A %a %V %%}", fields), "26 001 January Jan Thursday Thu 01 %.mp3");
  fields.utc_offset = -std::chrono::hours(24);
  EXPECT_EQ(expand("{published:%V %a}", fields), "01 Tue.mp3");
}

TEST(NameTemplate, NumbersKeepDecimalsOnlyWhereThereAreSome) {
  auto fields = example();
  fields.episode = 7.5;
  EXPECT_EQ(expand("{episode:02}", fields), "07.5.mp3");
  fields.episode = 1e300;
  EXPECT_EQ(expand("a{episode}", fields), "a.mp3");
}

TEST(NameTemplate, MissingValuesLeaveNoHoles) {
  NameFields bare;
  bare.id = 7;
  EXPECT_EQ(expand("{feed}/{published:%Y} {title}.{ext}", bare), "undated untitled");
  EXPECT_EQ(expand("{feed}/{guid}.{ext}", bare), "episode 7");
  bare.ext = "mp3";
  EXPECT_EQ(expand("{feed}/{guid}.{ext}", bare), "episode 7.mp3");
  EXPECT_EQ(expand("{feed}/{guid}", bare), "episode 7.mp3");
  EXPECT_EQ(expand("{show}/x/{season}/{title}.{ext}", bare), "x/untitled.mp3");
}

TEST(NameTemplate, AFolderOfATorrentHasNoExtension) {
  auto fields = example();
  fields.ext = "";
  fields.title = "Season 1";
  EXPECT_EQ(expand("{feed}/{title}.{ext}", fields), "The Show/Season 1");
}

TEST(NameTemplate, ValuesCannotLeaveTheLibrary) {
  auto fields = example();
  fields.feed = "../../..";
  fields.title = "/etc/passwd";
  EXPECT_EQ(expand("{feed}/{title}.{ext}", fields), "-..-/-etc-passwd.mp3");
  fields.feed = "..";
  EXPECT_EQ(expand("{feed}/{title}.{ext}", fields), "-etc-passwd.mp3");
  fields.ext = "x/../../y";
  const std::filesystem::path path = expand("{feed}/{title}", fields);
  EXPECT_EQ(path, "-etc-passwd.x-..-..-y");
  EXPECT_FALSE(path.has_parent_path());
}

TEST(NameTemplate, LongTitlesKeepTheirExtension) {
  auto fields = example();
  fields.title = std::string(255, 'x');
  const auto path = std::filesystem::path(expand("{feed}/{title}.{ext}", fields));
  EXPECT_EQ(path.filename().string().size(), 200u);
  EXPECT_EQ(path.extension(), ".mp3");
  fields.title = std::string(100'000, 'x');
  EXPECT_EQ(std::filesystem::path(expand("{title}.{ext}", fields)).extension(), ".mp3");
}

TEST(NameTemplate, DoubledBracesAreBraces) {
  EXPECT_EQ(expand("{{{id}}}"), "{42}.mp3");
}

TEST(NameTemplate, TakesARulesCaptures) {
  const std::vector<std::string> names = {"part"};
  auto fields = example();
  fields.extra["part"] = "one/two";
  EXPECT_EQ(NameTemplate::compile("{part}", names)->expand(fields), "one-two.mp3");
  EXPECT_FALSE(NameTemplate::compile("{part}"));
}

TEST(NameTemplate, PointsAtAnUnknownField) {
  const auto found = problem("{feed}/{titel}.{ext}");
  EXPECT_EQ(found.column, 9u);
  EXPECT_THAT(found.message, HasSubstr("titel"));
  EXPECT_THAT(found.hint, HasSubstr("title"));
}

TEST(NameTemplate, RefusesWhatCannotBeMeant) {
  EXPECT_EQ(problem("").column, 1u);
  EXPECT_EQ(problem("{feed").column, 1u);
  EXPECT_EQ(problem("a}b{id}").column, 2u);
  EXPECT_EQ(problem("{}").column, 2u);
  EXPECT_EQ(problem("{title:%Y}").column, 8u);
  EXPECT_EQ(problem("{id} {published:%Y-%Q}").column, 20u);
  EXPECT_EQ(problem("{published:}").column, 12u);
  EXPECT_EQ(problem("{published:%}").column, 12u);
  EXPECT_EQ(problem("{episode:x}").column, 10u);
  EXPECT_EQ(problem("{episode:123}").column, 10u);
  EXPECT_THAT(problem("/abs/{title}").message, HasSubstr("absolute"));
  EXPECT_EQ(problem("a/../{title}").column, 3u);
  EXPECT_THAT(problem("{feed}/file.{ext}").message, HasSubstr("same name"));
  EXPECT_THAT(problem("{title}/").message, HasSubstr("same name"));
  EXPECT_THAT(problem("{title}" + std::string(5000, 'x')).message, HasSubstr("too long"));
  EXPECT_THAT(problem("\xff{title}").message, HasSubstr("UTF-8"));
}

TEST(NameTemplate, SurvivesEveryTruncation) {
  const std::string text = "{{x}}/{feed}/{published:%Y-%m-%d} {episode:02} {title}.{ext}";
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const auto compiled = NameTemplate::compile(std::string_view(text).substr(0, n));
    if (compiled) {
      EXPECT_FALSE(compiled->expand(example()).empty());
    } else {
      EXPECT_LE(compiled.error().column, n + 1);
    }
  }
}

TEST(NameTemplate, NamesItsFields) {
  EXPECT_THAT(template_fields(), testing::Contains("published"));
}

}  // namespace
}  // namespace podswarm::library

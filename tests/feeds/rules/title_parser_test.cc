#include "feeds/rules/title_parser.h"

#include <gtest/gtest.h>

namespace podswarm::rules {
namespace {

struct Case {
  const char* title;
  const char* show;
  const char* numbering;
};

TEST(TitleParser, reads_show_and_numbering) {
  const Case cases[] = {
      {"Show S01E05", "Show", "S01E05"},
      {"Show S12E05", "Show", "S12E05"},
      {"Show S01E005", "Show", "S01E05"},
      {"Show S1E5", "Show", "S01E05"},
      {"Some.Show.S02E11.720p.WEB-GRP", "Some Show", "S02E11"},
      {"some_show_s02e11", "some show", "S02E11"},
      {"Show S01E02-E03", "Show", "S01E02-E03"},
      {"Show S01E02E03", "Show", "S01E02-E03"},
      {"Show S01E02-03", "Show", "S01E02-E03"},
      {"Show S01E02-720p", "Show", "S01E02"},
      {"Show S01E02 - 100 Ways", "Show", "S01E02"},
      {"Show S01 E02", "Show", "S01E02"},
      {"Show, Season 2, Episode 7: Title", "Show", "S02E07"},
      {"Show 1x05", "Show", "S01E05"},
      {"Show 1x05-07", "Show", "S01E05-E07"},
      {"Show 1x05-1x07", "Show", "S01E05-E07"},
      {"Show 1920x1080", "", ""},
      {"4x4 review", "", ""},
      {"Show 2017-1-2", "Show", "2017-01-02"},
      {"Show.2017.01.02.Guest.720p", "Show", "2017-01-02"},
      {"Show 02.01.2017", "Show", "2017-01-02"},
      {"Show 12/31/2017", "Show", "2017-12-31"},
      {"Show 20170102", "Show", "2017-01-02"},
      {"Show 2017-13-45", "", ""},
      {"Show S04 1080p", "Show", "S04 (season)"},
      {"Show.S04.COMPLETE.WEB", "Show", "S04 (season)"},
      {"Show Season 4", "Show", "S04 (season)"},
      {"Show S04 AMZN WEB-DL 1080p", "Show", "S04 (season)"},
      {"Show.S04.German.1080p.WEB", "Show", "S04 (season)"},
      {"Show S04 DUAL 1080p", "Show", "S04 (season)"},
      {"Show S04 NF 1080p-GRP", "Show", "S04 (season)"},
      {"Show S01-S03 NF 1080p-GRP", "Show", "S01 (season)"},
      {"Show.S04.German.DL.WEBRip.x264-GRP", "Show", "S04 (season)"},
      {"Show (Season 4) 1080p", "Show", "S04 (season)"},
      {"Show (Season 4) Complete", "Show", "S04 (season)"},
      {"Show Complete Series", "Show", "(all seasons)"},
      {"Show.The.Complete.Series.German.1080p.BluRay", "Show", "(all seasons)"},
      {"Show (Complete Series) [1080p]", "Show", "(all seasons)"},
      {"Show S2 - 05 (1080p)", "Show S2", "05"},
      {"Show S02 - 05 (1080p)", "Show S02", "05"},
      {"Galaxy S24 review", "", ""},
      {"Galaxy S24: filming in 4K", "", ""},
      {"S3 and the web", "", ""},
      {"AWS S3 explained (1080p)", "", ""},
      {"Season 4 is coming", "", ""},
      {"Season 4 is coming to the web", "", ""},
      {"A look back (Season 4)", "", ""},
      {"A complete series of mistakes", "", ""},
      {"12: The complete series", "", "12"},
      {"Season 4 is here!", "", ""},
      {"Anime 19", "Anime", "19"},
      {"Anime 19v2", "Anime", "19"},
      {"[Group] Anime Name - 19v2 [1080p].mkv", "Anime Name", "19"},
      {"[Group] Anime - 12.5 (720p)", "Anime", "12.5"},
      {"[Group] Anime - 01-12 [Batch]", "Anime", "01-12"},
      {"Podcast - Episode 12", "Podcast", "12"},
      {"Ep. 12: The one", "", "12"},
      {"#12 The one", "", "12"},
      {"The one (Ep 12)", "The one", "12"},
      {"E12 The one", "", "12"},
      {"012: The one", "", "12"},
      {"12 - The one", "", "12"},
      {"2001: A Space Odyssey", "", ""},
      {"Blade Runner 2049", "", ""},
      {"What comes next", "", ""},
      {"", "", ""},
      {"S01E03 REPACK", "", "S01E03"},
      {"Передача S01E02", "Передача", "S01E02"},
      {"Classes 5 and 6", "Classes 5 and", "06"},
  };
  for (const Case& one : cases) {
    const TitleInfo info = parse_title(one.title);
    EXPECT_EQ(info.show, one.show) << one.title;
    EXPECT_EQ(to_string(info.numbering), one.numbering) << one.title;
  }
}

TEST(TitleParser, reads_quality) {
  EXPECT_EQ(parse_title("Show S01E01 1080p").quality, 1080);
  EXPECT_EQ(parse_title("Show.S01E01.720p.WEB").quality, 720);
  EXPECT_EQ(parse_title("Show S01E01 576i").quality, 576);
  EXPECT_EQ(parse_title("Show S01E01 UHD").quality, 2160);
  EXPECT_EQ(parse_title("[G] Show - 01 [1280x720]").quality, 720);
  EXPECT_EQ(parse_title("Show S01E01").quality, std::nullopt);
  EXPECT_EQ(parse_title("Show 1080 ways").quality, std::nullopt);
}

TEST(TitleParser, reads_the_group_at_either_end) {
  EXPECT_EQ(parse_title("[Sub] Anime - 19 [1080p]").group, "Sub");
  EXPECT_EQ(parse_title("Show.S01E01.1080p.WEB-GRP").group, "GRP");
  EXPECT_EQ(parse_title("Show.S01E01.1080p.WEB-GRP[site].mkv").group, "GRP");
  EXPECT_EQ(parse_title("Show S01E01 1080p WEB-DL-GRP").group, "GRP");
  EXPECT_EQ(parse_title("A talk about well-being").group, "");
  EXPECT_EQ(parse_title("Show 2017-01-02").group, "");
}

TEST(TitleParser, where_it_was_recorded_from_is_no_group) {
  for (const char* title :
       {"X S01E01 1080p WEB-DL", "X S01E01 1080p Blu-Ray", "X S01E01 WEB-Rip.mkv", "X S01E01 BD-RIP", "X S01E01 HD-TV",
        "X S01E01 WEB-1080p", "[1080p] X S01E01", "X S01E01 1080p DTS-HD"}) {
    EXPECT_EQ(parse_title(title).group, "") << title;
  }
}

TEST(TitleParser, reads_revisions_after_the_numbering_only) {
  EXPECT_EQ(parse_title("Show S01E01").revision, 1);
  EXPECT_EQ(parse_title("Show S01E01 REPACK").revision, 2);
  EXPECT_EQ(parse_title("Show S01E01 REPACK2").revision, 3);
  EXPECT_EQ(parse_title("Show.S01E01.PROPER.720p").revision, 2);
  EXPECT_EQ(parse_title("Show S01E01 a proper dinner").revision, 1);
  EXPECT_EQ(parse_title("PROPER S01E01").revision, 1);
  EXPECT_EQ(parse_title("Anime - 19v2").revision, 2);
  EXPECT_EQ(parse_title("Anime S01E19v3").revision, 3);
}

TEST(TitleParser, long_and_broken_titles_are_read_as_far_as_they_go) {
  EXPECT_EQ(parse_title(std::string(5000, 'x') + " S01E01").numbering.kind, Numbering::Kind::kNone);
  EXPECT_EQ(to_string(parse_title("\xff\xfe S01E01 \xc3").numbering), "S01E01");
  const std::string whole = "[Group] Some Show - S01E02-E03v2 [1080p] REPACK-GRP.mkv";
  for (std::size_t n = 0; n < whole.size(); ++n) (void)parse_title(whole.substr(0, n));
}

TEST(Numbering, a_range_beyond_all_reason_is_a_season) {
  EXPECT_EQ(parse_title("Show S01E01-E999").numbering.kind, Numbering::Kind::kSeasonPack);
}

TEST(Numbering, keys_do_not_depend_on_how_the_show_is_written) {
  const auto keys = [](const char* title) {
    const TitleInfo info = parse_title(title);
    return episode_keys(info.show, info.numbering);
  };
  EXPECT_EQ(keys("Tom & Jerry S01E02"), keys("tom.and.jerry.s01e02.720p"));
  EXPECT_EQ(keys("X 2017-1-2"), keys("X 2017.01.02"));
  EXPECT_NE(keys("A S01E02"), keys("B S01E02"));
  EXPECT_NE(keys("A S01E02"), keys("A S01E12"));
  EXPECT_EQ(keys("X S01E02-E04").size(), 3u);
  EXPECT_TRUE(keys("X S04 1080p").empty());
}

}  // namespace
}  // namespace podswarm::rules

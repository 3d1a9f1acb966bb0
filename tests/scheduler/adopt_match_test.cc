// Which episodes files are: a table of names, and properties over generated feeds and folders.

#include "scheduler/adopt_match.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "base/units.h"
#include "scheduler/adopt_clues.h"

namespace podswarm::scheduler {
namespace {

using std::chrono::sys_days;
using Kind = FileMatch::Kind;

sys_days day(const std::string& date) {
  return std::chrono::floor<std::chrono::days>(*base::parse_rfc3339(date));
}

KnownItem item(std::int64_t id, const std::string& title, const std::string& date = "", std::int64_t feed = 1) {
  KnownItem out;
  out.id = id;
  out.feed_id = feed;
  out.feed_names = {feed == 1 ? "Night Waves" : "Morning Post"};
  out.title = title;
  out.guid = "guid-" + std::to_string(id);
  if (!date.empty()) out.days = {day(date)};
  return out;
}

FoundFile file(const std::string& path) {
  FoundFile out;
  out.path = path;
  out.size = 12'345'678;
  return out;
}

// The episode's number, "?" with candidates where it is ambiguous, "-" where it is none.
std::string verdict(const FileMatch& match) {
  if (match.kind == Kind::kMatched) return std::to_string(match.episode_id);
  if (match.kind == Kind::kUnknown) return "-";
  std::string out = "?";
  for (const auto id : match.candidates) out += " " + std::to_string(id);
  return out;
}

std::string match(const FoundFile& one, const std::vector<KnownItem>& items) {
  return verdict(match_files(std::vector{one}, items).front());
}

std::vector<KnownItem> known() {
  std::vector<KnownItem> items{
      item(1, "Tides", "2026-11-01"),
      item(2, "Tides, part 2", "2026-11-02"),
      item(3, "The long interview with the lighthouse keeper of Ushant about storms", "2026-11-03"),
      item(4, "News", "2026-11-04"),
      item(5, "News", "2026-11-05"),
      item(6, "S02E05: Caf\u00e9 & Bar", "2026-11-06"),
      item(7, "Tides", "2026-11-07", 2),
      item(8, "AC/DC: \"Live\"?", "2026-11-08", 2),
      item(9, "Nothing about numbers", "2026-11-09", 2),
  };
  items[8].season = 3;
  items[8].episode = 7;
  items[3].file_names = items[4].file_names = {"media.mp3"};  // a feed that calls each of them so
  items[8].file_names = {"a83hf72.mp3"};
  items[2].size = 55'555'555;
  items[2].duration = std::chrono::minutes(62);
  return items;
}

struct Case {
  const char* path;
  const char* wanted;
};

TEST(AdoptMatch, UnderstandsNames) {
  const std::vector<Case> table{
        // Titles, with and without what programs put around them.
        Case{"Night Waves/Tides.mp3", "1"}, Case{"Morning Post/Tides.mp3", "7"}, Case{"Tides.mp3", "? 1 7"},
        Case{"Night Waves/Tides, part 2.mp3", "2"}, Case{"tides_part_2.MP3", "2"},
        Case{"Night Waves/2026-11-01 Tides.mp3", "1"}, Case{"2026-11-07 - Tides.mp3", "7"},
        Case{"Night Waves - Tides, part 2.mp3", "2"}, Case{"Night Waves/Tides (1a2b3c4d).mp3", "1"},
        Case{"x/The long interview with the lighthouse keeper of Ushant about storms.m4a", "3"},
        Case{"x/The long interview with the lighthouse keeper of Ush.mp3", "3"},
        Case{"x/The long interview with the lighthouse keeper of Ushant about storms [remastered edition].mp3", "3"},
        // Letter case, accents, characters that file systems refuse.
        Case{"Night Waves/S02E05- CAFE\u0301 & BAR.mp3", "6"}, Case{"Morning Post/AC-DC- 'Live'_.mp3", "8"},
        // Dates.
        Case{"Night Waves/2026-11-04 News.mp3", "4"}, Case{"Night Waves/20261105 News.mp3", "5"},
        Case{"Night Waves/04.11.2026 News.mp3", "4"}, Case{"Night Waves/News.mp3", "? 4 5"},
        Case{"Night Waves/2026-11-03.mp3", "3"}, Case{"2026-11-03.mp3", "-"},
        Case{"Night Waves/2026-11-03 Something else entirely.mp3", "-"},
        Case{"Night Waves/2019-01-01 News.mp3", "? 4 5"},
        // Numbers.
        Case{"Night Waves/S02E05.mp3", "6"}, Case{"Night Waves/S02E06.mp3", "-"},
        Case{"Morning Post/Morning Post S03E07.mp3", "9"}, Case{"Night Waves/S04E01 Tides.mp3", "1"},
        // The enclosure's own name, where it tells one from the other.
        Case{"x/a83hf72.mp3", "9"}, Case{"Night Waves/media.mp3", "-"},
        // Nothing of ours.
        Case{"Night Waves/Something else.mp3", "-"}, Case{"holiday.mp4", "-"}, Case{"Night Waves/.mp3", "-"},
        Case{"News/holiday.mp4", "-"}, Case{"Tides/2003-03-03 holiday on the coast.mp4", "-"}};
  for (const auto& [path, wanted] : table) EXPECT_EQ(match(file(path), known()), wanted) << path;
}

TEST(AdoptMatch, TagsTell) {
  FoundFile one = file("x/track01.mp3");
  one.guid = "guid-5";
  EXPECT_EQ(match(one, known()), "5");
  one.guid.clear();
  one.title = "Tides";
  one.album = "Morning Post";
  EXPECT_EQ(match(one, known()), "7");
  one.album.clear();
  EXPECT_EQ(match(one, known()), "? 1 7");
  one.date = "2026-11-07";
  EXPECT_EQ(match(one, known()), "7");
}

TEST(AdoptMatch, AStrangerWithTheTitleOfAnEpisodeIsNoEpisode) {
  const auto items = [] {
    auto out = known();
    out.push_back(item(10, "Home", "2026-11-10"));
    out.push_back(item(11, "Trailer", "2026-11-11"));
    out.push_back(item(12, "Behind the harbour lights", "2026-11-12"));
    out.back().duration = std::chrono::minutes(40);
    out[10].file_names = {"trailer.mp3"};
    return out;
  }();
  const auto song = [](const std::string& path, const std::string& title, const std::string& album) {
    FoundFile out = file(path);
    out.title = title;
    out.album = album;
    out.duration = std::chrono::seconds(222);
    return out;
  };
  EXPECT_EQ(match(file("Some Band/Album/Home.mp3"), items), "? 10");
  EXPECT_EQ(match(file("Some Band/Album/03 - Trailer.mp3"), items), "? 11");
  EXPECT_EQ(match(file("Some Band/Album/trailer.mp3"), items), "? 11") << "the enclosure's name says no more than the title";
  EXPECT_EQ(match(file("Some Band/Album/Behind the harbour lights.mp3"), items), "? 12");
  EXPECT_EQ(match(song("Some Band/Album/Home.mp3", "Home", "Album"), items), "-");
  EXPECT_EQ(match(song("Some Band/Behind the harbour lights.mp3", "Behind the harbour lights", "Album"), items), "-");
  // A second clue.
  EXPECT_EQ(match(file("Night Waves/Home.mp3"), items), "10");
  EXPECT_EQ(match(file("x/Night Waves - Home.mp3"), items), "10");
  EXPECT_EQ(match(file("x/2026-11-10 Home.mp3"), items), "10");
  EXPECT_EQ(match(song("x/Home.mp3", "Home", "Night Waves"), items), "10");
  FoundFile one = file("x/Behind the harbour lights.mp3");
  one.duration = std::chrono::minutes(40);
  EXPECT_EQ(match(one, items), "12");
  // A person's word is one too.
  EXPECT_EQ(verdict(match_files(std::vector{file("x/Home.mp3")}, items, true).front()), "10");
}

TEST(AdoptMatch, SizeAndDurationTellTogetherButNotOneAlone) {
  FoundFile one = file("download-1.mp3");
  one.size = 55'555'555;
  EXPECT_EQ(match(one, known()), "-");
  one.duration = std::chrono::seconds(62 * 60 + 1);
  EXPECT_EQ(match(one, known()), "3");
  one.size = 1;
  EXPECT_EQ(match(one, known()), "-");
}

TEST(AdoptMatch, ASizeThatManyClaimTellsNothing) {
  auto items = known();
  for (auto& one : items) {
    one.size = 55'555'555;
    one.duration = std::chrono::minutes(62);
  }
  FoundFile one = file("download-1.mp3");
  one.size = 55'555'555;
  one.duration = std::chrono::minutes(62);
  EXPECT_EQ(match(one, items), "-");
}

TEST(AdoptMatch, TwoFilesOfOneEpisodeAreForAPerson) {
  const std::vector files{file("Night Waves/Tides.mp3"), file("Night Waves/Tides.m4a"), file("Night Waves/2026-11-04 News.mp3")};
  const auto matches = match_files(files, known());
  EXPECT_EQ(verdict(matches[0]), "? 1");
  EXPECT_EQ(verdict(matches[1]), "? 1");
  EXPECT_EQ(verdict(matches[2]), "4");
}

TEST(AdoptMatch, SaysWhy) {
  const auto matches = match_files(std::vector{file("Night Waves/2026-11-01 Tides.mp3")}, known());
  EXPECT_EQ(matches[0].reason, "the title, the date, the show");
}

TEST(AdoptMatch, NothingFromNothing) {
  EXPECT_TRUE(match_files({}, known()).empty());
  EXPECT_EQ(match(file("a.mp3"), {}), "-");
}

TEST(AdoptClues, FindDatesInAllTheirForms) {
  EXPECT_EQ(date_among(words_of("2026-11-20 x"))->day, day("2026-11-20"));
  EXPECT_EQ(date_among(words_of("x 20261120"))->day, day("2026-11-20"));
  EXPECT_EQ(date_among(words_of("x_20.11.2026"))->day, day("2026-11-20"));
  EXPECT_FALSE(date_among(words_of("20261320")));
  EXPECT_FALSE(date_among(words_of("1080 11 20")));
  EXPECT_FALSE(date_among(words_of("episode 12 13 14")));
  EXPECT_FALSE(date_among(words_of("99999999999999999999")));
}

// ---- properties ----

struct World {
  std::vector<KnownItem> items;
  std::vector<FoundFile> files;
  std::vector<std::int64_t> truth;  // of each file; 0 is a stranger
};

std::string some_words(std::mt19937& random, const std::vector<std::string>& vocabulary, std::size_t most) {
  std::string out;
  const std::size_t count = 1 + random() % most;
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "" : " ") + vocabulary[random() % vocabulary.size()];
  return out;
}

std::string date_text(sys_days date) {
  return base::format_rfc3339(date).substr(0, 10);
}

// Few words, so that titles contain each other, and the same title comes up again.
World random_world(unsigned seed) {
  static const std::vector<std::string> kWords{"tides", "storm", "night", "harbour", "light", "keeper", "part", "two",
                                               "interview", "news", "the", "of", "and", "special", "Caf\u00e9"};
  static const std::vector<std::string> kStrange{"zebra", "quokka", "xylophone", "yak", "quince", "vortex"};
  static const std::vector<std::string> kFeeds{"Night Waves", "Morning Post", "The Lighthouse"};
  std::mt19937 random(seed);
  World world;
  for (std::size_t feed = 0; feed < kFeeds.size(); ++feed) {
    sys_days date = day("2026-01-01");
    for (int i = 0; i < 15; ++i) {
      KnownItem one;
      one.id = static_cast<std::int64_t>(world.items.size()) + 1;
      one.feed_id = static_cast<std::int64_t>(feed) + 1;
      one.feed_names = {kFeeds[feed]};
      one.title = some_words(random, kWords, 4);
      one.guid = "g" + std::to_string(one.id);
      date += std::chrono::days(1 + random() % 9);
      one.days = {date};
      one.size = random() % 3 == 0 ? 1'000'000 : 1'000'000 + random() % 50'000'000;
      one.duration = std::chrono::seconds(600 + random() % 6000);
      if (feed == 1) one.season = 1, one.episode = i + 1;
      one.file_names = {random() % 2 == 0 ? "audio.mp3" : fmt::format("{:08x}.mp3", random())};
      world.items.push_back(one);
    }
  }
  for (const auto& one : world.items) {
    if (random() % 3 == 0) continue;
    const std::string& show = one.feed_names.front();
    const std::string date = date_text(one.days.front());
    FoundFile out;
    switch (random() % 7) {
      case 0: out.path = show + "/" + date + " " + one.title + ".mp3"; break;
      case 1: out.path = show + "/" + one.title + ".mp3"; break;
      case 2: out.path = show + " - " + one.title + ".mp3"; break;
      case 3: out.path = show + "/" + date + ".mp3"; break;
      case 4: out.path = "downloads/" + one.file_names.front(); break;
      case 5:
        out.path = fmt::format("music/track{:02}.mp3", random() % 100);
        out.title = one.title;
        out.album = show;
        out.date = date;
        break;
      default:
        out.path = one.season ? fmt::format("{}/{} S01E{:02}.mp3", show, show, static_cast<int>(*one.episode))
                              : date + " " + one.title + ".mp3";
    }
    out.size = random() % 2 == 0 ? *one.size : 3'000'000 + random() % 50'000'000;
    if (random() % 2 == 0) out.duration = *one.duration + std::chrono::seconds(random() % 2);
    // Two that would have one name are one file.
    const bool there = std::any_of(world.files.begin(), world.files.end(), [&](const auto& other) { return other.path == out.path; });
    if (there) continue;
    world.files.push_back(out);
    world.truth.push_back(one.id);
  }
  for (int i = 0; i < 10; ++i) {
    FoundFile out;
    out.path = (random() % 2 == 0 ? kFeeds[random() % kFeeds.size()] + "/" : std::string()) +
               some_words(random, kStrange, 4) + fmt::format(" {}.mp3", i);
    out.size = 60'000'000 + random() % 1000;
    world.files.push_back(out);
    world.truth.push_back(0);
  }
  // Songs that have the titles of episodes, or words like theirs, with or without tags.
  for (int i = 0; i < 10; ++i) {
    const std::string title =
        random() % 2 == 0 ? world.items[random() % world.items.size()].title : some_words(random, kWords, 4);
    FoundFile out;
    out.path = fmt::format("Some Band/Album {}/{}{}.mp3", i, random() % 2 == 0 ? "03 - " : "", title);
    out.size = 61'000'000 + random() % 1000;
    if (random() % 2 == 0) {
      out.title = title;
      out.album = fmt::format("Album {}", i);
      out.duration = std::chrono::seconds(120 + random() % 300);
    }
    world.files.push_back(out);
    world.truth.push_back(0);
  }
  return world;
}

TEST(AdoptProperties, NothingIsEverTakenForAnotherEpisodeAndMostAreFound) {
  std::size_t matched = 0;
  std::size_t files = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    const World world = random_world(seed);
    const auto matches = match_files(world.files, world.items);
    ASSERT_EQ(matches.size(), world.files.size());
    std::set<std::int64_t> taken;
    for (std::size_t i = 0; i < matches.size(); ++i) {
      files += world.truth[i] != 0;
      if (matches[i].kind != Kind::kMatched) continue;
      ++matched;
      EXPECT_EQ(matches[i].episode_id, world.truth[i])
          << "seed " << seed << ": " << world.files[i].path << " (" << matches[i].reason << ")";
      EXPECT_TRUE(taken.insert(matches[i].episode_id).second) << "two files for one episode; seed " << seed;
    }
  }
  EXPECT_GT(matched * 10, files * 6) << matched << " of " << files;
}

TEST(AdoptProperties, OrderDoesNotMatter) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    World world = random_world(seed);
    std::map<std::string, std::string> before;
    const auto matches = match_files(world.files, world.items);
    for (std::size_t i = 0; i < matches.size(); ++i) before[world.files[i].path.string()] = verdict(matches[i]);
    std::mt19937 random(seed);
    std::shuffle(world.files.begin(), world.files.end(), random);
    std::shuffle(world.items.begin(), world.items.end(), random);
    const auto again = match_files(world.files, world.items);
    for (std::size_t i = 0; i < again.size(); ++i) {
      EXPECT_EQ(verdict(again[i]), before[world.files[i].path.string()]) << world.files[i].path;
    }
  }
}

}  // namespace
}  // namespace podswarm::scheduler

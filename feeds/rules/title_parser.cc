#include "feeds/rules/title_parser.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include "base/text.h"

namespace podswarm::rules {

namespace {

using re2::RE2;
using re2::StringPiece;

constexpr std::size_t kMaxTitleBytes = 1024;

// Edges of a word: neither letters nor digits, so that an underscore is an edge too.
#define EDGE_BEFORE R"((?:^|[^\pL\pN]))"
#define EDGE_AFTER R"((?:$|[^\pL\pN]))"
// What may follow the number of a season for the title to mean the season itself.
#define RELEASE_TAG \
  R"((?:[\[(]|complete|pack|\d{3,4}[pi]|4k|uhd|web|blu-?ray|bd|hdtv|dvd|[xh]\.?26[45]|proper|repack|multi|v\d))"

// What only releases are tagged with, so that it may stand anywhere behind the number of a season.
#define SOURCE_TAG \
  R"((?:(?:2160|1440|1080|720|576|540|480)[pi]|web[-. ]?dl|web-?rip|bluray|b[dr]-?rip|dvd-?rip|hdtv|[xh]\.?26[45]))"
#define TAGGED_LATER R"([^\pL\pN](?:.*[^\pL\pN])?)" SOURCE_TAG EDGE_AFTER

struct Patterns {
  // S01E05, S1.E5, Season 1, Episode 5
  RE2 season_episode{"(?i)" EDGE_BEFORE R"(((?:s|season[ ._]*)(\d{1,4})[ ._,-]*e(?:p|pisode)?[ ._#]*(\d{1,5})))",
                     quiet()};
  RE2 next_episode{R"((?i)^([ ._]*[-–~&+]?[ ._]*ep?[ ._]?(\d{1,5})))", quiet()};  // E02E03, E02-E03, E02 & E03
  RE2 short_range{R"(^(-(\d{1,3}))(?:$|[^\pL\pN]))", quiet()};                    // E02-03
  // 1x05, 1x05-07, 1x05-1x07; two digits at least, lest a 4x4 be an episode
  RE2 cross{EDGE_BEFORE R"(((\d{1,2})[xX](\d{2,4})(?:-(?:\d{1,2}[xX])?(\d{2,4}))?(?:[vV](\d))?))" EDGE_AFTER, quiet()};
  // Episode 12, Ep. 12, E12, #12, Episodes 1-3
  RE2 word{"(?i)" EDGE_BEFORE R"(((?:(?:episodes?|episodio|episódio|épisode|folge|ep)[ ._]*#?|e|#[ ]?|n[or]\.[ ]?))"
           R"((\d{1,5}(?:\.\d{1,2})?)(?:v(\d{1,2}))?(?:-(\d{1,5}))?))" EDGE_AFTER,
           quiet()};
  RE2 year_first{EDGE_BEFORE R"((((?:19|20)\d{2})[-._/ ](\d{1,2})[-._/ ](\d{1,2})))" EDGE_AFTER, quiet()};
  RE2 day_first{EDGE_BEFORE R"(((\d{1,2})[-./](\d{1,2})[-./]((?:19|20)\d{2})))" EDGE_AFTER, quiet()};
  RE2 compact_date{EDGE_BEFORE R"((((?:19|20)\d{2})(\d{2})(\d{2})))" EDGE_AFTER, quiet()};
  // S04, S01-S03, Season 4: only at the end or before what a release is tagged with
  RE2 season{"(?i)" EDGE_BEFORE R"(((?:s|season[ ._]*)(\d{1,4})(?:-(\d{1,4})|[ ._]?-[ ._]?s(\d{1,4}))?))"
             R"((?:[ ._,-]*(?:$|)" RELEASE_TAG R"()|[)\]][ ._,-]*(?:complete|pack)\b))",
             quiet()};
  // S04 German 1080p: two digits, as releases have them, since AWS S3 is no season
  RE2 season_tagged{"(?i)" EDGE_BEFORE
                    R"(((?:s(\d{2})|season[ ._]*(\d{1,4}))(?:[ ._]?-[ ._]?s(\d{1,4})|-(\d{1,4}))?))" TAGGED_LATER,
                    quiet()};
  RE2 number_follows{R"(^[ ._]+[-–][ ._]+\d{1,4}(?:[^\pL\pN]|$))", quiet()};  // S2 - 05: an episode
  // Show: The Complete Series
  RE2 series{"(?i)" EDGE_BEFORE R"(((?:the[ ._]+)?complete[ ._]+series)(?:[ ._,)\]-]*$|[ ._,-]*[\[(]|)" TAGGED_LATER
             ")",
             quiet()};
  // 12: Title, 012 - Title
  RE2 leading{R"(^((\d{1,4}))(?:[:.|)]|[ ]*[-–—|])[ ])", quiet()};
  // [Group] Show - 19v2 [1080p], Show 19, Show - 01-12 (batch)
  RE2 trailing{R"((?i)^.*?\pL.*?[ _](?:[-–][ _]+)?((\d{1,4}(?:\.\d)?)(?:[-~](\d{1,4}))?(?:v(\d{1,2}))?))"
               R"((?:$|\.(?:mkv|mp4|avi|torrent)$|[ _]+(?:[-–] |)" RELEASE_TAG "))",
               quiet()};
  RE2 quality{"(?i)" EDGE_BEFORE R"((2160|1440|1080|720|576|540|480|360|240)[pi])" EDGE_AFTER, quiet()};
  RE2 quality_name{"(?i)" EDGE_BEFORE R"((4k|uhd|3840x2160|1920x1080|1280x720))" EDGE_AFTER, quiet()};
  RE2 leading_group{R"(^[ ]*\[([^\]\[]{1,40})\])", quiet()};
  RE2 trailing_group{R"([^ -]-([A-Za-z0-9]{2,20})(?:\[[^\]]*\])?(?:\.(?:mkv|mp4|avi|torrent))?$)", quiet()};
  RE2 no_group{R"((?i)dl|ray|rip|hd|tv|\d+[pi]?|4k|uhd|(?:1920|1280|3840)x\d+)", quiet()};
  RE2 repack{"(?i)" EDGE_BEFORE R"((?:repack|rerip)(\d?))" EDGE_AFTER, quiet()};
  RE2 proper{EDGE_BEFORE
             "PROPER"
             R"((\d?))" EDGE_AFTER,
             quiet()};  // in capitals: "proper" is a word as well

  static RE2::Options quiet() {
    RE2::Options options;
    options.set_log_errors(false);
    return options;
  }
};

const Patterns& patterns() {
  static const Patterns kPatterns;
  assert(kPatterns.season_episode.ok() && kPatterns.trailing.ok() && kPatterns.season.ok() &&
         kPatterns.season_tagged.ok() && kPatterns.series.ok() && kPatterns.word.ok());
  return kPatterns;
}

// What stands where a group does and is none: the second half of WEB-DL or Blu-Ray, a quality.
bool is_group(StringPiece word) {
  return !RE2::FullMatch(word, patterns().no_group);
}

double number(StringPiece digits) {
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
  return value;
}
int integer(StringPiece digits) {
  return static_cast<int>(number(digits));
}

// A title under examination. `begin` and `end` bound the numbering once it is found.
class TitleReader {
 public:
  explicit TitleReader(std::string_view title) : title_(title), begin_(title.size()), end_(0) {}

  TitleInfo read() {
    const bool numbered = find_season_episode() || find_cross() || find_word() || find_date() || find_season() ||
                          find_leading() || find_trailing() || find_series();
    if (numbered) {
      info_.show = show_name(title_.substr(0, begin_));
      if (info_.numbering.last - info_.numbering.first > kMaxSpanEpisodes) {
        info_.numbering.kind = Numbering::Kind::kSeasonPack;
      }
    }
    find_quality();
    find_group(numbered);
    find_revision();
    return std::move(info_);
  }

 private:
  template <std::size_t N>
  bool match(const RE2& re, std::array<StringPiece, N>& groups) const {
    return re.Match(StringPiece(title_.data(), title_.size()), 0, title_.size(), RE2::UNANCHORED, groups.data(),
                    static_cast<int>(N));
  }

  void found(StringPiece whole) {
    begin_ = static_cast<std::size_t>(whole.data() - title_.data());
    end_ = begin_ + whole.size();
  }

  void number_as(Numbering::Kind kind, int season, double first, double last) {
    info_.numbering = {kind, season, first, std::max(first, last), {}};
  }

  void version(StringPiece digits) {
    if (!digits.empty()) info_.revision = std::max(1, integer(digits));
  }

  bool find_season_episode() {
    std::array<StringPiece, 4> g;
    if (!match(patterns().season_episode, g)) return false;
    found(g[1]);
    const double first = number(g[3]);
    double last = first;
    StringPiece whole;
    StringPiece digits;
    const auto rest = [&] { return StringPiece(title_.data() + end_, title_.size() - end_); };
    while (RE2::PartialMatch(rest(), patterns().next_episode, &whole, &digits)) {
      last = std::max(last, number(digits));
      end_ += whole.size();
    }
    if (last == first && RE2::PartialMatch(rest(), patterns().short_range, &whole, &digits) && number(digits) > first) {
      last = number(digits);
      end_ += whole.size();
    }
    const std::string_view tail = title_.substr(end_);
    if (tail.size() >= 2 && (tail[0] == 'v' || tail[0] == 'V') && tail[1] >= '1' && tail[1] <= '9') {
      info_.revision = tail[1] - '0';
      end_ += 2;
    }
    number_as(Numbering::Kind::kEpisode, integer(g[2]), first, last);
    return true;
  }

  bool find_cross() {
    std::array<StringPiece, 6> g;
    if (!match(patterns().cross, g)) return false;
    found(g[1]);
    number_as(Numbering::Kind::kEpisode, integer(g[2]), number(g[3]), number(g[4]));
    version(g[5]);
    return true;
  }

  bool find_word() {
    std::array<StringPiece, 5> g;
    if (!match(patterns().word, g)) return false;
    found(g[1]);
    number_as(Numbering::Kind::kAbsolute, 0, number(g[2]), number(g[4]));
    version(g[3]);
    return true;
  }

  bool date(StringPiece whole, StringPiece year, StringPiece month, StringPiece day) {
    const std::chrono::year_month_day value{std::chrono::year(integer(year)),
                                            std::chrono::month(static_cast<unsigned>(integer(month))),
                                            std::chrono::day(static_cast<unsigned>(integer(day)))};
    if (!value.ok()) return false;
    found(whole);
    info_.numbering = {Numbering::Kind::kDate, 0, 0, 0, std::chrono::sys_days(value)};
    return true;
  }

  bool find_date() {
    std::array<StringPiece, 5> g;
    if (match(patterns().year_first, g) && date(g[1], g[2], g[3], g[4])) return true;
    // Day before month, unless that cannot be.
    if (match(patterns().day_first, g) && (date(g[1], g[4], g[3], g[2]) || date(g[1], g[4], g[2], g[3]))) return true;
    return match(patterns().compact_date, g) && date(g[1], g[2], g[3], g[4]);
  }

  bool find_season() {
    std::array<StringPiece, 4> g;
    if (!match(patterns().season, g) && !match(patterns().season_tagged, g)) return false;
    const auto end = static_cast<std::size_t>(g[1].data() - title_.data()) + g[1].size();
    const std::string_view rest = title_.substr(end);
    if (RE2::PartialMatch(StringPiece(rest.data(), rest.size()), patterns().number_follows)) return false;
    found(g[1]);
    info_.numbering = {Numbering::Kind::kSeasonPack, integer(g[2].empty() ? g[3] : g[2]), 0, 0, {}};
    return true;
  }

  bool find_series() {
    std::array<StringPiece, 2> g;
    if (!match(patterns().series, g)) return false;
    found(g[1]);
    info_.numbering = {Numbering::Kind::kSeasonPack, kAllSeasons, 0, 0, {}};
    return true;
  }

  static bool is_year(StringPiece digits) {
    const int value = integer(digits);
    return digits.size() == 4 && value >= 1900 && value < 2100;
  }

  bool find_leading() {
    std::array<StringPiece, 3> g;
    if (!match(patterns().leading, g) || is_year(g[2])) return false;
    found(g[1]);
    number_as(Numbering::Kind::kAbsolute, 0, number(g[2]), 0);
    return true;
  }

  bool find_trailing() {
    std::array<StringPiece, 5> g;
    if (!match(patterns().trailing, g) || is_year(g[2])) return false;
    found(g[1]);
    number_as(Numbering::Kind::kAbsolute, 0, number(g[2]), number(g[3]));
    version(g[4]);
    return true;
  }

  static std::string show_name(std::string_view text) {
    std::string out(text);
    StringPiece group;
    const StringPiece whole(out);
    if (RE2::PartialMatch(whole, patterns().leading_group, &group)) {
      out.erase(0, static_cast<std::size_t>(group.data() - whole.data()) + group.size() + 1);
    }
    if (out.find(' ') == std::string::npos) {
      std::replace_if(
          out.begin(), out.end(), [](char c) { return c == '.' || c == '_'; }, ' ');
    }
    constexpr std::array<std::string_view, 11> kTrailing = {" ", "-", "–", "—", ":", "|", "#", "(", "[", ",", "_"};
    std::string_view view = base::trim(out);
    for (bool cut = true; cut;) {
      cut = false;
      for (const auto sign : kTrailing) {
        if (!view.ends_with(sign)) continue;
        view.remove_suffix(sign.size());
        cut = true;
      }
    }
    return std::string(view);
  }

  void find_quality() {
    std::array<StringPiece, 2> g;
    if (match(patterns().quality, g)) {
      info_.quality = integer(g[1]);
    } else if (match(patterns().quality_name, g)) {
      const std::string name = base::ascii_lower(std::string_view(g[1].data(), g[1].size()));
      info_.quality = name == "1920x1080" ? 1080 : name == "1280x720" ? 720 : 2160;
    }
  }

  void find_group(bool numbered) {
    std::array<StringPiece, 2> g;
    if (match(patterns().leading_group, g) && is_group(g[1])) {
      info_.group = std::string(g[1].data(), g[1].size());
      return;
    }
    // A hyphenated word ends many a title: only what is tagged as a release has a group there.
    if (!(numbered || info_.quality) || !match(patterns().trailing_group, g) || !is_group(g[1])) return;
    if (static_cast<std::size_t>(g[1].data() - title_.data()) <= end_) return;
    info_.group = std::string(g[1].data(), g[1].size());
  }

  // Only after the numbering: before it, it is the show's name.
  void find_revision() {
    if (info_.numbering.kind == Numbering::Kind::kNone) return;
    for (const RE2* re : {&patterns().repack, &patterns().proper}) {
      const std::string_view rest = title_.substr(end_);
      StringPiece digit;
      if (!RE2::PartialMatch(StringPiece(rest.data(), rest.size()), *re, &digit)) continue;
      info_.revision = std::max(info_.revision, digit.empty() ? 2 : integer(digit) + 1);
    }
  }

  std::string_view title_;
  std::size_t begin_;
  std::size_t end_;
  TitleInfo info_;
};

}  // namespace

TitleInfo parse_title(std::string_view title) {
  return TitleReader(base::utf8_prefix(base::trim(title), kMaxTitleBytes)).read();
}

}  // namespace podswarm::rules

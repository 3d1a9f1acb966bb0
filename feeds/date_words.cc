#include "feeds/date_words.h"

#include <string>

#include "base/text.h"

namespace podswarm::feeds {

namespace {

struct Word {
  std::string_view text;
  int value;
};

// Beginnings of month names, in lower case; the first that fits counts, so longer ones stand before shorter ones.
constexpr Word kMonths[] = {
    // English
    {"jan", 1},
    {"feb", 2},
    {"mar", 3},
    {"apr", 4},
    {"may", 5},
    {"jun", 6},
    {"jul", 7},
    {"aug", 8},
    {"sep", 9},
    {"oct", 10},
    {"nov", 11},
    {"dec", 12},
    // German
    {"jän", 1},
    {"mär", 3},
    {"mrz", 3},
    {"mai", 5},
    {"okt", 10},
    {"dez", 12},
    // French
    {"fév", 2},
    {"fev", 2},
    {"avr", 4},
    {"juin", 6},
    {"juil", 7},
    {"août", 8},
    {"aoû", 8},
    {"aou", 8},
    {"déc", 12},
    // Spanish, Portuguese, Italian
    {"ene", 1},
    {"gen", 1},
    {"abr", 4},
    {"mag", 5},
    {"giu", 6},
    {"lug", 7},
    {"ago", 8},
    {"set", 9},
    {"out", 10},
    {"ott", 10},
    {"dic", 12},
    // Dutch, Scandinavian
    {"mrt", 3},
    {"maar", 3},
    {"mei", 5},
    {"maj", 5},
    // Hungarian
    {"márc", 3},
    {"már", 3},
    {"ápr", 4},
    {"máj", 5},
    {"jún", 6},
    {"júl", 7},
    {"szep", 9},
    // Greek
    {"Ιαν", 1},
    {"Φεβ", 2},
    {"Μάρ", 3},
    {"Μαρ", 3},
    {"Μάώ", 3},
    {"Μαώ", 3},
    {"Απρ", 4},
    {"Μάι", 5},
    {"Μαϊ", 5},
    {"Μαι", 5},
    {"Ιούν", 6},
    {"Ιουν", 6},
    {"Ιον", 6},
    {"Ιούλ", 7},
    {"Ιουλ", 7},
    {"Ιολ", 7},
    {"Αύγ", 8},
    {"Αυγ", 8},
    {"Σεπ", 9},
    {"Οκτ", 10},
    {"Νοέ", 11},
    {"Νοε", 11},
    {"Δεκ", 12},
    // Russian
    {"янв", 1},
    {"фев", 2},
    {"мар", 3},
    {"апр", 4},
    {"мая", 5},
    {"май", 5},
    {"июн", 6},
    {"июл", 7},
    {"авг", 8},
    {"сен", 9},
    {"окт", 10},
    {"ноя", 11},
    {"дек", 12},
};

constexpr int hours(int h, int m = 0) {
  return h < 0 ? h * 60 - m : h * 60 + m;
}

// The names of RFC 822, and those that feeds use. Where a name stands for several zones, the one that more feeds mean.
constexpr Word kZones[] = {
    {"ut", 0},
    {"utc", 0},
    {"gmt", 0},
    {"wet", 0},
    {"west", hours(1)},
    {"bst", hours(1)},
    {"ist", hours(5, 30)},
    {"cet", hours(1)},
    {"cest", hours(2)},
    {"mez", hours(1)},
    {"mesz", hours(2)},
    {"met", hours(1)},
    {"mest", hours(2)},
    {"eet", hours(2)},
    {"eest", hours(3)},
    {"msk", hours(3)},
    {"msd", hours(4)},
    {"sast", hours(2)},
    {"cat", hours(2)},
    {"eat", hours(3)},
    {"wat", hours(1)},
    {"idt", hours(3)},
    {"gst", hours(4)},
    {"pkt", hours(5)},
    {"ict", hours(7)},
    {"wib", hours(7)},
    {"hkt", hours(8)},
    {"sgt", hours(8)},
    {"pht", hours(8)},
    {"awst", hours(8)},
    {"jst", hours(9)},
    {"kst", hours(9)},
    {"acst", hours(9, 30)},
    {"acdt", hours(10, 30)},
    {"aest", hours(10)},
    {"aedt", hours(11)},
    {"nzst", hours(12)},
    {"nzdt", hours(13)},
    {"nst", hours(-3, 30)},
    {"ndt", hours(-2, 30)},
    {"at", hours(-4)},
    {"ast", hours(-4)},
    {"adt", hours(-3)},
    {"brt", hours(-3)},
    {"art", hours(-3)},
    {"et", hours(-5)},
    {"est", hours(-5)},
    {"edt", hours(-4)},
    {"ct", hours(-6)},
    {"cst", hours(-6)},
    {"cdt", hours(-5)},
    {"mt", hours(-7)},
    {"mst", hours(-7)},
    {"mdt", hours(-6)},
    {"pt", hours(-8)},
    {"pst", hours(-8)},
    {"pdt", hours(-7)},
    {"akst", hours(-9)},
    {"akdt", hours(-8)},
    {"hst", hours(-10)},
    {"hdt", hours(-9)},
};

}  // namespace

std::optional<int> month_number(std::string_view word) {
  const std::string lower = base::ascii_lower(word);
  for (const auto& month : kMonths) {
    if (lower.size() >= month.text.size() && lower.compare(0, month.text.size(), month.text) == 0) return month.value;
  }
  return std::nullopt;
}

std::optional<int> zone_minutes(std::string_view word) {
  const std::string lower = base::ascii_lower(word);
  if (lower.size() == 1) {
    // The alphabet without J, with RFC 822's signs, to which RSS refers: A to M run west, N to Y east, Z is UTC.
    const char c = lower[0];
    if (c == 'z') return 0;
    if (c >= 'a' && c <= 'i') return -hours(c - 'a' + 1);
    if (c >= 'k' && c <= 'm') return -hours(c - 'k' + 10);
    if (c >= 'n' && c <= 'y') return hours(c - 'n' + 1);
    return std::nullopt;
  }
  for (const auto& zone : kZones) {
    if (lower == zone.text) return zone.value;
  }
  return std::nullopt;
}

}  // namespace podswarm::feeds

#include "feeds/date_words.h"

#include <string>

#include "base/text.h"

namespace podswarm::feeds {

namespace {

struct Word {
  std::string_view text;
  int value;
};

// Beginnings of month names, in lower case; the first that fits counts, so longer ones stand before shorter ones. Where
// two languages have one word for two months (Polish and Croatian "lis"), the one that more feeds are in.
constexpr Word kMonths[] = {
    // Finnish, whose March begins like November
    {"tammi", 1},
    {"helmi", 2},
    {"maalis", 3},
    {"huhti", 4},
    {"touko", 5},
    {"kesä", 6},
    {"heinä", 7},
    {"elo", 8},
    {"syys", 9},
    {"loka", 10},
    {"marras", 11},
    {"joulu", 12},
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
    // Polish
    {"sty", 1},
    {"lut", 2},
    {"kwi", 4},
    {"cze", 6},
    {"lip", 7},
    {"sie", 8},
    {"wrz", 9},
    {"paź", 10},
    {"paz", 10},
    {"lis", 11},
    {"gru", 12},
    // Czech
    {"led", 1},
    {"úno", 2},
    {"bře", 3},
    {"dub", 4},
    {"kvě", 5},
    {"červenec", 7},
    {"července", 7},
    {"čvc", 7},
    {"červ", 6},
    {"čvn", 6},
    {"srp", 8},
    {"zář", 9},
    {"říj", 10},
    {"prosin", 12},
    // Turkish
    {"oca", 1},
    {"şub", 2},
    {"nis", 4},
    {"haz", 6},
    {"tem", 7},
    {"ağu", 8},
    {"eyl", 9},
    {"eki", 10},
    {"kas", 11},
    {"ara", 12},
    // Greek
    {"ιαν", 1},
    {"φεβ", 2},
    {"μάρ", 3},
    {"μαρ", 3},
    {"μάώ", 3},
    {"μαώ", 3},
    {"απρ", 4},
    {"μάι", 5},
    {"μαϊ", 5},
    {"μαι", 5},
    {"ιούν", 6},
    {"ιουν", 6},
    {"ιον", 6},
    {"ιούλ", 7},
    {"ιουλ", 7},
    {"ιολ", 7},
    {"αύγ", 8},
    {"αυγ", 8},
    {"σεπ", 9},
    {"οκτ", 10},
    {"νοέ", 11},
    {"νοε", 11},
    {"δεκ", 12},
    // Ukrainian
    {"січ", 1},
    {"лют", 2},
    {"бер", 3},
    {"кві", 4},
    {"тра", 5},
    {"чер", 6},
    {"лип", 7},
    {"сер", 8},
    {"вер", 9},
    {"жов", 10},
    {"лис", 11},
    {"гру", 12},
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
    // Hebrew
    {"ינו", 1},
    {"פבר", 2},
    {"מרץ", 3},
    {"מרס", 3},
    {"אפר", 4},
    {"מאי", 5},
    {"יונ", 6},
    {"יול", 7},
    {"אוג", 8},
    {"ספט", 9},
    {"אוק", 10},
    {"נוב", 11},
    {"דצמ", 12},
    // Arabic
    {"يناير", 1},
    {"فبراير", 2},
    {"مارس", 3},
    {"أبريل", 4},
    {"ابريل", 4},
    {"مايو", 5},
    {"يونيو", 6},
    {"يونيه", 6},
    {"يوليو", 7},
    {"يوليه", 7},
    {"أغسطس", 8},
    {"اغسطس", 8},
    {"سبتمبر", 9},
    {"أكتوبر", 10},
    {"اكتوبر", 10},
    {"نوفمبر", 11},
    {"ديسمبر", 12},
    // Chinese
    {"十一月", 11},
    {"十二月", 12},
    {"一月", 1},
    {"二月", 2},
    {"三月", 3},
    {"四月", 4},
    {"五月", 5},
    {"六月", 6},
    {"七月", 7},
    {"八月", 8},
    {"九月", 9},
    {"十月", 10},
};

// Capitals of the alphabets above, as far as Unicode has their small letters at a fixed distance.
char32_t small_letter(char32_t c) {
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 0x20;     // Latin 1
  if (c >= 0x100 && c <= 0x137) return c | 1;                   // Latin Extended-A: pairs,
  if (c >= 0x139 && c <= 0x148) return c % 2 == 1 ? c + 1 : c;  // some of which begin at odd numbers
  if (c >= 0x14A && c <= 0x177) return c | 1;
  if (c >= 0x179 && c <= 0x17E) return c % 2 == 1 ? c + 1 : c;
  if (c >= 0x391 && c <= 0x3A9) return c + 0x20;  // Greek
  if (c >= 0x410 && c <= 0x42F) return c + 0x20;  // Cyrillic
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  return c;
}

// Of letters that take two bytes, the only ones that matter here.
std::string lower_case(std::string_view word) {
  std::string out;
  out.reserve(word.size());
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto c = static_cast<unsigned char>(word[i]);
    if (c >= 0xC2 && c < 0xE0 && i + 1 < word.size()) {
      const auto next = static_cast<unsigned char>(word[++i]);
      base::append_utf8(out, small_letter(static_cast<char32_t>((c & 0x1F) << 6 | (next & 0x3F))));
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : static_cast<char>(c);
    }
  }
  return out;
}

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

std::string with_plain_digits(std::string_view text) {
  struct Sign {
    std::string_view from;
    char to;
  };
  static constexpr Sign kSigns[] = {{"\u00A0", ' '}, {"\u2009", ' '}, {"\u202F", ' '}, {"\u3000", ' '},
                                    {"\u2212", '-'}, {"\u2010", '-'}, {"\u2011", '-'}, {"\u2013", '-'},
                                    {"\uFF1A", ':'}, {"\u200E", ' '}, {"\u200F", ' '}, {"\uFF0B", '+'}};
  // The last byte of a zero; the other digits follow it.
  static constexpr std::string_view kZeros[] = {"\u0660", "\u06F0", "\u0966", "\uFF10"};
  std::string out;
  while (!text.empty()) {
    std::size_t taken = 0;
    for (const auto& sign : kSigns) {
      if (!text.starts_with(sign.from)) continue;
      out += sign.to;
      taken = sign.from.size();
    }
    for (const auto zero : kZeros) {
      const auto last = zero.size() - 1;
      if (text.size() < zero.size() || text.substr(0, last) != zero.substr(0, last)) continue;
      const int digit = static_cast<unsigned char>(text[last]) - static_cast<unsigned char>(zero[last]);
      if (digit < 0 || digit > 9) continue;
      out += static_cast<char>('0' + digit);
      taken = zero.size();
    }
    if (taken == 0) out += text[taken++];
    text.remove_prefix(taken);
  }
  return out;
}

std::optional<int> month_number(std::string_view word) {
  const std::string lower = lower_case(word);
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

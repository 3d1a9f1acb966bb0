#include "feeds/charset_guess.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "base/text.h"

namespace podswarm::feeds {

namespace {

constexpr std::size_t kHead = 16 * 1024;
constexpr std::size_t kSample = 1u << 20;  // what lies behind it would tell the same
constexpr std::size_t kEnough = 16;  // bytes beyond ASCII without which nothing is told from them

struct Language {
  std::string_view code;
  std::string_view charset;
};
constexpr Language kLanguages[] = {
    {"ru", "CP1251"}, {"uk", "CP1251"}, {"be", "CP1251"},  {"bg", "CP1251"}, {"mk", "CP1251"}, {"sr", "CP1251"},
    {"pl", "CP1250"}, {"cs", "CP1250"}, {"sk", "CP1250"},  {"hu", "CP1250"}, {"sl", "CP1250"}, {"hr", "CP1250"},
    {"ro", "CP1250"}, {"el", "CP1253"}, {"tr", "CP1254"},  {"he", "CP1255"}, {"iw", "CP1255"}, {"ar", "CP1256"},
    {"fa", "CP1256"}, {"lt", "CP1257"}, {"lv", "CP1257"},  {"et", "CP1257"}, {"vi", "CP1258"}, {"th", "CP874"},
    {"ja", "CP932"},  {"ko", "UHC"},    {"zh", "GB18030"},
};

// What <language> or xml:lang says; "" where neither is there.
std::string_view language_in(std::string_view head) {
  for (const std::string_view mark : {"<language>", "xml:lang=\"", "xml:lang='", "<dc:language>"}) {
    const auto at = head.find(mark);
    if (at == std::string_view::npos) continue;
    std::string_view rest = head.substr(at + mark.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
    return rest.substr(0, rest.find_first_of("<\"' \t\r\n"));
  }
  return {};
}

struct Letters {
  std::size_t high = 0;        // bytes beyond ASCII
  std::size_t in_utf8 = 0;     // of those, in good UTF-8 sequences
  std::size_t in_runs = 0;     // with a neighbour that is one, too
  std::size_t upper_half = 0;  // 0xC0 and above, where the Cyrillic charsets have their letters
  std::size_t small_1251 = 0;  // 0xE0 and above: small letters in windows-1251, capitals in KOI8
  bool euc = true;             // they can be EUC-JP: pairs of 0xA1 to 0xFE
};

Letters survey(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0; };
  Letters out;
  std::size_t run = 0;
  for (std::size_t i = 0; i <= bytes.size(); ++i) {
    const unsigned c = at(i);
    if (c < 0x80) {
      out.euc = out.euc && run % 2 == 0;
      run = 0;
      continue;
    }
    ++run;
    ++out.high;
    out.in_runs += at(i + 1) >= 0x80 || (i > 0 && at(i - 1) >= 0x80) ? 1 : 0;
    out.upper_half += c >= 0xC0 ? 1 : 0;
    out.small_1251 += c >= 0xE0 ? 1 : 0;
    out.euc = out.euc && c >= 0xA1;
    const std::size_t length = c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (length != 0 && i + length <= bytes.size() && base::is_valid_utf8(bytes.substr(i, length)))
      out.in_utf8 += length;
  }
  return out;
}

}  // namespace

std::string_view likely_charset(std::string_view bytes) {
  const Letters letters = survey(bytes.substr(0, kSample));
  // A text that is UTF-8 in most places is mended there.
  if (letters.in_utf8 * 4 > letters.high) return {};
  const bool cyrillic = letters.upper_half * 10 > letters.high * 9 && letters.in_runs * 10 > letters.high * 8;
  const std::string_view cyrillic_charset = letters.small_1251 * 2 > letters.high ? "CP1251" : "KOI8-R";
  const std::string_view language = language_in(bytes.substr(0, kHead));
  const auto known = std::find_if(std::begin(kLanguages), std::end(kLanguages),
                                  [&](const Language& one) { return base::istarts_with(language, one.code); });
  if (known != std::end(kLanguages) && (language.size() == 2 || language[2] == '-' || language[2] == '_')) {
    if (known->charset == "CP1251" && letters.high >= kEnough && cyrillic) return cyrillic_charset;
    if (known->charset == "CP932" && letters.euc) return "EUC-JP";
    const bool traditional =
        base::istarts_with(language.substr(2), "-tw") || base::istarts_with(language.substr(2), "-hk");
    if (known->charset == "GB18030" && traditional) return "BIG5-HKSCS";
    return known->charset;
  }
  return language.empty() && letters.high >= kEnough && cyrillic ? cyrillic_charset : std::string_view{};
}

}  // namespace podswarm::feeds

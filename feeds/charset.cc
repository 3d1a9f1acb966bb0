#include "feeds/charset.h"

#include <iconv.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>

#include "base/text.h"
#include "feeds/charset_guess.h"

namespace podswarm::feeds {

namespace {

using namespace std::literals;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// What the bytes say without decoding them.
struct Survey {
  bool utf8 = true;
  bool controls = false;
  std::size_t broken_at = 0;  // where it is no UTF-8
  bool cut_off = false;       // it is, but for a character at the end of which the rest is missing, at `broken_at`
};

// How long the UTF-8 sequence is that starts with the byte, which is not ASCII; 0 if none does.
std::size_t sequence_length(unsigned char c) {
  return c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
}

// The first byte of eight that is not ASCII or below the blank, as an index; 8 if there is none.
std::size_t first_special(std::uint64_t block) {
  static constexpr std::uint64_t kHigh = 0x8080808080808080;
  const std::uint64_t below_blank = (block - 0x2020202020202020) & ~block & kHigh;
  // What stands in the lowest flag is certain; the flags above it need not be.
  const std::uint64_t flags = (block & kHigh) | below_blank;
  if constexpr (std::endian::native != std::endian::little) return flags == 0 ? 8 : 0;
  return static_cast<std::size_t>(std::countr_zero(flags)) / 8;
}

// Whether it is the beginning of a sequence of `length` bytes, and not the whole.
bool is_cut_off(std::string_view tail, std::size_t length) {
  if (tail.size() >= length) return false;
  std::string whole(tail);
  whole.resize(length, '\x80');
  if (base::is_valid_utf8(whole)) return true;
  whole[1] = '\xBF';  // of some lead bytes only the upper half is good
  return tail.size() == 1 && base::is_valid_utf8(whole);
}

Survey survey(std::string_view text) {
  Survey result;
  bool sequences = false;
  std::size_t i = 0;
  // Once both are settled the rest cannot change them.
  while (i < text.size() && (result.utf8 || !result.controls)) {
    if (i + 8 <= text.size()) {
      std::uint64_t block = 0;
      std::memcpy(&block, text.data() + i, 8);
      const std::size_t plain = first_special(block);
      i += plain;
      if (plain == 8) continue;
    }
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80 || !result.utf8) {
      if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') result.controls = true;
      ++i;
      continue;
    }
    const std::size_t length = sequence_length(c);
    if (length == 2 && i + 1 < text.size() && (static_cast<unsigned char>(text[i + 1]) & 0xC0) == 0x80) {
      i += 2;
      sequences = true;
    } else if (sequences && is_cut_off(text.substr(i), length)) {
      result.cut_off = true;
      result.broken_at = i;
      break;
    } else if (length == 0 || !base::is_valid_utf8(text.substr(i, length))) {
      result.utf8 = false;
      result.broken_at = i++;
    } else {
      i += length;
      sequences = true;
    }
  }
  return result;
}

// The charset's name as iconv knows it, and as browsers mean it: Latin 1 is windows-1252 and so on.
std::string iconv_name(std::string_view declared) {
  std::string name = base::ascii_lower(base::trim(declared));
  std::replace(name.begin(), name.end(), '_', '-');
  struct Alias {
    std::string_view from;
    const char* to;
  };
  static constexpr Alias kAliases[] = {
      {"us-ascii", "CP1252"},
      {"ascii", "CP1252"},
      {"iso-8859-1", "CP1252"},
      {"iso8859-1", "CP1252"},
      {"latin1", "CP1252"},
      {"latin-1", "CP1252"},
      {"l1", "CP1252"},
      {"iso-8859-9", "CP1254"},
      {"iso8859-9", "CP1254"},
      {"latin5", "CP1254"},
      {"iso-8859-11", "CP874"},
      {"iso8859-11", "CP874"},
      {"tis-620", "CP874"},
      {"gb2312", "GB18030"},
      {"gbk", "GB18030"},
      {"cp936", "GB18030"},
      {"x-gbk", "GB18030"},
      {"shift-jis", "CP932"},
      {"shiftjis", "CP932"},
      {"sjis", "CP932"},
      {"x-sjis", "CP932"},
      {"windows-31j", "CP932"},
      {"euc-kr", "UHC"},
      {"ks-c-5601-1987", "UHC"},
      {"ksc5601", "UHC"},
      {"cp949", "UHC"},
      {"big5", "BIG5-HKSCS"},
      {"x-mac-roman", "MACINTOSH"},
      {"mac-roman", "MACINTOSH"},
      {"macroman", "MACINTOSH"},
      {"hp-roman8", "HP-ROMAN8"},
      {"x-user-defined", "CP1252"},
      {"ptcp154", "PT154"},
      {"mac-latin2", "MAC-CENTRALEUROPE"},
      {"maccentraleurope", "MAC-CENTRALEUROPE"},
      {"x-mac-ce", "MAC-CENTRALEUROPE"},
      {"mac-iceland", "MAC-IS"},
      {"kz1048", "RK1048"},
      {"hkscs", "BIG5-HKSCS"},
      {"shift-jis-2004", "SHIFT_JISX0213"},
      {"shift-jisx0213", "SHIFT_JISX0213"},
      {"euc-jis-2004", "EUC-JISX0213"},
      {"x-mac-cyrillic", "MAC-CYRILLIC"},
      {"x-euc-jp", "EUC-JP"},
      {"utf-16", "UTF-16"},
      {"unicode", "UTF-16"},
  };
  for (const auto& alias : kAliases) {
    if (name == alias.from) return alias.to;
  }
  if (name.rfind("windows-", 0) == 0) return "CP" + name.substr(8);
  if (name.rfind("iso8859-", 0) == 0) return "ISO-8859-" + name.substr(8);
  return name;
}

bool is_utf8_name(std::string_view name) {
  return base::iequals(name, "utf-8") || base::iequals(name, "utf8") || base::iequals(name, "unicode-1-1-utf-8");
}

// Encodings in seven bits, which look like valid UTF-8.
bool is_stateful(std::string_view charset) {
  return base::istarts_with(charset, "iso-2022-");
}

// `bytes` from `charset`, with U+FFFD for what it does not have; nothing if iconv does not know the charset.
// `unit` is how far to step over a broken sequence.
std::optional<std::string> convert(std::string_view bytes, const std::string& charset, std::size_t unit = 1) {
  // iconv takes suffixes ("//IGNORE") in names, and overlooks bytes that are none of a name's.
  static constexpr std::string_view kNameCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:+()";
  if (charset.empty() || charset.size() > 64 || charset.find_first_not_of(kNameCharacters) != std::string::npos) {
    return std::nullopt;
  }
  const iconv_t raw = ::iconv_open("UTF-8", charset.c_str());
  if (raw == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  const auto close = [](void* handle) { ::iconv_close(handle); };
  const std::unique_ptr<void, decltype(close)> handle(raw, close);
  std::string out(bytes.size() + bytes.size() / 2 + 16, '\0');
  char* in = const_cast<char*>(bytes.data());  // iconv does not write to its input
  std::size_t in_left = bytes.size();
  std::size_t used = 0;
  // Room for what a state can hold back, and for a replacement.
  constexpr std::size_t kSlack = 64;
  const auto step = [&](char** from, std::size_t* left) {
    if (out.size() - used < kSlack) out.resize(out.size() + in_left * 2 + kSlack);
    char* to = out.data() + used;
    std::size_t to_left = out.size() - used;
    const std::size_t result = ::iconv(raw, from, left, &to, &to_left);
    used = out.size() - to_left;
    return result != static_cast<std::size_t>(-1) ? 0 : errno;
  };
  // A letter that an accent may follow is held back until it is known that none does.
  const auto flush = [&] { step(nullptr, nullptr); };
  while (in_left > 0) {
    const int error = step(&in, &in_left);
    if (error == 0) break;
    if (error == E2BIG) {
      out.resize(out.size() + in_left * 2 + kSlack);
      continue;
    }
    // EILSEQ, or EINVAL where the end cuts a sequence off. Where escapes switch between sets, flushing would switch
    // back.
    if (!is_stateful(charset)) flush();
    const std::size_t skipped = error == EINVAL ? in_left : std::min(unit, in_left);
    in += skipped;
    in_left -= skipped;
    if (out.size() - used < kSlack) out.resize(out.size() + in_left * 2 + kSlack);
    std::memcpy(out.data() + used, kReplacement.data(), kReplacement.size());
    used += kReplacement.size();
  }
  flush();
  out.resize(used);
  return out;
}

// Text that is UTF-8 in places and windows-1252 in others, as when feeds are glued together.
std::string mix_of_utf8_and_1252(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  std::size_t i = 0;
  while (i < bytes.size()) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    if (c < 0x80) {
      std::size_t end = i + 1;
      while (end < bytes.size() && static_cast<unsigned char>(bytes[end]) < 0x80) ++end;
      out.append(bytes.substr(i, end - i));
      i = end;
      continue;
    }
    const std::size_t length = sequence_length(c);
    if (length != 0 && base::is_valid_utf8(bytes.substr(i, length)) && i + length <= bytes.size()) {
      out.append(bytes.substr(i, length));
      i += length;
      continue;
    }
    base::append_utf8(out, windows_1252_character(c));
    ++i;
  }
  return out;
}

struct Mark {
  std::string_view bytes;
  const char* charset;
  std::size_t unit;
};

// Wide encodings show in the first characters, with a mark or as "<?" or "<r" without one.
std::optional<Mark> wide_encoding(std::string_view bytes) {
  static constexpr Mark kMarks[] = {
      {"\xFF\xFE\0\0"sv, "UTF-32LE", 4},
      {"\0\0\xFE\xFF"sv, "UTF-32BE", 4},
      {"\xFF\xFE"sv, "UTF-16LE", 2},
      {"\xFE\xFF"sv, "UTF-16BE", 2},
  };
  for (const auto& mark : kMarks) {
    if (bytes.substr(0, mark.bytes.size()) == mark.bytes) return mark;
  }
  if (bytes.size() < 4) return std::nullopt;
  const auto starts = [](char c) { return c == '<' || c == '{' || c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  if (bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 0 && starts(bytes[3])) return Mark{{}, "UTF-32BE", 4};
  if (starts(bytes[0]) && bytes[1] == 0 && bytes[2] == 0 && bytes[3] == 0) return Mark{{}, "UTF-32LE", 4};
  if (bytes[0] == 0 && starts(bytes[1]) && bytes[2] == 0 && bytes[3] != 0) return Mark{{}, "UTF-16BE", 2};
  if (starts(bytes[0]) && bytes[1] == 0 && bytes[2] != 0 && bytes[3] == 0) return Mark{{}, "UTF-16LE", 2};
  return std::nullopt;
}

// "<?xml" in EBCDIC; the letters of the declaration are the same in all its code pages.
bool looks_like_ebcdic(std::string_view bytes) {
  return bytes.substr(0, 5) == "\x4C\x6F\xA7\x94\x93"sv;
}

std::optional<std::string> from_ebcdic(std::string_view bytes) {
  const auto head = convert(bytes.substr(0, 256), "IBM037");
  const std::string_view declared = head ? declared_encoding(*head) : std::string_view{};
  if (auto text = convert(bytes, iconv_name(declared))) return text;
  return convert(bytes, "IBM037");
}

void strip_marks(std::string_view& text) {
  static constexpr std::string_view kMark = "\xEF\xBB\xBF";
  while (text.substr(0, kMark.size()) == kMark) text.remove_prefix(kMark.size());
}

}  // namespace

char32_t windows_1252_character(unsigned char byte) {
  static constexpr char16_t kC1[32] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                       0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                       0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                       0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
  return byte >= 0x80 && byte < 0xA0 ? char32_t{kC1[byte - 0x80]} : char32_t{byte};
}

std::string_view charset_parameter(std::string_view content_type) {
  for (auto part : base::split(content_type, ';')) {
    part = base::trim(part);
    if (!base::istarts_with(part, "charset")) continue;
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    part = base::trim(part.substr(equals + 1));
    while (!part.empty() && (part.front() == '"' || part.front() == '\'')) part.remove_prefix(1);
    while (!part.empty() && (part.back() == '"' || part.back() == '\'')) part.remove_suffix(1);
    return part;
  }
  return {};
}

std::string_view declared_encoding(std::string_view text) {
  text = text.substr(0, 1024);
  const auto start = text.find("<?xml");
  if (start == std::string_view::npos) return {};
  text = text.substr(start, text.find("?>", start) - start);
  const auto key = text.find("encoding");
  if (key == std::string_view::npos) return {};
  text = text.substr(key);
  const auto open = text.find_first_of("\"'");
  if (open == std::string_view::npos) return {};
  const auto close = text.find(text[open], open + 1);
  if (close == std::string_view::npos) return {};
  return base::trim(text.substr(open + 1, close - open - 1));
}

void decode_text(std::string_view bytes, std::string_view content_type, DecodedText& out) {
  const auto use = [&](std::string text, std::string note) {
    out.storage = std::move(text);
    out.view = out.storage;
    out.note = std::move(note);
  };
  out.view = bytes;
  if (const auto wide = wide_encoding(bytes)) {
    if (auto text = convert(bytes.substr(wide->bytes.size()), wide->charset, wide->unit)) {
      use(std::move(*text), std::string("converted from ") + wide->charset);
    }
  } else if (looks_like_ebcdic(bytes)) {
    if (auto text = from_ebcdic(bytes)) use(std::move(*text), "converted from EBCDIC");
  }
  strip_marks(out.view);
  Survey seen = survey(out.view);
  const std::string_view from_http = charset_parameter(content_type);
  const std::string_view from_xml = declared_encoding(out.view);
  if (!seen.utf8 || seen.cut_off) out.place = place_of(out.view, seen.broken_at);
  if (out.storage.empty() && seen.cut_off) {
    use(std::string(out.view.substr(0, seen.broken_at)).append(kReplacement), "the document ends within a character");
  }
  if (!out.storage.empty() || (seen.utf8 && !is_stateful(from_http) && !is_stateful(from_xml))) {
    out.has_controls = seen.controls;
    return;
  }
  for (const auto declared : {from_http, from_xml}) {
    // A declaration that the bytes contradict counts for nothing.
    if (declared.empty() || is_utf8_name(declared) || (seen.utf8 && !is_stateful(declared))) continue;
    const std::string name = iconv_name(declared);
    if (name == "CP1252") break;
    if (base::istarts_with(name, "utf-16") || base::istarts_with(name, "utf-32")) continue;
    if (auto text = convert(out.view, name)) {
      use(std::move(*text), "converted from " + name);
      break;
    }
  }
  const auto says_nothing = [](std::string_view declared) { return declared.empty() || is_utf8_name(declared); };
  if (out.storage.empty() && !seen.utf8 && says_nothing(from_http) && says_nothing(from_xml)) {
    const std::string name(likely_charset(out.view));
    if (auto text = convert(out.view, name)) use(std::move(*text), "bytes that are not UTF-8 read as " + name);
  }
  if (out.storage.empty() && !seen.utf8)
    use(mix_of_utf8_and_1252(out.view), "bytes that are not UTF-8 read as windows-1252");
  strip_marks(out.view);
  out.has_controls = survey(out.view).controls;
}

}  // namespace podswarm::feeds

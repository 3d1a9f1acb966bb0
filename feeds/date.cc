#include "feeds/date.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/text.h"
#include "feeds/date_words.h"
#include "feeds/values.h"

namespace podswarm::feeds {

namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr std::size_t kLongestDate = 120;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

// What has been read so far; a field that is -1 is not known yet.
struct Fields {
  int year = -1;
  int month = -1;
  int day = -1;
  int day_of_year = -1;
  int hour = -1;
  int minute = 0;
  int second = 0;
  bool pm = false;
  bool am = false;
  bool zoned = false;
  int zone = 0;  // minutes east

  [[nodiscard]] bool has_date() const { return year >= 0 && (day_of_year > 0 || (month > 0 && day > 0)); }
};

// RFC 2822 §4.3 for two and three digits, but with the two-digit years that feeds mean.
int full_year(int year, std::size_t digits) {
  if (digits >= 4) return year;
  if (digits == 3) return year + 1900;
  return year >= 70 ? year + 1900 : year + 2000;
}

std::optional<sys_seconds> to_time(const Fields& f) {
  using namespace std::chrono;
  // The years 0 and 1 are what programs write that have no date.
  if (!f.has_date() || f.year < 2 || f.year > 9999) return std::nullopt;
  sys_days date;
  if (f.day_of_year > 0) {
    if (f.day_of_year > (year(f.year).is_leap() ? 366 : 365)) return std::nullopt;
    date = sys_days(year(f.year) / January / 1) + days(f.day_of_year - 1);
  } else {
    const year_month_day ymd(year(f.year), month(static_cast<unsigned>(f.month)), day(static_cast<unsigned>(f.day)));
    if (!ymd.ok()) return std::nullopt;
    date = ymd;
  }
  int hour = f.hour < 0 ? 0 : f.hour;
  if (f.pm && hour < 12) hour += 12;
  if (f.am && hour == 12) hour = 0;
  // 24:00 is the next midnight, :60 a leap second.
  if (hour > 24 || (hour == 24 && (f.minute > 0 || f.second > 0)) || f.minute > 59 || f.second > 60)
    return std::nullopt;
  const sys_seconds time = sys_seconds(date) + hours(hour) + minutes(f.minute - f.zone) + seconds(f.second);
  if (time < sys_days(year(1) / January / 1) || time >= sys_days(year(10000) / January / 1)) return std::nullopt;
  return time;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void skip(std::size_t n = 1) { at_ = std::min(at_ + n, text_.size()); }
  [[nodiscard]] std::size_t position() const { return at_; }
  void rewind(std::size_t to) { at_ = to; }

  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool accept(std::string_view word) {
    if (text_.substr(std::min(at_, text_.size()), word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  [[nodiscard]] std::size_t count_digits() const {
    std::size_t n = 0;
    while (is_digit(peek(n))) ++n;
    return n;
  }
  // The next digits, as many as there are of those asked for; of more than 9 only the first 9 count.
  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits && is_digit(peek()); ++i, ++at_) {
      if (i < 9) value = value * 10 + (peek() - '0');
    }
    return value;
  }
  // Letters and the bytes of letters beyond ASCII.
  std::string_view word() {
    const std::size_t start = at_;
    while (!done() && is_letter(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// "17:26", "9:15:30", "05:52:17.25"; the hour is at the scanner.
bool read_time(Scanner& in, Fields& f) {
  const std::size_t hour_digits = in.count_digits();
  if (hour_digits == 0 || hour_digits > 2 || in.peek(hour_digits) != ':') return false;
  f.hour = in.number(hour_digits);
  in.skip();
  const std::size_t minute_digits = in.count_digits();
  if (minute_digits == 0 || minute_digits > 2) return false;
  f.minute = in.number(minute_digits);
  if (in.peek() == ':' && is_digit(in.peek(1))) {
    in.skip();
    const std::size_t second_digits = in.count_digits();
    if (second_digits > 2) return false;
    f.second = in.number(second_digits);
  }
  if ((in.peek() == '.' || in.peek() == ',') && is_digit(in.peek(1))) {
    in.skip();
    in.skip(in.count_digits());
  }
  return true;
}

// "+0200", "-01:01", "+2", "+5:30"; the sign is at the scanner. Posix zones ("Etc/GMT+5") run the other way.
bool read_offset(Scanner& in, Fields& f, bool posix = false) {
  const int sign = (in.peek() == '-') != posix ? -1 : 1;
  in.skip();
  while (in.peek() == ' ') in.skip();
  const std::size_t digits = in.count_digits();
  if (digits == 0 || digits > 4) return false;
  int minutes = 0;
  if (digits <= 2) {
    minutes = in.number(digits) * 60;
    if (in.peek() == ':' && is_digit(in.peek(1))) {
      in.skip();
      const std::size_t more = in.count_digits();
      if (more > 2) return false;
      minutes += in.number(more);
      if (in.peek() == ':' && is_digit(in.peek(1))) in.skip(), in.skip(in.count_digits());
    }
  } else {
    const int value = in.number(digits);
    minutes = value / 100 * 60 + value % 100;
  }
  if (minutes > 24 * 60) return false;
  f.zone = sign * minutes;
  f.zoned = true;
  return true;
}

// A comment in parentheses, nested ones too.
bool skip_comment(Scanner& in) {
  int depth = 0;
  do {
    if (in.done()) return false;
    if (in.peek() == '(') ++depth;
    if (in.peek() == ')') --depth;
    in.skip();
  } while (depth > 0);
  return true;
}

// ISO 8601's weeks, "2026-W46-2" and "2026W462"; the year has been read, the W is at the scanner.
bool read_week(Scanner& in, Fields& f) {
  using namespace std::chrono;
  in.skip();
  if (in.count_digits() < 2) return false;
  const int week = in.number(2);
  const bool has_day = is_digit(in.peek()) || (in.peek() == '-' && is_digit(in.peek(1)));
  if (has_day && in.peek() == '-') in.skip();
  const int weekday = has_day ? in.number(1) : 1;
  if (week < 1 || week > 53 || weekday < 1 || weekday > 7 || is_digit(in.peek())) return false;
  // The fourth of January is in the first week.
  const sys_days fourth = year(f.year) / January / 4;
  const auto into_week = days(std::chrono::weekday(fourth).iso_encoding() - 1);
  const year_month_day date = fourth - into_week + days((week - 1) * 7 + weekday - 1);
  f.year = static_cast<int>(date.year());
  f.month = static_cast<int>(static_cast<unsigned>(date.month()));
  f.day = static_cast<int>(static_cast<unsigned>(date.day()));
  return true;
}

// The date part of ISO 8601 at the scanner: extended, basic, ordinal, cut short, and with two-digit years.
bool read_iso_date(Scanner& in, Fields& f) {
  const std::size_t start = in.position();
  const auto fail = [&] {
    in.rewind(start);
    f = Fields{};
    return false;
  };
  if (in.peek() == '-' && is_digit(in.peek(1))) {  // "-YYMM", "-YY-MM"
    in.skip();
    const std::size_t digits = in.count_digits();
    if (digits == 4) {
      const int value = in.number(4);
      f.year = full_year(value / 100, 2);
      f.month = value % 100;
    } else if (digits == 2 && in.peek(2) == '-') {
      f.year = full_year(in.number(2), 2);
      in.skip();
      if (in.count_digits() != 2) return fail();
      f.month = in.number(2);
    } else {
      return fail();
    }
    f.day = 1;
    return f.month >= 1 && f.month <= 12 ? true : fail();
  }
  const std::size_t digits = in.count_digits();
  const auto split = [&](int value, int& month, int& day) {
    month = value / 100;
    day = value % 100;
  };
  switch (digits) {
    case 8:  // YYYYMMDD
      f.year = in.number(4);
      split(in.number(4), f.month, f.day);
      return true;
    case 7:  // YYYYDDD
      f.year = in.number(4);
      f.day_of_year = in.number(3);
      return true;
    case 6:  // YYMMDD
      f.year = full_year(in.number(2), 2);
      split(in.number(4), f.month, f.day);
      return true;
    case 5:  // YYDDD
      f.year = full_year(in.number(2), 2);
      f.day_of_year = in.number(3);
      return true;
    case 4:
    case 2:
      break;
    default:
      return fail();
  }
  const char separator = in.peek(digits);
  if (digits == 2 && separator != '-') return fail();
  f.year = full_year(in.number(digits), digits);
  if (digits == 4 && in.peek(separator == '-' ? 1 : 0) == 'W' && is_digit(in.peek(separator == '-' ? 2 : 1))) {
    in.accept('-');
    return read_week(in, f) ? true : fail();
  }
  if ((separator != '-' && separator != '/' && separator != '.') || !in.accept(separator)) {
    f.month = f.day = 1;
    return true;
  }
  const std::size_t second = in.count_digits();
  if (second == 0) {  // the month as a word, "2004-júli-13"
    const auto month = month_number(in.word());
    if (!month) return fail();
    f.month = *month;
  } else if (second == 3 && in.peek(3) != '-') {  // ordinal
    f.day_of_year = in.number(3);
    return true;
  } else if (second <= 3) {
    f.month = in.number(second);
  } else {
    return fail();
  }
  if (in.peek() != separator || !is_digit(in.peek(1))) {
    if (digits == 2) return fail();
    f.day = 1;
    return f.month >= 1 && f.month <= 12 ? true : fail();
  }
  in.skip();
  const std::size_t third = in.count_digits();
  if (third > 2) return fail();
  f.day = in.number(third);
  return f.month >= 1 && f.month <= 12 ? true : fail();
}

// "01-Jan-2004", "13.09.2010", "09/13/2010": the scanner stands on the first number.
bool read_triple(Scanner& in, Fields& f) {
  const std::size_t start = in.position();
  const std::size_t first_digits = in.count_digits();
  const char separator = in.peek(first_digits);
  if (first_digits > 2 || (separator != '-' && separator != '/' && separator != '.')) return false;
  const int first = in.number(first_digits);
  in.skip();
  int second = 0;
  bool named = false;
  if (is_digit(in.peek())) {
    second = in.number(in.count_digits());
  } else if (const auto month = month_number(in.word())) {
    second = *month;
    named = true;
  }
  const std::size_t year_digits = in.peek() == separator && is_digit(in.peek(1)) ? (in.skip(), in.count_digits()) : 0;
  if (second == 0 || year_digits < 2 || year_digits > 4) {
    in.rewind(start);
    return false;
  }
  f.year = full_year(in.number(year_digits), year_digits);
  // With slashes the month comes first unless it cannot be one.
  const bool month_first = !named && separator == '/' && first <= 12;
  f.month = month_first ? first : second;
  f.day = month_first ? second : first;
  if (f.month >= 1 && f.month <= 12) return true;
  f = Fields{};
  in.rewind(start);
  return false;
}

// A word anywhere in a date: a month, a half of the day, a zone; else (a day's name, "at") it is passed over.
bool read_word(Scanner& in, Fields& f) {
  std::string_view word = in.word();
  if (base::iequals(word, "etc") && in.accept('/')) {
    word = in.word();
    const bool posix = in.peek() == '+' || in.peek() == '-';
    if (posix) return read_offset(in, f, true);
  }
  const bool dotted = in.peek() == '.' && (in.peek(1) | 0x20) == 'm';  // "a.m."
  if (dotted && (base::iequals(word, "a") || base::iequals(word, "p"))) {
    in.skip(2);
    (base::iequals(word, "p") ? f.pm : f.am) = true;
    return true;
  }
  if (base::iequals(word, "am") || base::iequals(word, "pm")) {
    (base::iequals(word, "pm") ? f.pm : f.am) = true;
    return true;
  }
  // Chinese, Japanese and Korean write it before the hour, and without a blank.
  for (const std::string_view half : {"오전", "오후", "上午", "下午", "午前", "午後"}) {
    if (word.size() < half.size() || word.substr(word.size() - half.size()) != half) continue;
    (half == "오후" || half == "下午" || half == "午後" ? f.pm : f.am) = true;
    return true;
  }
  if (f.hour < 0 || f.month < 0) {
    // A later month replaces an earlier one: "mar" also starts Tuesday in French, Spanish and Italian.
    if (const auto month = word.size() >= 3 ? month_number(word) : std::nullopt) {
      f.month = *month;
      return true;
    }
  }
  if (const auto zone = f.hour >= 0 ? zone_minutes(word) : std::nullopt) {
    if (!f.zoned) f.zone = *zone;
    f.zoned = true;
    // "EST5EDT" says no more than its beginning: whether it is summer there is not known here.
    if (const std::size_t digits = in.count_digits(); digits > 0 && is_letter(in.peek(digits))) {
      in.skip(digits);
      in.word();
    }
    // "GMT-0400", "UTC+2"
    if ((in.peek() == '+' || in.peek() == '-') && is_digit(in.peek(1))) return read_offset(in, f);
  }
  return true;
}

// "06.30.00" and "18h30", behind a date that is complete.
bool read_odd_time(Scanner& in, Fields& f) {
  const std::size_t start = in.position();
  const std::size_t digits = in.count_digits();
  const char separator = in.peek(digits);
  if (f.hour >= 0 || !f.has_date() || digits > 2 || (separator != '.' && (separator | 0x20) != 'h')) return false;
  const int hour = in.number(digits);
  in.skip();
  const std::size_t minute_digits = in.count_digits();
  if (minute_digits != 2 && (minute_digits != 0 || separator == '.')) {
    in.rewind(start);
    return false;
  }
  f.hour = hour;
  f.minute = in.number(minute_digits);
  if (separator == '.' && in.peek() == '.' && is_digit(in.peek(1))) {
    in.skip();
    f.second = in.number(2);
  }
  return true;
}

// A number in a date by words: the day comes first, then the year.
bool read_number(Scanner& in, Fields& f) {
  if (read_time(in, f) || read_odd_time(in, f)) return true;
  const std::size_t digits = in.count_digits();
  if (f.day < 0 && f.month < 0 && f.year < 0) {
    const char separator = in.peek(digits);
    if (digits == 4 && (separator == '-' || separator == '/') && read_iso_date(in, f)) return true;
    if (read_triple(in, f)) return true;
  }
  if (digits > 4) return false;
  const int value = in.number(digits);
  if (in.accept("년") || in.accept("年")) return (f.year = full_year(value, digits)) >= 0;
  if (in.accept("월") || in.accept("月")) return (f.month = value) >= 1 && value <= 12;
  if (in.accept("일") || in.accept("日")) return (f.day = value) >= 1;
  if (in.accept("시") || in.accept("時") || in.accept("时") || in.accept("点")) return (f.hour = value) >= 0;
  if (f.hour >= 0 && (in.accept("분") || in.accept("分"))) return (f.minute = value) >= 0;
  if (f.hour >= 0 && (in.accept("초") || in.accept("秒"))) return (f.second = value) >= 0;
  if (digits <= 2 && f.day < 0) {
    f.day = value;
    const char c = in.peek();
    if (c == 's' || c == 'n' || c == 'r' || c == 't') {  // 1st, 2nd, 3rd, 4th
      const std::size_t before = in.position();
      const auto suffix = in.word();
      if (suffix != "st" && suffix != "nd" && suffix != "rd" && suffix != "th") in.rewind(before);
    }
    return true;
  }
  if (f.year >= 0) return value == f.year;
  f.year = full_year(value, digits);
  return true;
}

// What is left, in any order: words, numbers, a time, a zone, comments.
bool read_rest(Scanner& in, Fields& f) {
  while (!in.done()) {
    const char c = in.peek();
    if (c == '(') {
      if (!skip_comment(in)) return true;
    } else if (f.hour >= 0 && (((c == '+' || c == '-') && is_digit(in.peek(1))) ||
                               (c == '+' && in.peek(1) == ' ' && is_digit(in.peek(2))))) {
      if (!read_offset(in, f)) return false;
    } else if (is_digit(c)) {
      if (!read_number(in, f)) return false;
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80) {
      if (!read_word(in, f)) return false;
    } else {
      in.skip();
    }
  }
  return true;
}

// A bare number of seconds or milliseconds since 1970, or a date and time without separators.
std::optional<sys_seconds> from_digits(std::string_view text) {
  if (text.size() == 10 || text.size() == 13) {
    const auto value = parse_count(text);
    if (value) return sys_seconds(std::chrono::seconds(*value / (text.size() == 13 ? 1000 : 1)));
  }
  if (text.size() == 14) {  // YYYYMMDDhhmmss
    Scanner in(text);
    Fields f;
    f.year = in.number(4);
    f.month = in.number(2);
    f.day = in.number(2);
    f.hour = in.number(2);
    f.minute = in.number(2);
    f.second = in.number(2);
    return to_time(f);
  }
  return std::nullopt;
}

// "18. 11. 2026" and "2026. 11. 18." without the blanks.
std::string without_blanks(std::string_view text) {
  std::string out;
  int dots = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    const bool dot_of_number = text[i] == '.' && i > 0 && is_digit(text[i - 1]);
    if (!dot_of_number) continue;
    if (++dots > 2) {
      out.back() = ' ';  // the one behind the last number
      continue;
    }
    std::size_t next = i + 1;
    while (next < text.size() && text[next] == ' ') ++next;
    if (next < text.size() && is_digit(text[next])) i = next - 1;
  }
  return out;
}

bool is_spaced_out(std::string_view text) {
  const auto dot = text.find_first_not_of("0123456789");
  return dot != std::string_view::npos && dot > 0 && text.substr(dot, 2) == ". " && dot + 2 < text.size() &&
         is_digit(text[dot + 2]);
}

}  // namespace

std::optional<sys_seconds> parse_date(std::string_view text) {
  text = base::trim(text);
  if (text.empty() || text.size() > kLongestDate) return std::nullopt;
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    if (const std::string plain = with_plain_digits(text); plain != text) return parse_date(plain);
  }
  if (is_spaced_out(text)) return parse_date(without_blanks(text));
  // Seconds with a fraction, as a program prints them that counts in floating point.
  if (const auto point = text.find('.'); (point == 10 || point == 13) &&
                                         text.find_first_not_of("0123456789") == point &&
                                         text.find_first_not_of("0123456789", point + 1) == std::string_view::npos) {
    text = text.substr(0, point);
  }
  if (text.size() >= 10 && text.find_first_not_of("0123456789") == std::string_view::npos) return from_digits(text);
  Scanner in(text);
  Fields f;
  if (read_iso_date(in, f)) {
    // Between date and time: T, blanks, or what a stray format put there ("2010-12-15-05:52:17").
    const char c = in.peek();
    if (!in.done() && c != 'T' && c != 't' && c != ' ' && c != '\t' && c != '-' && c != '_' && c != ',' && c != 'Z' &&
        c != 'z' && c != '+') {
      in.rewind(0);
      f = Fields{};
    } else {
      while (in.peek() == 'T' || in.peek() == 't' || in.peek() == ' ' || in.peek() == '\t' || in.peek() == '_' ||
             in.peek() == ',' || (in.peek() == '-' && is_digit(in.peek(1)) && in.peek(3) == ':')) {
        in.skip();
      }
      if (is_digit(in.peek()) && in.peek(1) != ':' && in.peek(2) != ':') {  // basic time, "T101455"
        const std::size_t digits = in.count_digits();
        if (digits == 6 || digits == 4) {
          f.hour = in.number(2);
          f.minute = in.number(2);
          if (digits == 6) f.second = in.number(2);
        } else if (digits == 2) {
          f.hour = in.number(2);
        }
      }
    }
  }
  if (!read_rest(in, f)) return std::nullopt;
  return to_time(f);
}

}  // namespace podswarm::feeds

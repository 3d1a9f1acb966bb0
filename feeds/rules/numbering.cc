#include "feeds/rules/numbering.h"

#include <fmt/format.h>

#include "feeds/rules/case_fold.h"

namespace podswarm::rules {

namespace {

std::string date_text(std::chrono::sys_days days) {
  const std::chrono::year_month_day date(days);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

// Two digits at least, fractions as they are.
std::string number_text(double value) {
  const auto whole = static_cast<long long>(value);
  return static_cast<double>(whole) == value ? fmt::format("{:02}", whole) : fmt::format("{:g}", value);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter_or_digit(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || (c >= 'a' && c <= 'z') || is_digit(c);
}

// `keep` says of another character at its offset whether it stays.
template <class Keep>
std::string letters_and_digits(std::string_view text, const Keep& keep) {
  std::string out;
  const std::string folded = fold(text);
  for (std::size_t at = 0; at < folded.size(); ++at) {
    if (is_letter_or_digit(folded[at]) || keep(folded, at)) {
      out += folded[at];
    } else if (folded[at] == '&') {
      out += "and";
    }
  }
  return out;
}

bool carries_meaning(std::string_view text, std::size_t at) {
  const char before = at > 0 ? text[at - 1] : ' ';
  const char after = at + 1 < text.size() ? text[at + 1] : ' ';
  switch (text[at]) {
    case '.':
    case ',':
    case ':':
    case '/':
      return is_digit(before) && is_digit(after);
    case '+':
      return is_letter_or_digit(before) || before == '+';
    case '#':
      return is_letter_or_digit(before);  // C#, while #12 is a number
    case '%':
      return is_digit(before);
    case '$':
      return is_digit(after);
    default:
      return false;
  }
}

}  // namespace

std::optional<Span> span_of(const Numbering& numbering) {
  switch (numbering.kind) {
    case Numbering::Kind::kEpisode:
      return Span{season_episode(numbering.season, numbering.first), season_episode(numbering.season, numbering.last),
                  Scale::kSeasonEpisode};
    case Numbering::Kind::kAbsolute:
      return Span{numbering.first, numbering.last, Scale::kAbsoluteEpisode};
    case Numbering::Kind::kDate: {
      const auto days = static_cast<double>(numbering.date.time_since_epoch().count());
      return Span{days, days, Scale::kDateEpisode};
    }
    case Numbering::Kind::kNone:
    case Numbering::Kind::kSeasonPack:
      break;
  }
  return std::nullopt;
}

std::string to_string(const Numbering& numbering) {
  const bool several = numbering.last > numbering.first;
  switch (numbering.kind) {
    case Numbering::Kind::kEpisode: {
      const std::string one = fmt::format("S{:02}E{}", numbering.season, number_text(numbering.first));
      return several ? one + "-E" + number_text(numbering.last) : one;
    }
    case Numbering::Kind::kAbsolute:
      return several ? number_text(numbering.first) + "-" + number_text(numbering.last) : number_text(numbering.first);
    case Numbering::Kind::kDate:
      return date_text(numbering.date);
    case Numbering::Kind::kSeasonPack:
      return numbering.season == kAllSeasons ? "(all seasons)" : fmt::format("S{:02} (season)", numbering.season);
    case Numbering::Kind::kNone:
      break;
  }
  return "";
}

std::vector<std::string> episode_keys(std::string_view show, const Numbering& numbering, std::string_view type) {
  std::vector<std::string> out;
  const std::string kind = normalise_name(type);
  const std::string suffix = kind.empty() || kind == "full" ? "" : "|" + kind;
  const std::string prefix = "episode:" + normalise_name(show) + "|";
  switch (numbering.kind) {
    case Numbering::Kind::kEpisode:
    case Numbering::Kind::kAbsolute: {
      const std::string season =
          numbering.kind == Numbering::Kind::kEpisode ? fmt::format("s{:02}", numbering.season) : std::string();
      for (double n = numbering.first; n <= numbering.last && n <= numbering.first + kMaxSpanEpisodes; ++n) {
        out.push_back(prefix + season + "e" + number_text(n) + suffix);
      }
      break;
    }
    case Numbering::Kind::kDate:
      out.push_back(prefix + date_text(numbering.date) + suffix);
      break;
    case Numbering::Kind::kNone:
    case Numbering::Kind::kSeasonPack:
      break;
  }
  return out;
}

std::string normalise_name(std::string_view name) {
  return letters_and_digits(name, [](std::string_view, std::size_t) { return false; });
}

std::string normalise_title(std::string_view title) {
  return letters_and_digits(title, carries_meaning);
}

}  // namespace podswarm::rules

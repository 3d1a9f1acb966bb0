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
  std::string out;
  for (const char c : fold(name)) {
    const bool keep = static_cast<unsigned char>(c) >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (keep) {
      out += c;
    } else if (c == '&') {
      out += "and";
    }
  }
  return out;
}

}  // namespace podswarm::rules

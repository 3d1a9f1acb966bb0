#include "library/name_template.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include <boost/throw_exception.hpp>

#include "base/located.h"
#include "base/text.h"
#include "library/portable_name.h"

namespace podswarm::library {

namespace {

enum class FieldType { kText, kTime, kNumber };

struct Field {
  std::string_view name;
  FieldType type;
};

constexpr std::array<Field, 17> kFields = {{{"feed", FieldType::kText},
                                            {"title", FieldType::kText},
                                            {"published", FieldType::kTime},
                                            {"added", FieldType::kTime},
                                            {"ext", FieldType::kText},
                                            {"guid", FieldType::kText},
                                            {"id", FieldType::kNumber},
                                            {"season", FieldType::kNumber},
                                            {"episode", FieldType::kNumber},
                                            {"ep_type", FieldType::kText},
                                            {"show", FieldType::kText},
                                            {"ep", FieldType::kText},
                                            {"author", FieldType::kText},
                                            {"quality", FieldType::kText},
                                            {"duration", FieldType::kNumber},
                                            {"tags", FieldType::kText},
                                            {"original", FieldType::kText}}};

constexpr std::size_t kMaxTemplateBytes = 1000;
// A field is at most a path component; what is longer would only be cut there.
constexpr std::size_t kMaxValueBytes = 1000;

std::vector<std::string_view> names_of_fields() {
  std::vector<std::string_view> out;
  for (const auto& field : kFields) out.push_back(field.name);
  return out;
}

const Field* find_field(std::string_view name) {
  const auto* found = std::find_if(kFields.begin(), kFields.end(), [&](const Field& f) { return f.name == name; });
  return found == kFields.end() ? nullptr : found;
}

// Where in `format` the first thing stands that is no time format; npos where there is none.
std::size_t bad_time_format(std::string_view format) {
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (i + 1 == format.size() || std::string_view("YymdHMSjBbAaV%").find(format[i + 1]) == std::string_view::npos)
      return i;
    ++i;
  }
  return std::string_view::npos;
}

bool is_width(std::string_view format) {
  return !format.empty() && format.size() <= 2 &&
         std::all_of(format.begin(), format.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// ISO 8601: week 1 is the one with the year's first Thursday.
int iso_week(std::chrono::sys_days day) {
  const std::chrono::weekday weekday(day);
  const auto thursday = day - std::chrono::days(weekday.iso_encoding()) + std::chrono::days(4);
  const std::chrono::year_month_day date(thursday);
  const std::chrono::sys_days new_year(date.year() / 1 / 1);
  return static_cast<int>((thursday - new_year).count() / 7) + 1;
}

std::string format_time(std::chrono::sys_seconds utc, std::chrono::seconds offset, std::string_view format) {
  static constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                            "July",    "August",   "September", "October", "November", "December"};
  static constexpr const char* kDays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  const auto local = utc + offset;
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(local - day);
  const int year = static_cast<int>(date.year());
  const auto month = static_cast<unsigned>(date.month());
  const unsigned weekday = std::chrono::weekday(day).c_encoding();
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    switch (format[++i]) {
      case 'Y':
        out += fmt::format("{:04}", year);
        break;
      case 'y':
        out += fmt::format("{:02}", ((year % 100) + 100) % 100);
        break;
      case 'm':
        out += fmt::format("{:02}", month);
        break;
      case 'd':
        out += fmt::format("{:02}", static_cast<unsigned>(date.day()));
        break;
      case 'H':
        out += fmt::format("{:02}", clock.hours().count());
        break;
      case 'M':
        out += fmt::format("{:02}", clock.minutes().count());
        break;
      case 'S':
        out += fmt::format("{:02}", clock.seconds().count());
        break;
      case 'j':
        out += fmt::format("{:03}", (day - std::chrono::sys_days(date.year() / 1 / 1)).count() + 1);
        break;
      case 'B':
        out += kMonths[month - 1];
        break;
      case 'b':
        out += std::string_view(kMonths[month - 1]).substr(0, 3);
        break;
      case 'A':
        out += kDays[weekday];
        break;
      case 'a':
        out += std::string_view(kDays[weekday]).substr(0, 3);
        break;
      case 'V':
        out += fmt::format("{:02}", iso_week(day));
        break;
      default:
        out += format[i];
    }
  }
  return out;
}

// "7", "07", "7.5": whole numbers without a point, padded to `width` before it.
std::string format_number(double value, int width) {
  if (!std::isfinite(value) || std::abs(value) >= 1e15) return "";
  const double whole = std::trunc(value);
  std::string out = fmt::format("{:0{}}", static_cast<std::int64_t>(whole), width);
  if (whole != value) {
    const std::string decimals = fmt::format("{:.3g}", std::abs(value - whole));
    if (const auto point = decimals.find('.'); point != std::string::npos) out += decimals.substr(point);
  }
  return out;
}

std::string format_length(std::chrono::seconds duration, int width) {
  const auto minutes = std::chrono::round<std::chrono::minutes>(duration).count();
  if (width > 0) return fmt::format("{:0{}}", minutes, width);
  return minutes < 60 ? fmt::format("{}m", minutes) : fmt::format("{}h{:02}m", minutes / 60, minutes % 60);
}

std::string value_of(const NameFields& fields, std::string_view name, const std::string& format) {
  const auto time = [&](std::chrono::sys_seconds at) {
    return format_time(at, fields.utc_offset, format.empty() ? std::string_view("%Y-%m-%d") : format);
  };
  const int width = is_width(format) ? std::stoi(format) : 0;
  const auto number = [&](std::optional<double> value) { return value ? format_number(*value, width) : std::string(); };
  if (name == "feed") return fields.feed;
  if (name == "title") return base::trim(fields.title).empty() ? "untitled" : fields.title;
  if (name == "published") return fields.published ? time(*fields.published) : "undated";
  if (name == "added") return time(fields.added);
  if (name == "ext") return fields.ext;
  if (name == "guid") return fields.guid;
  if (name == "id") return fmt::format("{:0{}}", fields.id, width);
  if (name == "season") return number(fields.season);
  if (name == "episode") return number(fields.episode);
  if (name == "ep_type") return fields.episode_type;
  if (name == "show") return fields.show;
  if (name == "ep") return fields.ep;
  if (name == "author") return fields.author;
  if (name == "quality") return fields.quality;
  if (name == "duration") return fields.duration ? format_length(*fields.duration, width) : "";
  if (name == "tags") return fmt::format("{}", fmt::join(fields.tags, " "));
  if (name == "original") return fields.original;
  const auto extra = fields.extra.find(std::string(name));
  return extra == fields.extra.end() ? "" : extra->second;
}

// A value may hold any character, but a '/' in it does not make a folder.
std::string without_separators(std::string value) {
  value = std::string(base::utf8_prefix(value, kMaxValueBytes));
  std::replace(value.begin(), value.end(), '/', '-');
  std::replace(value.begin(), value.end(), '\\', '-');
  return value;
}

}  // namespace

void throw_exception_from_error(const TemplateProblem& problem, const boost::source_location& at) {
  boost::throw_with_location(std::logic_error("value() of a refused template: " + problem.message), at);
}

std::vector<std::string> fields_in(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') continue;
    if (text.substr(i + 1).starts_with('{')) {
      ++i;
      continue;
    }
    const auto field = text.substr(i + 1, text.find('}', i) - i - 1);
    names.emplace_back(field.substr(0, field.find(':')));
  }
  return names;
}

std::span<const std::string_view> template_fields() {
  static const auto kNames = names_of_fields();
  return kNames;
}

boost::system::result<NameTemplate, TemplateProblem> NameTemplate::compile(std::string_view text,
                                                                           std::span<const std::string> extra_fields) {
  const auto refuse = [](std::size_t offset, std::string message, std::string hint = {}) {
    return TemplateProblem{offset + 1, std::move(message), std::move(hint)};
  };
  if (base::trim(text).empty()) return refuse(0, "the template is empty");
  if (text.size() > kMaxTemplateBytes) return refuse(kMaxTemplateBytes, "the template is too long");
  if (!base::is_valid_utf8(text)) return refuse(0, "the template is not UTF-8");
  if (text.front() == '/')
    return refuse(0, "the template is an absolute path", "it is appended to the library's folder");
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('/', begin), text.size());
    if (base::trim(text.substr(begin, end - begin)) == "..") return refuse(begin, "\"..\" leads out of the library");
    begin = end + 1;
  }

  NameTemplate out;
  out.text_ = text;
  std::string literal;
  bool field_in_last_name = false;
  const auto flush = [&] {
    if (!literal.empty()) out.parts_.push_back({false, std::move(literal), ""});
    literal.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool doubled = i + 1 < text.size() && text[i + 1] == c;
    if ((c == '{' || c == '}') && doubled) {
      literal += c;
      ++i;
    } else if (c == '}') {
      return refuse(i, "\"}\" without \"{\"", "write \"}}\" for a brace");
    } else if (c != '{') {
      if (c == '/') field_in_last_name = false;
      literal += c;
    } else {
      const auto end = text.find('}', i);
      if (end == std::string_view::npos) return refuse(i, "\"{\" without \"}\"", "write \"{{\" for a brace");
      const auto inside = text.substr(i + 1, end - i - 1);
      const auto colon = inside.find(':');
      const auto name = inside.substr(0, colon);
      const auto format = colon == std::string_view::npos ? std::string_view{} : inside.substr(colon + 1);
      const Field* field = find_field(name);
      const bool extra = std::find(extra_fields.begin(), extra_fields.end(), name) != extra_fields.end();
      if (field == nullptr && !extra) {
        auto known = names_of_fields();
        known.insert(known.end(), extra_fields.begin(), extra_fields.end());
        const auto near = base::nearest(std::string(name), known);
        return refuse(i + 1, "unknown field \"" + std::string(name) + "\"",
                      near.empty() ? "" : "did you mean \"" + near + "\"?");
      }
      const FieldType type = field == nullptr ? FieldType::kText : field->type;
      const std::size_t format_at = i + 1 + name.size() + 1;
      if (colon != std::string_view::npos) {
        if (type == FieldType::kText) return refuse(format_at, "{" + std::string(name) + "} takes no format");
        if (type == FieldType::kNumber && !is_width(format)) {
          return refuse(format_at, "a number's format is its width", "as in {" + std::string(name) + ":02}");
        }
        if (type == FieldType::kTime) {
          if (format.empty()) return refuse(format_at, "the format is empty", "as in {published:%Y-%m-%d}");
          if (const auto bad = bad_time_format(format); bad != std::string_view::npos) {
            return refuse(format_at + bad, "unknown time format \"" + std::string(format.substr(bad, 2)) + "\"",
                          "known: %Y %y %m %d %H %M %S %j %B %b %A %a %V %%");
          }
        }
      }
      flush();
      out.parts_.push_back({true, std::string(name), std::string(format)});
      if (name != "ext") field_in_last_name = true;
      i = end;
    }
  }
  flush();
  out.has_ext_ = out.parts_.back().is_field && out.parts_.back().text == "ext";
  if (!field_in_last_name) {
    return refuse(text.size() - 1, "every file would get the same name",
                  "put {title} or another field behind the last \"/\"");
  }
  return out;
}

std::filesystem::path NameTemplate::expand(const NameFields& fields) const {
  std::string out;
  for (const auto& part : parts_) {
    if (!part.is_field) {
      out += part.text;
      continue;
    }
    // A time's format may hold '/', which parts folders as it does outside.
    const auto* field = find_field(part.text);
    std::string value = value_of(fields, part.text, part.format);
    out += field != nullptr && field->type == FieldType::kTime ? value : without_separators(std::move(value));
  }
  const std::string id = fmt::format("episode {}", fields.id);
  if (!has_ext_ && !fields.ext.empty()) out += "." + without_separators(fields.ext);
  // A last name of nothing but ".ext" has lost its only field: it gets one back.
  const auto slash = out.rfind('/');
  const std::size_t last = slash == std::string::npos ? 0 : slash + 1;
  const auto stem_end = fields.ext.empty() ? std::string::npos : out.size() - fields.ext.size() - 1;
  if (!fields.ext.empty() && stem_end >= last && out.ends_with("." + fields.ext) &&
      portable_component(std::string_view(out).substr(last, stem_end - last), "").empty()) {
    out.insert(last, id);
  } else if (portable_component(std::string_view(out).substr(last), "").empty()) {
    out += id;
  }
  return portable_path(out, id);
}

}  // namespace podswarm::library

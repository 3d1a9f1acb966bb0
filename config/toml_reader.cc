#include "config/toml_reader.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "base/units.h"

namespace podswarm::config {

namespace {

constexpr std::size_t kMaxProblems = 100;

std::string type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a decimal number";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

}  // namespace

Source::Source(std::string_view text, std::string filename)
    : filename_(std::move(filename)), lines_(base::split(text, '\n')) {}

void Source::problem(base::SourcePos pos, std::string message, std::string hint) {
  if (problems_.size() >= kMaxProblems) return;
  problems_.push_back({filename_, pos, std::move(message), std::move(hint)});
}

base::SourcePos Source::pos_of(const toml::node& node) {
  const auto& begin = node.source().begin;
  return {static_cast<std::uint32_t>(begin.line), static_cast<std::uint32_t>(begin.column)};
}

base::SourcePos Source::content_pos(const toml::node& node) const {
  base::SourcePos pos = pos_of(node);
  if (pos.line == 0 || pos.line > lines_.size()) return pos;
  const std::string_view line = lines_[pos.line - 1];
  // Columns count characters, not bytes.
  std::size_t at = 0;
  for (std::uint32_t column = 1; column < pos.column && at < line.size(); ++column) {
    ++at;
    while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xc0) == 0x80) ++at;
  }
  const auto rest = line.substr(std::min(at, line.size()));
  if (rest.starts_with("\"\"\"") || rest.starts_with("'''")) {
    const auto content = base::trim(rest.substr(3));
    if (!content.empty()) return {pos.line, pos.column + 3};
    return {pos.line + 1, 1};  // a newline right behind the quotes is not part of the text
  }
  if (rest.starts_with('"') || rest.starts_with('\'')) ++pos.column;
  return pos;
}

std::optional<toml::table> parse_toml(std::string_view text, Source& source) {
  try {
    return toml::parse(text, source.filename());
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    source.problem({static_cast<std::uint32_t>(begin.line), static_cast<std::uint32_t>(begin.column)},
                   std::string(error.description()));
    return std::nullopt;
  }
}

std::string TableReader::name(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const toml::node* TableReader::node(std::string_view key) {
  known_.emplace_back(key);
  return table_.get(key);
}

void TableReader::problem(std::string_view key, const std::string& message, std::string hint) {
  const toml::node* at = table_.get(key);
  source_.problem(at != nullptr ? Source::pos_of(*at) : Source::pos_of(table_), name(key) + ": " + message,
                  std::move(hint));
}

void TableReader::wrong_type(std::string_view key, const toml::node& at, const std::string& wanted) {
  source_.problem(Source::pos_of(at), name(key) + ": wants " + wanted + ", got " + type_name(at));
}

std::optional<base::Located<std::string>> TableReader::located_text(std::string_view key) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  if (const auto* value = found->as_string())
    return base::Located<std::string>{value->get(), source_.content_pos(*found)};
  wrong_type(key, *found, "a text");
  return std::nullopt;
}

std::optional<std::string> TableReader::text(std::string_view key) {
  auto value = located_text(key);
  if (!value) return std::nullopt;
  return std::move(value->value);
}

std::vector<base::Located<std::string>> TableReader::located_texts(std::string_view key) {
  std::vector<base::Located<std::string>> out;
  const auto* found = node(key);
  if (found == nullptr) return out;
  if (const auto* one = found->as_string()) {
    out.push_back({one->get(), source_.content_pos(*found)});
    return out;
  }
  const auto* array = found->as_array();
  if (array == nullptr) {
    wrong_type(key, *found, "a text or an array of texts");
    return out;
  }
  for (const auto& element : *array) {
    if (const auto* one = element.as_string()) {
      out.push_back({one->get(), source_.content_pos(element)});
    } else {
      wrong_type(key, element, "texts only");
    }
  }
  return out;
}

std::optional<std::vector<std::string>> TableReader::texts(std::string_view key) {
  if (table_.get(key) == nullptr) {
    known_.emplace_back(key);
    return std::nullopt;
  }
  std::vector<std::string> out;
  for (auto& one : located_texts(key)) out.push_back(std::move(one.value));
  return out;
}

std::optional<base::Located<bool>> TableReader::located_flag(std::string_view key) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  if (const auto* value = found->as_boolean()) return base::Located<bool>{value->get(), Source::pos_of(*found)};
  wrong_type(key, *found, "true or false");
  return std::nullopt;
}

std::optional<bool> TableReader::flag(std::string_view key) {
  const auto value = located_flag(key);
  if (!value) return std::nullopt;
  return value->value;
}

std::optional<base::Located<std::int64_t>> TableReader::located_integer(std::string_view key, std::int64_t least,
                                                                        std::int64_t most) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  const auto* value = found->as_integer();
  if (value == nullptr) {
    wrong_type(key, *found, "an integer");
    return std::nullopt;
  }
  if (value->get() < least || value->get() > most) {
    problem(key,
            "is " + std::to_string(value->get()) + ", wants " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }
  return base::Located<std::int64_t>{value->get(), Source::pos_of(*found)};
}

std::optional<int> TableReader::integer(std::string_view key, int least, int most) {
  const auto value = located_integer(key, least, most);
  if (!value) return std::nullopt;
  return static_cast<int>(value->value);
}

std::optional<std::uint16_t> TableReader::port(std::string_view key) {
  const auto value = located_integer(key, 0, 65535);
  if (!value) return std::nullopt;
  return static_cast<std::uint16_t>(value->value);
}

std::optional<double> TableReader::number(std::string_view key, double least, double most) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  const auto value = found->value<double>();
  if (!value || found->is_string() || found->is_boolean()) {
    wrong_type(key, *found, "a number");
    return std::nullopt;
  }
  if (!std::isfinite(*value) || *value < least || *value > most) {
    problem(key, "wants a number from " + std::to_string(static_cast<std::int64_t>(least)) + " to " +
                     std::to_string(static_cast<std::int64_t>(most)));
    return std::nullopt;
  }
  return value;
}

std::optional<std::chrono::seconds> TableReader::duration(std::string_view key, std::chrono::seconds least,
                                                          std::chrono::seconds most) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  const auto* written = found->as_string();
  if (written == nullptr) {
    wrong_type(key, *found, "a duration such as \"90s\", \"20m\" or \"1h30m\"");
    return std::nullopt;
  }
  const auto value = base::parse_duration(written->get());
  if (!value) {
    problem(key, "\"" + written->get() + "\" is no duration", "as in \"90s\", \"20m\", \"1h30m\", \"7d\"");
    return std::nullopt;
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*value);
  if (seconds < least || seconds > most) {
    problem(key, "is " + base::format_duration(seconds) + ", wants " + base::format_duration(least) + " to " +
                     base::format_duration(most));
    return std::nullopt;
  }
  return seconds;
}

std::optional<std::uint64_t> TableReader::bytes(std::string_view key) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  if (const auto* value = found->as_integer()) {
    if (value->get() >= 0) return static_cast<std::uint64_t>(value->get());
    problem(key, "must not be negative");
    return std::nullopt;
  }
  const auto* written = found->as_string();
  if (written == nullptr) {
    wrong_type(key, *found, "bytes, as a number or a text such as \"500KiB\"");
    return std::nullopt;
  }
  const auto value = base::parse_bytes(written->get());
  if (!value) problem(key, "\"" + written->get() + "\" is no size or rate", "as in \"500KiB\", \"8MB\", \"2GiB\"");
  return value;
}

std::optional<std::optional<std::uint64_t>> TableReader::bytes_or_empty(std::string_view key) {
  const auto* found = table_.get(key);
  if (found != nullptr && found->is_string() && base::trim(found->as_string()->get()).empty()) {
    known_.emplace_back(key);
    return std::optional<std::uint64_t>();
  }
  const auto value = bytes(key);
  if (!value) return std::nullopt;
  return value;
}

std::optional<int> TableReader::percent(std::string_view key) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  std::int64_t value = -1;
  if (const auto* integer_value = found->as_integer()) {
    value = integer_value->get();
  } else if (const auto* written = found->as_string()) {
    const auto trimmed = base::trim(written->get());
    const auto digits = base::trim(trimmed.substr(0, trimmed.find('%')));
    const bool plain = !digits.empty() && digits.size() <= 3 && trimmed.ends_with('%') &&
                       std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (plain) value = std::stoi(std::string(digits));
  } else {
    wrong_type(key, *found, "a percentage such as \"10%\"");
    return std::nullopt;
  }
  if (value >= 0 && value <= 100) return static_cast<int>(value);
  problem(key, "wants a percentage from \"0%\" to \"100%\"");
  return std::nullopt;
}

std::optional<Window> TableReader::window(std::string_view key) {
  std::optional<Window> sum;
  for (const auto& written : located_texts(key)) {
    auto parsed = parse_window(written.value);
    if (!parsed) {
      source_.problem(written.pos, name(key) + ": " + parsed.error().message);
      return std::nullopt;
    }
    sum = sum ? add_windows(*sum, *parsed) : *std::move(parsed);
  }
  return sum;
}

std::optional<DoneBy> TableReader::done_by(std::string_view key) {
  const auto written = located_text(key);
  if (!written || base::trim(written->value).empty()) return std::nullopt;
  const auto parsed = parse_done_by(written->value);
  if (parsed) return *parsed;
  source_.problem(written->pos, name(key) + ": " + parsed.error().message);
  return std::nullopt;
}

std::optional<std::size_t> TableReader::index_of(std::string_view key, const std::vector<std::string_view>& names) {
  const auto written = located_text(key);
  if (!written) return std::nullopt;
  std::string known;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (written->value == names[i]) return i;
    known += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + ("\"" + std::string(names[i]) + "\"");
  }
  const auto near = base::nearest(written->value, std::vector<std::string>(names.begin(), names.end()));
  source_.problem(written->pos, name(key) + ": \"" + written->value + "\" is not " + known,
                  near.empty() ? "" : "did you mean \"" + near + "\"?");
  return std::nullopt;
}

std::optional<std::string> TableReader::backlog(std::string_view key) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  std::optional<std::string> value;
  if (const auto* count = found->as_integer()) {
    value = normalise_backlog(std::to_string(count->get()));
  } else if (const auto* written = found->as_string()) {
    value = normalise_backlog(written->get());
  }
  if (!value) problem(key, R"(wants a number, "latest:N", "all", "none" or "since:YYYY-MM-DD")");
  return value;
}

const toml::table* TableReader::table(std::string_view key) {
  const auto* found = node(key);
  if (found == nullptr) return nullptr;
  if (const auto* value = found->as_table()) return value;
  wrong_type(key, *found, "a table, [" + name(key) + "]");
  return nullptr;
}

std::vector<const toml::table*> TableReader::tables(std::string_view key) {
  std::vector<const toml::table*> out;
  const auto* found = node(key);
  if (found == nullptr) return out;
  const auto* array = found->as_array();
  if (array == nullptr) {
    wrong_type(key, *found, "tables that begin with [[" + name(key) + "]]");
    return out;
  }
  for (const auto& element : *array) {
    if (const auto* value = element.as_table()) {
      out.push_back(value);
    } else {
      wrong_type(key, element, "tables that begin with [[" + name(key) + "]]");
    }
  }
  return out;
}

void TableReader::finish() {
  for (const auto& [key, value] : table_) {
    const std::string written(key.str());
    if (std::find(known_.begin(), known_.end(), written) != known_.end()) continue;
    const auto& begin = key.source().begin;
    std::string hint;
    if (written == "password" || written == "token") {
      hint = "secrets do not belong in this file: name an environment variable in " + std::string(written) +
             "_env or a file in " + std::string(written) + "_file";
    } else if (const auto near = base::nearest(written, known_); !near.empty()) {
      hint = "did you mean \"" + near + "\"?";
    } else {
      hint = "known here:";
      for (const auto& name : known_) hint += " " + name;
    }
    source_.problem({static_cast<std::uint32_t>(begin.line), static_cast<std::uint32_t>(begin.column)},
                    name(written) + ": unknown key", hint);
  }
}

}  // namespace podswarm::config

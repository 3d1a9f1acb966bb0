#include "app/report.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <ctime>
#include <map>

#include "app/exit_code.h"
#include "app/terminal.h"
#include "base/file.h"
#include "base/units.h"
#include "feeds/rules/rule_set.h"

namespace podswarm::app {

namespace json = boost::json;

void complain(std::string_view message) {
  while (!message.empty()) {
    const auto end = message.find('\n');
    fmt::print(stderr, "podswarm: {}\n", printable(message.substr(0, end)));
    if (end == std::string_view::npos) return;
    message.remove_prefix(end + 1);
  }
}

void print_json(const json::value& value) {
  const std::string text = json::serialize(value);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return 0;
  json::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? 0 : number;
}

bool flag_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const json::array& array_of(const json::object& object, std::string_view key) {
  static const json::array kNone;
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : kNone;
}

const json::object& object_of(const json::object& object, std::string_view key) {
  static const json::object kNone;
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : kNone;
}

std::string local_time(const std::string& rfc3339) {
  const auto time = base::parse_rfc3339(rfc3339);
  if (!time) return {};
  const std::time_t seconds = time->time_since_epoch().count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char buffer[32];
  const std::size_t length = std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M", &local);
  return std::string(buffer, length);
}

int print_problems(const Globals& globals, const std::string& file, const std::vector<base::Diagnostic>& problems) {
  if (globals.json) {
    json::array list;
    for (const auto& problem : problems) {
      list.push_back(json::object{{"file", problem.file},
                                  {"line", problem.pos.line},
                                  {"column", problem.pos.column},
                                  {"message", problem.message},
                                  {"hint", problem.hint}});
    }
    print_json(json::object{{"file", file}, {"ok", problems.empty()}, {"problems", std::move(list)}});
  } else {
    std::map<std::string, std::string> sources;
    for (const auto& problem : problems) {
      const auto [source, is_new] = sources.try_emplace(problem.file);
      if (is_new) {
        if (auto text = base::read_file(problem.file, 16u << 20)) source->second = std::move(*text);
      }
      fmt::print(stderr, "{}\n", rules::render_with_caret(problem, source->second));
    }
    if (problems.empty() && !globals.quiet) fmt::print("{}: no problems\n", file);
  }
  return problems.empty() ? kOk : kFailure;
}

}  // namespace podswarm::app

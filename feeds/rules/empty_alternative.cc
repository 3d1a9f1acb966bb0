#include "feeds/rules/empty_alternative.h"

#include <vector>

namespace podswarm::rules {

namespace {

constexpr auto kNowhere = std::string_view::npos;

// One pair of parentheses, or the whole.
struct Level {
  std::size_t last_bar = kNowhere;
  bool empty = true;      // the alternative under way
  bool all_empty = true;  // every one so far
};

// Behind the bracket that ends the class which opens at `at`.
std::size_t class_end(std::string_view pattern, std::size_t at) {
  ++at;
  if (pattern.substr(at, 1) == "^") ++at;
  if (pattern.substr(at, 1) == "]") ++at;  // a bracket in first place is itself
  while (at < pattern.size() && pattern[at] != ']') {
    if (pattern[at] == '\\') {
      at += 2;
    } else if (pattern.substr(at, 2) == "[:") {
      const std::size_t end = pattern.find(":]", at + 2);
      at = end == kNowhere ? at + 1 : end + 2;
    } else {
      ++at;
    }
  }
  return at + 1;
}

// What opens at a parenthesis.
struct Opening {
  std::size_t end = 0;   // behind it: where the group's content begins, or what follows
  bool is_group = true;  // else flags or a comment, over already
};

Opening opening_at(std::string_view pattern, std::size_t at) {
  const std::string_view rest = pattern.substr(at);
  const auto behind = [&](char sign, std::size_t from) {
    const std::size_t end = pattern.find(sign, from);
    return end == kNowhere ? pattern.size() : end + 1;
  };
  if (rest.substr(0, 2) == "(*" || rest.substr(0, 3) == "(?#") return {behind(')', at), false};
  if (rest.substr(0, 2) != "(?") return {at + 1, true};
  if (rest.substr(0, 3) == "(?(") return {behind(')', at + 3), true};  // the condition; its branches follow
  if (rest.substr(0, 4) == "(?<=" || rest.substr(0, 4) == "(?<!") return {at + 4, true};
  if (rest.substr(0, 3) == "(?<" || rest.substr(0, 4) == "(?P<") return {behind('>', at), true};
  if (rest.substr(0, 3) == "(?'") return {behind('\'', at + 3), true};
  for (std::size_t i = at + 2; i < pattern.size(); ++i) {
    if (pattern[i] == ')') return {i + 1, false};  // (?i)
    const bool is_flag = (pattern[i] >= 'a' && pattern[i] <= 'z') || (pattern[i] >= 'A' && pattern[i] <= 'Z') ||
                         pattern[i] == '-' || pattern[i] == '^';
    if (!is_flag) return {i + 1, true};  // (?: (?i: (?= (?! (?> (?|
  }
  return {pattern.size(), false};
}

}  // namespace

std::optional<EmptyAlternative> find_empty_alternative(std::string_view pattern) {
  std::vector<Level> levels(1);
  const auto found = [&](std::size_t bar) { return EmptyAlternative{bar, levels.size() > 1, true}; };
  for (std::size_t at = 0; at < pattern.size();) {
    Level& level = levels.back();
    const auto something = [&] { level.empty = level.all_empty = false; };
    switch (pattern[at]) {
      case '\\':
        if (pattern.substr(at, 2) == "\\Q") {
          const std::size_t end = pattern.find("\\E", at + 2);
          if (end != at + 2) something();
          at = end == kNowhere ? pattern.size() : end + 2;
        } else {
          something();
          at += 2;
        }
        break;
      case '[':
        something();
        at = class_end(pattern, at);
        break;
      case '(': {
        const Opening opening = opening_at(pattern, at);
        at = opening.end;
        if (opening.is_group) levels.emplace_back();
        break;
      }
      case ')': {
        if (level.last_bar != kNowhere && level.empty) return found(level.last_bar);
        const bool was_empty = level.all_empty;
        if (levels.size() > 1) levels.pop_back();
        if (!was_empty) levels.back().empty = levels.back().all_empty = false;
        ++at;
        break;
      }
      case '|':
        if (level.empty) return found(at);
        level.last_bar = at++;
        level.empty = true;
        break;
      default:
        something();
        ++at;
    }
  }
  const Level& whole = levels.back();
  if (whole.last_bar != kNowhere && whole.empty) return found(whole.last_bar);
  if (whole.all_empty) return EmptyAlternative{0, false, false};
  return std::nullopt;
}

}  // namespace podswarm::rules

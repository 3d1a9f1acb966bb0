#include "feeds/rules/decision.h"

#include <fmt/format.h>

#include "feeds/rules/rule_set.h"

namespace podswarm::rules {

std::string_view to_string(Action action) {
  switch (action) {
    case Action::kDownload:
      return "download";
    case Action::kSkip:
      return "skip";
    case Action::kNotify:
      return "notify";
    case Action::kMarkSeen:
      return "mark-seen";
    case Action::kHold:
      return "hold";
    case Action::kDefer:
      return "defer";
    case Action::kNone:
      break;
  }
  return "none";
}

std::string Explanation::to_text() const {
  std::string out = fmt::format("{}: {}\n", to_string(decision.action), decision.reason);
  for (const RuleTrace& rule : rules) {
    out += fmt::format("  {} ({}): {}\n", rule.rule, to_string(rule.action), rule.outcome);
    for (const PredicateTrace& row : rule.predicates) {
      const std::string place = row.pos.line == 0 ? "" : fmt::format("{}:{} ", row.pos.line, row.pos.column);
      out += fmt::format("    {:<7} {:<6} {}{}", to_string(row.truth), row.clause, place, row.text);
      if (!row.actual.empty()) out += "  [" + row.actual + "]";
      if (!row.matched.empty()) out += "  matched \"" + row.matched + "\"";
      out += '\n';
    }
  }
  return out;
}

std::string render_with_caret(const base::Diagnostic& diagnostic, std::string_view source) {
  base::Diagnostic head = diagnostic;
  head.hint.clear();
  std::string out = head.to_string() + "\n";
  std::uint32_t line_number = 1;
  while (line_number < diagnostic.pos.line) {
    const auto end = source.find('\n');
    if (end == std::string_view::npos) break;
    source.remove_prefix(end + 1);
    ++line_number;
  }
  std::string_view line = source.substr(0, source.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (diagnostic.pos.line != 0 && line_number == diagnostic.pos.line && !line.empty()) {
    out += "  " + std::string(line) + "\n  ";
    std::uint32_t column = 1;
    for (std::size_t i = 0; i < line.size() && column < diagnostic.pos.column; ++i) {
      if (i + 1 < line.size() && (static_cast<unsigned char>(line[i + 1]) & 0xC0) == 0x80) continue;
      out += line[i] == '\t' ? '\t' : ' ';
      ++column;
    }
    for (; column < diagnostic.pos.column; ++column) out += ' ';
    out += "^\n";
  }
  if (!diagnostic.hint.empty()) out += "  " + diagnostic.hint + "\n";
  return out;
}

}  // namespace podswarm::rules

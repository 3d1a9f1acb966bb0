#include "feeds/rules/toml_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace podswarm::rules {

namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

// A literal string where that spares escapes, so that expressions stay readable.
std::string quoted(const std::string& raw) {
  const std::string text = base::repair_utf8(raw);
  const bool has_control = std::any_of(text.begin(), text.end(), is_control);
  const bool wants_literal = text.find_first_of("\"\\") != std::string::npos;
  if (wants_literal && !has_control && text.find('\'') == std::string::npos) return "'" + text + "'";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (is_control(c)) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

class Table {
 public:
  void text(std::string_view key, const Text& value) {
    if (!value.value.empty()) line(key, quoted(value.value));
  }
  void list(std::string_view key, const std::vector<Text>& values) {
    if (values.empty()) return;
    std::string joined;
    for (const Text& value : values) joined += (joined.empty() ? "" : ", ") + quoted(value.value);
    line(key, "[" + joined + "]");
  }
  void flag(std::string_view key, bool value, bool default_value) {
    if (value != default_value) line(key, value ? "true" : "false");
  }
  void line(std::string_view key, const std::string& value) { out_ += fmt::format("{} = {}\n", key, value); }
  [[nodiscard]] const std::string& str() const { return out_; }

 private:
  std::string out_ = "[[rule]]\n";
};

}  // namespace

std::string to_toml(const std::vector<RuleSpec>& rules) {
  std::string out;
  for (const RuleSpec& rule : rules) {
    Table table;
    table.text("id", rule.id);
    table.list("feeds", rule.feeds);
    table.flag("enabled", rule.enabled, true);
    if (rule.priority != 0) table.line("priority", std::to_string(rule.priority));
    table.list("any", rule.any);
    table.list("all", rule.all);
    table.list("none", rule.none);
    table.text("where", rule.where);
    table.flag("match_all", rule.match_all, false);
    table.text("on_unknown", rule.on_unknown);
    table.text("action", rule.action);
    table.flag("continue", rule.continue_, false);
    table.text("dest", rule.dest);
    table.text("name", rule.name);
    table.list("tags", rule.tags);
    table.text("queue", rule.queue);
    table.flag("paused", rule.paused, false);
    table.text("once_per", rule.once_per);
    table.text("repack", rule.repack);
    table.text("cooldown", rule.cooldown);
    table.text("limit", rule.limit);
    table.text("wait", rule.wait);
    table.list("prefer", rule.prefer);
    if (!out.empty()) out += '\n';
    out += table.str();
  }
  return out;
}

}  // namespace podswarm::rules

#include "config/rule_entry.h"

#include "config/toml_reader.h"

namespace podswarm::config {

namespace {

// Conditions; nobody means to have none, and left out in silence the rule would take more than it says.
RuleEntry::Texts read_conditions(std::string_view key, const toml::table& table, TableReader& reader) {
  const auto* list = table.get_as<toml::array>(key);
  if (list != nullptr && list->empty()) reader.problem(key, "has no condition in it", "take it away, or write one");
  return reader.located_texts(key);
}

}  // namespace

RuleEntry read_rule(const toml::table& table, Source& source) {
  TableReader reader(table, "rule", source);
  RuleEntry rule;
  rule.file = source.filename();
  rule.pos = Source::pos_of(table);
  rule.id = reader.located_text("id");
  rule.feeds = reader.located_texts("feeds");
  rule.priority = reader.located_integer("priority", -1'000'000, 1'000'000);
  rule.any = read_conditions("any", table, reader);
  rule.all = read_conditions("all", table, reader);
  rule.none = read_conditions("none", table, reader);
  rule.where = reader.located_text("where");
  rule.match_all = reader.located_flag("match_all");
  rule.action = reader.located_text("action");
  rule.dest = reader.located_text("dest");
  rule.name = reader.located_text("name");
  rule.tags = reader.located_texts("tags");
  rule.once_per = reader.located_text("once_per");
  rule.repack = reader.located_text("repack");
  rule.cooldown = reader.located_text("cooldown");
  rule.limit = reader.located_text("limit");
  rule.wait = reader.located_text("wait");
  rule.prefer = read_conditions("prefer", table, reader);
  rule.on_unknown = reader.located_text("on_unknown");
  rule.continue_ = reader.located_flag("continue");
  rule.enabled = reader.located_flag("enabled");
  rule.paused = reader.located_flag("paused");
  rule.queue = reader.located_text("queue");
  reader.finish();
  return rule;
}

}  // namespace podswarm::config

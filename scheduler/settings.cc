#include "scheduler/settings.h"

#include <algorithm>
#include <map>

#include "base/file.h"
#include "library/name_template.h"
#include "scheduler/window.h"

namespace podswarm::scheduler {

namespace {

constexpr std::size_t kMaxRulesBytes = 4u << 20;

rules::Text text_of(const config::RuleEntry::Text& text) {
  return text.value_or(rules::Text{});
}

bool flag_of(const config::RuleEntry::Flag& flag, bool otherwise) {
  return flag ? flag->value : otherwise;
}

rules::RuleSpec spec_of(const config::RuleEntry& entry) {
  rules::RuleSpec spec;
  spec.file = entry.file;
  spec.pos = entry.pos;
  spec.id = text_of(entry.id);
  spec.feeds = entry.feeds;
  spec.priority =
      entry.priority ? static_cast<int>(std::clamp<std::int64_t>(entry.priority->value, -1'000'000, 1'000'000)) : 0;
  spec.any = entry.any;
  spec.all = entry.all;
  spec.none = entry.none;
  spec.where = text_of(entry.where);
  spec.match_all = flag_of(entry.match_all, false);
  spec.on_unknown = text_of(entry.on_unknown);
  spec.action = text_of(entry.action);
  spec.dest = text_of(entry.dest);
  spec.name = text_of(entry.name);
  spec.tags = entry.tags;
  spec.queue = text_of(entry.queue);
  spec.paused = flag_of(entry.paused, false);
  spec.continue_ = flag_of(entry.continue_, false);
  spec.enabled = flag_of(entry.enabled, true);
  spec.once_per = text_of(entry.once_per);
  spec.repack = text_of(entry.repack);
  spec.cooldown = text_of(entry.cooldown);
  spec.limit = text_of(entry.limit);
  spec.wait = text_of(entry.wait);
  spec.prefer = entry.prefer;
  return spec;
}

RulesFile compile_entries(const std::vector<config::RuleEntry>& entries) {
  RulesFile result;
  std::vector<rules::RuleSpec> specs;
  for (const auto& entry : entries) specs.push_back(spec_of(entry));
  auto compiled = rules::compile(specs, entries.empty() ? "" : entries.front().file);
  if (compiled) {
    result.rules = std::move(*compiled);
  } else {
    result.problems = compiled.error().list;
  }
  return result;
}

void check_template(const std::string& file, const base::Located<std::string>& text,
                    std::vector<base::Diagnostic>& problems, const std::vector<std::string>& captures = {}) {
  const auto compiled = library::NameTemplate::compile(text.value, captures);
  if (compiled) return;
  const auto& problem = compiled.error();
  base::SourcePos pos = text.pos;
  if (pos.line != 0) pos.column += static_cast<std::uint32_t>(problem.column == 0 ? 0 : problem.column - 1);
  problems.push_back({file, pos, problem.message, problem.hint});
}

// The names of the (?P<name>…) groups in an expression, and of PCRE's (?<name>…), which is no look-behind.
void find_captures(std::string_view expression, std::vector<std::string>& captures) {
  for (auto at = expression.find("(?"); at != std::string_view::npos; at = expression.find("(?", at + 1)) {
    auto name = expression.substr(at + 2);
    if (name.starts_with('P')) name.remove_prefix(1);
    if (!name.starts_with('<') || name.starts_with("<=") || name.starts_with("<!")) continue;
    const auto end = name.find('>');
    if (end != std::string_view::npos) captures.emplace_back(name.substr(1, end - 1));
  }
}

void check_rule_templates(const config::RuleEntry& rule, std::vector<base::Diagnostic>& problems) {
  std::vector<std::string> captures;
  for (const auto* clause : {&rule.any, &rule.all}) {
    for (const auto& expression : *clause) find_captures(expression.value, captures);
  }
  if (rule.where) find_captures(rule.where->value, captures);
  // A folder needs no field; a name is added to show that.
  if (rule.dest) check_template(rule.file, {rule.dest->value + "/{title}", rule.dest->pos}, problems, captures);
  if (rule.name) check_template(rule.file, *rule.name, problems, captures);
}

}  // namespace

std::string default_user_agent() {
  return "Podswarm/" PODSWARM_VERSION " (podcatcher)";
}

config::FeedSettings Settings::for_feed(const db::FeedRow& feed) const {
  auto settings = config::settings_for(config, feed.url, feed.name, feed.tags);
  if (!feed.user_agent.empty()) settings.user_agent = feed.user_agent;
  if (settings.user_agent.empty()) settings.user_agent = user_agent();
  return settings;
}

std::filesystem::path Settings::library_root(const config::FeedSettings& feed) const {
  return config::expand_home(feed.library_dir);
}

std::string Settings::user_agent() const {
  return config.general.user_agent.empty() ? default_user_agent() : config.general.user_agent;
}

SettingsResult load_settings(const std::optional<std::filesystem::path>& file, const config::Paths& defaults) {
  SettingsResult result;
  config::Config loaded;
  std::error_code ignored;
  if (file || std::filesystem::exists(defaults.config_file, ignored)) {
    auto read = config::load_config(file.value_or(defaults.config_file));
    result.problems = std::move(read.problems);
    if (!read.config) return result;
    loaded = std::move(*read.config);
  }
  if (const auto& zone = loaded.general.timezone; !zone.value.empty() && !is_time_zone(zone.value)) {
    result.problems.push_back({loaded.file.string(), zone.pos,
                               "general.timezone: \"" + zone.value + "\" is no zone that this system knows",
                               "as in \"Europe/Berlin\", or a POSIX TZ such as \"CET-1CEST,M3.5.0,M10.5.0/3\""});
  }
  check_template(loaded.file.string(), loaded.library.name_template, result.problems);
  for (const auto& feed : loaded.feeds) {
    if (feed.name_template) check_template(loaded.file.string(), *feed.name_template, result.problems);
  }
  for (const auto& rule : loaded.rules) check_rule_templates(rule, result.problems);
  auto compiled = compile_entries(loaded.rules);
  result.problems.insert(result.problems.end(), compiled.problems.begin(), compiled.problems.end());
  if (!result.problems.empty()) return result;

  auto settings = std::make_shared<Settings>();
  settings->rules = std::move(*compiled.rules);
  settings->paths = defaults;
  if (file) settings->paths.config_file = *file;
  if (!loaded.general.data_dir.empty()) settings->paths.data_dir = config::expand_home(loaded.general.data_dir);
  settings->config = std::move(loaded);
  result.settings = std::move(settings);
  return result;
}

RulesFile load_rules(const std::filesystem::path& file) {
  const auto text = base::read_file(file, kMaxRulesBytes);
  if (!text) {
    // The message begins with the file's name, as a diagnostic does by itself.
    const std::string prefix = file.string() + ": ";
    const std::string& message = text.error().message;
    return {std::nullopt,
            {{file.string(), {}, message.starts_with(prefix) ? message.substr(prefix.size()) : message, ""}}};
  }
  return read_rules(*text, file.string());
}

RulesFile read_rules(std::string_view text, const std::string& filename) {
  auto read = config::parse_rules(text, filename);
  for (const auto& rule : read.rules) check_rule_templates(rule, read.problems);
  if (!read.problems.empty()) return {std::nullopt, std::move(read.problems)};
  return compile_entries(read.rules);
}

engine::EngineLimits Settings::engine_limits(bool window_open) const {
  const auto& torrent = config.torrent;
  engine::EngineLimits limits;
  const auto now = [&](std::uint64_t inside, const std::optional<std::uint64_t>& outside) {
    return window_open ? inside : outside.value_or(inside);
  };
  limits.up_limit = now(torrent.up_limit, torrent.up_limit_outside);
  limits.down_limit = now(config.download.limit, config.download.limit_outside);
  limits.http_down_limit = now(config.download.http_limit, config.download.http_limit_outside);
  limits.torrent_down_limit = now(torrent.down_limit, torrent.down_limit_outside);
  limits.max_peers = static_cast<std::size_t>(torrent.max_peers);
  limits.max_peers_per_torrent = static_cast<std::size_t>(torrent.max_peers_per_torrent);
  limits.upload_slots = static_cast<std::size_t>(torrent.upload_slots);
  limits.max_half_open = static_cast<std::size_t>(torrent.max_half_open);
  limits.connects_per_s = static_cast<std::size_t>(torrent.connects_per_second);
  limits.buffer_budget = torrent.memory;
  limits.max_seeding = static_cast<std::size_t>(torrent.max_seeding);
  return limits;
}

}  // namespace podswarm::scheduler

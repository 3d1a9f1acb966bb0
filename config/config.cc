#include "config/config.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "config/paths.h"
#include "config/toml_reader.h"

namespace podswarm::config {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr std::size_t kMaxFileBytes = 8u << 20;
constexpr seconds kYear = hours(24 * 366);
constexpr seconds kShortestInterval = minutes(1);
constexpr std::uint64_t kLeastMemory = 8u << 20;
constexpr std::array kPreferences = {Prefer::kFeedOrder, Prefer::kHttp, Prefer::kTorrent, Prefer::kSmallest,
                                     Prefer::kLargest};
constexpr std::array kFinishes = {Finish::kPause, Finish::kComplete};
constexpr std::array kMeteredChoices = {Metered::kIgnore, Metered::kPause};

template <class T, class U>
void set(T& target, std::optional<U> value) {
  if (value) target = *std::move(value);
}

void read_general(const toml::table& table, Source& source, GeneralConfig& out) {
  TableReader reader(table, "general", source);
  set(out.library_dir, reader.text("library_dir"));
  set(out.data_dir, reader.text("data_dir"));
  set(out.rules_file, reader.located_text("rules_file"));
  set(out.user_agent, reader.text("user_agent"));
  set(out.timezone, reader.located_text("timezone"));
  if (base::trim(out.library_dir).empty()) reader.problem("library_dir", "is empty");
  reader.finish();
}

void read_poll(const toml::table& table, Source& source, PollConfig& out) {
  TableReader reader(table, "poll", source);
  set(out.interval, reader.duration("interval", kShortestInterval, kYear));
  set(out.max_interval, reader.duration("max_interval", kShortestInterval, kYear));
  set(out.jitter_percent, reader.percent("jitter"));
  set(out.concurrency, reader.integer("concurrency", 1, 64));
  set(out.per_host, reader.integer("per_host", 1, 16));
  set(out.host_spacing, reader.duration("host_spacing", seconds(0), hours(1)));
  set(out.deadline, reader.duration("deadline", seconds(5), hours(1)));
  reader.finish();
}

void read_download(const toml::table& table, Source& source, DownloadConfig& out) {
  TableReader reader(table, "download", source);
  set(out.window, reader.window("window"));
  set(out.finish, reader.choice("finish", kFinishes));
  set(out.done_by, reader.done_by("done_by"));
  set(out.max, reader.integer("max", 1, 100));
  set(out.per_host, reader.integer("per_host", 1, 16));
  set(out.stall_timeout, reader.duration("stall_timeout", seconds(5), hours(24)));
  set(out.prefer, reader.choice("prefer", kPreferences));
  set(out.limit, reader.bytes("limit"));
  set(out.limit_outside, reader.bytes_or_empty("limit_outside"));
  set(out.http_limit, reader.bytes("http_limit"));
  set(out.http_limit_outside, reader.bytes_or_empty("http_limit_outside"));
  set(out.min_free, reader.bytes("min_free"));
  set(out.metered, reader.choice("metered", kMeteredChoices));
  set(out.metered_command, reader.text("metered_command"));
  set(out.inhibit_sleep, reader.flag("inhibit_sleep"));
  if (out.metered == Metered::kPause && base::trim(out.metered_command).empty()) {
    reader.problem("metered_command", "is empty, and metered = \"pause\" needs to know");
  }
  reader.finish();
}

void read_torrent(const toml::table& table, Source& source, TorrentConfig& out) {
  TableReader reader(table, "torrent", source);
  set(out.enabled, reader.flag("enabled"));
  set(out.listen, reader.text("listen"));
  set(out.port, reader.port("port"));
  set(out.up_limit, reader.bytes("up_limit"));
  set(out.up_limit_outside, reader.bytes_or_empty("up_limit_outside"));
  set(out.down_limit, reader.bytes("down_limit"));
  set(out.down_limit_outside, reader.bytes_or_empty("down_limit_outside"));
  set(out.max_peers, reader.integer("max_peers", 1, 10'000));
  set(out.max_peers_per_torrent, reader.integer("max_peers_per_torrent", 1, 10'000));
  set(out.upload_slots, reader.integer("upload_slots", 0, 1000));
  set(out.max_half_open, reader.integer("max_half_open", 1, 1000));
  set(out.connects_per_second, reader.integer("connects_per_second", 0, 1000));
  set(out.memory, reader.bytes("memory"));
  if (out.memory < kLeastMemory) reader.problem("memory", "is too little: a torrent needs at least 8MiB");
  set(out.max_seeding, reader.integer("max_seeding", 0, 1'000'000));
  set(out.seed, reader.flag("seed"));
  set(out.seed_outside, reader.flag("seed_outside"));
  set(out.seed_ratio, reader.number("seed_ratio", 0, 1000));
  set(out.seed_time, reader.duration("seed_time", seconds(0), 10 * kYear));
  reader.finish();
}

void read_keep(TableReader& reader, KeepConfig& out) {
  set(out.newest, reader.integer("keep_newest", 0, 1'000'000));
  set(out.age, reader.duration("keep_for", seconds(0), 100 * kYear));
  set(out.size, reader.bytes("keep_size"));
}

void read_library(const toml::table& table, Source& source, LibraryConfig& out) {
  TableReader reader(table, "library", source);
  set(out.name_template, reader.located_text("template"));
  if (base::trim(out.name_template.value).empty()) reader.problem("template", "is empty");
  read_keep(reader, out.keep);
  apply(out.extras, read_extras(reader, "tags"));
  set(out.quota, reader.bytes("quota"));
  reader.finish();
}

void read_defaults(const toml::table& table, Source& source, FeedDefaults& out) {
  TableReader reader(table, "defaults", source);
  set(out.backlog, reader.backlog("backlog"));
  set(out.allow_private, reader.flag("allow_private"));
  set(out.ca_file, reader.text("ca_file"));
  set(out.quota, reader.bytes("quota"));
  read_keep(reader, out.keep);
  set(out.keep_starred, reader.flag("keep_starred"));
  set(out.keep_unplayed, reader.flag("keep_unplayed"));
  reader.finish();
}

void read_web(const toml::table& table, Source& source, WebConfig& out) {
  TableReader reader(table, "web", source);
  set(out.enabled, reader.flag("enabled"));
  set(out.listen, reader.text("listen"));
  set(out.port, reader.port("port"));
  reader.finish();
}

void read_serve(const toml::table& table, Source& source, ServeConfig& out) {
  TableReader reader(table, "serve", source);
  set(out.enabled, reader.flag("enabled"));
  set(out.listen, reader.text("listen"));
  set(out.port, reader.port("port"));
  set(out.base_url, reader.text("base_url"));
  set(out.max_episodes, reader.integer("max_episodes", 1, 10'000));
  if (out.port == 0) reader.problem("port", "is 0: players keep the address, so it must not change");
  while (out.base_url.ends_with('/')) out.base_url.pop_back();
  if (!out.base_url.empty()) {
    const auto url = base::parse_url(out.base_url);
    const bool plain = url && (url->scheme == "http" || url->scheme == "https") && url->user.empty() &&
                       out.base_url.find_first_of("?#") == std::string::npos;
    if (!plain) reader.problem("base_url", "is no such address as \"https://podcasts.example.org\"");
  }
  reader.finish();
}

void read_search(const toml::table& table, Source& source, SearchConfig& out) {
  TableReader reader(table, "search", source);
  set(out.itunes_url, reader.text("itunes_url"));
  set(out.podcastindex_url, reader.text("podcastindex_url"));
  set(out.podcastindex_key_env, reader.text("podcastindex_key_env"));
  set(out.podcastindex_secret_env, reader.text("podcastindex_secret_env"));
  reader.finish();
}

FeedOverride read_feed(const toml::key& key, const toml::table& table, Source& source) {
  TableReader reader(table, "feeds.\"" + std::string(key.str()) + "\"", source);
  FeedOverride out;
  const auto& begin = key.source().begin;
  out.key = {std::string(base::trim(key.str())),
             {static_cast<std::uint32_t>(begin.line), static_cast<std::uint32_t>(begin.column)}};
  out.interval = reader.duration("interval", kShortestInterval, kYear);
  out.max_interval = reader.duration("max_interval", kShortestInterval, kYear);
  out.window = reader.window("window");
  out.name_template = reader.located_text("template");
  out.extras = read_extras(reader, "file_tags");
  out.library_dir = reader.text("library_dir");
  out.user_agent = reader.text("user_agent");
  out.user = reader.text("user");
  out.password_env = reader.text("password_env");
  out.password_file = reader.text("password_file");
  out.token_env = reader.text("token_env");
  out.token_file = reader.text("token_file");
  out.tags = reader.texts("tags");
  out.backlog = reader.backlog("backlog");
  out.prefer = reader.choice("prefer", kPreferences);
  out.finish = reader.choice("finish", kFinishes);
  out.quota = reader.bytes("quota");
  out.priority = reader.integer("priority", -1000, 1000);
  out.stall_timeout = reader.duration("stall_timeout", seconds(5), hours(24));
  out.seed = reader.flag("seed");
  out.seed_ratio = reader.number("seed_ratio", 0, 1000);
  out.seed_time = reader.duration("seed_time", seconds(0), 10 * kYear);
  out.allow_private = reader.flag("allow_private");
  out.ca_file = reader.text("ca_file");
  out.keep_newest = reader.integer("keep_newest", 0, 1'000'000);
  out.keep_for = reader.duration("keep_for", seconds(0), 100 * kYear);
  out.keep_size = reader.bytes("keep_size");
  out.keep_starred = reader.flag("keep_starred");
  out.keep_unplayed = reader.flag("keep_unplayed");
  if (out.name_template && base::trim(out.name_template->value).empty()) reader.problem("template", "is empty");
  if (out.password_env && out.password_file) {
    reader.problem("password_file", "is given beside password_env", "one of them is enough");
  }
  if ((out.password_env || out.password_file) && !out.user) {
    reader.problem(out.password_env ? "password_env" : "password_file", "is given without user");
  }
  if (out.token_env && out.token_file) {
    reader.problem("token_file", "is given beside token_env", "one of them is enough");
  }
  if ((out.token_env || out.token_file) && out.user) {
    reader.problem(out.token_env ? "token_env" : "token_file", "is given beside user", "a token stands for both");
  }
  reader.finish();
  return out;
}

// In the order in which they were written: toml++ sorts the keys.
void read_feeds(const toml::table& tables, Source& source, std::vector<FeedOverride>& out) {
  std::set<std::string> seen;
  for (const auto& [key, value] : tables) {
    const auto* table = value.as_table();
    if (table == nullptr) {
      source.problem(Source::pos_of(value), "feeds." + std::string(key.str()) + ": wants a table",
                     "as in [feeds.\"NAME or URL\"]");
      continue;
    }
    out.push_back(read_feed(key, *table, source));
    const auto& written = out.back().key;
    const bool is_url = written.value.find("://") != std::string::npos;
    if (!seen.insert(is_url ? base::canonical_url(written.value) : base::ascii_lower(written.value)).second) {
      source.problem(written.pos, "feeds.\"" + written.value + "\": there is another table for the same feed");
    }
  }
  std::sort(out.begin(), out.end(), [](const FeedOverride& a, const FeedOverride& b) {
    return std::pair(a.key.pos.line, a.key.pos.column) < std::pair(b.key.pos.line, b.key.pos.column);
  });
}

}  // namespace

std::string_view to_string(Prefer prefer) {
  switch (prefer) {
    case Prefer::kHttp:
      return "http";
    case Prefer::kTorrent:
      return "torrent";
    case Prefer::kSmallest:
      return "smallest";
    case Prefer::kLargest:
      return "largest";
    case Prefer::kFeedOrder:
      break;
  }
  return "feed";
}

std::string_view to_string(Finish finish) {
  return finish == Finish::kPause ? "pause" : "complete";
}

std::string_view to_string(Metered metered) {
  return metered == Metered::kPause ? "pause" : "ignore";
}

LoadResult parse_config(std::string_view text, const std::string& filename) {
  Source source(text, filename);
  Config config;
  config.file = filename;
  if (const auto root = parse_toml(text, source)) {
    TableReader reader(*root, "", source);
    if (const auto* table = reader.table("general")) read_general(*table, source, config.general);
    if (const auto* table = reader.table("poll")) read_poll(*table, source, config.poll);
    if (const auto* table = reader.table("download")) read_download(*table, source, config.download);
    if (const auto* table = reader.table("torrent")) read_torrent(*table, source, config.torrent);
    if (const auto* table = reader.table("library")) read_library(*table, source, config.library);
    if (const auto* table = reader.table("defaults")) read_defaults(*table, source, config.feed_defaults);
    if (const auto* table = reader.table("web")) read_web(*table, source, config.web);
    if (const auto* table = reader.table("serve")) read_serve(*table, source, config.serve);
    if (const auto* table = reader.table("search")) read_search(*table, source, config.search);
    if (const auto* table = reader.table("feeds")) read_feeds(*table, source, config.feeds);
    for (const auto* table : reader.tables("rule")) config.rules.push_back(read_rule(*table, source));
    for (const auto* table : reader.tables("hook")) config.hooks.push_back(read_hook(*table, source));
    reader.finish();
  }
  LoadResult result;
  if (source.ok()) result.config = std::move(config);
  result.problems = source.take_problems();
  return result;
}

RulesResult parse_rules(std::string_view text, const std::string& filename) {
  Source source(text, filename);
  RulesResult result;
  if (const auto root = parse_toml(text, source)) {
    TableReader reader(*root, "", source);
    for (const auto* table : reader.tables("rule")) result.rules.push_back(read_rule(*table, source));
    reader.finish();
  }
  result.problems = source.take_problems();
  return result;
}

LoadResult load_config(const fs::path& file) {
  const auto text = base::read_file(file, kMaxFileBytes);
  if (!text) return {std::nullopt, {{file.string(), {}, text.error().message, ""}}};
  auto result = parse_config(*text, file.string());
  if (!result.config || result.config->general.rules_file.value.empty()) return result;

  const auto& named = result.config->general.rules_file;
  const fs::path rules_file = file.parent_path() / expand_home(named.value);  // an absolute path replaces the folder
  const auto rules_text = base::read_file(rules_file, kMaxFileBytes);
  if (!rules_text) {
    result.problems.push_back({file.string(), named.pos, "general.rules_file: " + rules_text.error().message, ""});
  } else {
    auto rules = parse_rules(*rules_text, rules_file.string());
    result.problems = std::move(rules.problems);
    for (auto& rule : rules.rules) result.config->rules.push_back(std::move(rule));
  }
  if (!result.problems.empty()) result.config.reset();
  return result;
}

}  // namespace podswarm::config

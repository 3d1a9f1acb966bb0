// One feed's settings out of the global ones and the tables that speak of it.
#include <algorithm>
#include <charconv>

#include "base/ip_range.h"
#include "base/text.h"
#include "base/units.h"
#include "base/url.h"
#include "config/config.h"

namespace podswarm::config {

namespace {

constexpr std::string_view kTagPrefix = "tag:";

template <class T>
void apply(T& target, const std::optional<T>& value) {
  if (value) target = *value;
}

void apply(FeedSettings& settings, const FeedOverride& table) {
  apply(settings.interval, table.interval);
  // Who says how often a feed is to be asked means just that.
  if (table.interval) settings.max_interval = *table.interval;
  apply(settings.max_interval, table.max_interval);
  apply(settings.window, table.window);
  apply(settings.name_template, table.name_template);
  apply(settings.extras, table.extras);
  apply(settings.library_dir, table.library_dir);
  apply(settings.user_agent, table.user_agent);
  apply(settings.user, table.user);
  // The two are one setting: the nearer table's way to the password replaces the other.
  if (table.password_env || table.password_file) {
    settings.password_env = table.password_env.value_or("");
    settings.password_file = table.password_file.value_or("");
  }
  // So are the token, and the user with the password.
  if (table.token_env || table.token_file) {
    settings.token_env = table.token_env.value_or("");
    settings.token_file = table.token_file.value_or("");
    settings.user = settings.password_env = settings.password_file = "";
  } else if (table.user) {
    settings.token_env = settings.token_file = "";
  }
  for (const auto& tag : table.tags.value_or(std::vector<std::string>{})) {
    if (std::find(settings.tags.begin(), settings.tags.end(), tag) == settings.tags.end()) settings.tags.push_back(tag);
  }
  apply(settings.backlog, table.backlog);
  apply(settings.prefer, table.prefer);
  apply(settings.priority, table.priority);
  apply(settings.finish, table.finish);
  apply(settings.quota, table.quota);
  apply(settings.stall_timeout, table.stall_timeout);
  apply(settings.seed, table.seed);
  apply(settings.seed_ratio, table.seed_ratio);
  apply(settings.seed_time, table.seed_time);
  apply(settings.allow_private, table.allow_private);
  apply(settings.ca_file, table.ca_file);
  apply(settings.keep.newest, table.keep_newest);
  apply(settings.keep.age, table.keep_for);
  apply(settings.keep.size, table.keep_size);
  apply(settings.keep_starred, table.keep_starred);
  apply(settings.keep_unplayed, table.keep_unplayed);
}

bool names_local_host(std::string_view url) {
  const auto parsed = base::parse_url(url);
  return parsed && base::is_local_host(parsed->host);
}

bool is_url(std::string_view key) {
  return key.find("://") != std::string_view::npos;
}

}  // namespace

bool allows_private(const Config& config, std::string_view url) {
  return config.feed_defaults.allow_private || names_local_host(url);
}

FeedSettings settings_for(const Config& config, std::string_view feed_url, std::string_view feed_name,
                          std::span<const std::string> tags) {
  FeedSettings settings;
  settings.interval = config.poll.interval;
  settings.max_interval = config.poll.max_interval;
  settings.window = config.download.window;
  settings.name_template = config.library.name_template;
  settings.extras = config.library.extras;
  settings.library_dir = config.general.library_dir;
  settings.user_agent = config.general.user_agent;
  settings.backlog = config.feed_defaults.backlog;
  settings.prefer = config.download.prefer;
  settings.finish = config.download.finish;
  settings.stall_timeout = config.download.stall_timeout;
  settings.seed = config.torrent.seed;
  settings.seed_ratio = config.torrent.seed_ratio;
  settings.seed_time = config.torrent.seed_time;
  settings.allow_private = allows_private(config, feed_url);
  settings.ca_file = config.feed_defaults.ca_file;
  settings.quota = config.feed_defaults.quota;
  settings.keep = config.feed_defaults.keep;
  settings.keep_starred = config.feed_defaults.keep_starred;
  settings.keep_unplayed = config.feed_defaults.keep_unplayed;
  settings.tags.assign(tags.begin(), tags.end());

  for (const auto& table : config.feeds) {
    const std::string_view key = table.key.value;
    if (!base::istarts_with(key, kTagPrefix)) continue;
    const auto wanted = base::trim(key.substr(kTagPrefix.size()));
    // The feed's own tags: one that a table adds does not call up further tables.
    if (std::any_of(tags.begin(), tags.end(), [&](const auto& tag) { return base::iequals(tag, wanted); })) {
      apply(settings, table);
    }
  }
  for (const auto& table : config.feeds) {
    const auto& key = table.key.value;
    if (!is_url(key) && !base::istarts_with(key, kTagPrefix) && base::iequals(key, feed_name)) apply(settings, table);
  }
  const std::string canonical = base::canonical_url(feed_url);
  for (const auto& table : config.feeds) {
    if (is_url(table.key.value) && base::canonical_url(table.key.value) == canonical) apply(settings, table);
  }
  return settings;
}

std::optional<std::string> normalise_backlog(std::string_view text) {
  const std::string policy = base::ascii_lower(base::trim(text));
  if (policy == "all" || policy == "none") return policy;
  constexpr std::string_view kSince = "since:";
  constexpr std::string_view kLatest = "latest:";
  if (policy.starts_with(kSince)) {
    const auto date = policy.substr(kSince.size());
    if (date.size() != 10 || !base::parse_rfc3339(date)) return std::nullopt;
    return policy;
  }
  const std::string_view digits =
      policy.starts_with(kLatest) ? std::string_view(policy).substr(kLatest.size()) : std::string_view(policy);
  unsigned count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc{} || end != digits.data() + digits.size() || count > 1'000'000) return std::nullopt;
  return count == 0 ? "none" : "latest:" + std::to_string(count);
}

}  // namespace podswarm::config

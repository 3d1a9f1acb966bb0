// What the running program follows: the configuration and its compiled rules, read together and replaced together. A
// Settings is immutable once made; it may be read from any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/located.h"
#include "config/config.h"
#include "config/paths.h"
#include "db/feed_store.h"
#include "engine/engine.h"
#include "feeds/rules/rule_set.h"

namespace podswarm::scheduler {

struct Settings {
  config::Config config;
  rules::RuleSet rules;
  config::Paths paths;  // with what the configuration says of them

  [[nodiscard]] config::FeedSettings for_feed(const db::FeedRow& feed) const;
  [[nodiscard]] std::filesystem::path library_root(const config::FeedSettings& feed) const;
  [[nodiscard]] std::string user_agent() const;
  // While the download window is open, or is not.
  [[nodiscard]] engine::EngineLimits engine_limits(bool window_open) const;
  [[nodiscard]] bool differs_outside() const { return engine_limits(true) != engine_limits(false); }
};

using SettingsPtr = std::shared_ptr<const Settings>;

// Either settings or what is wrong, never both.
struct SettingsResult {
  SettingsPtr settings;
  std::vector<base::Diagnostic> problems;
};

// `file` must exist when it was named by the user; the default place may be empty. Blocking (reads files).
[[nodiscard]] SettingsResult load_settings(const std::optional<std::filesystem::path>& file,
                                           const config::Paths& defaults = config::default_paths());

// A file of [[rule]] tables alone, compiled.
struct RulesFile {
  std::optional<rules::RuleSet> rules;
  std::vector<base::Diagnostic> problems;
};
[[nodiscard]] RulesFile load_rules(const std::filesystem::path& file);
// The same of its text; `filename` is for the messages.
[[nodiscard]] RulesFile read_rules(std::string_view text, const std::string& filename);

// The name and version that a server sees.
[[nodiscard]] std::string default_user_agent();

}  // namespace podswarm::scheduler

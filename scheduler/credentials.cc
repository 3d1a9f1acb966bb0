#include "scheduler/credentials.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/url.h"
#include "config/paths.h"

namespace podswarm::scheduler {

namespace {

// From the environment variable or the file's first line. A header's field ends with its line: what is behind a line
// end is no part of a secret.
std::optional<std::string> secret_in(const std::string& variable, const std::string& path) {
  if (!variable.empty()) {
    const char* secret = std::getenv(variable.c_str());
    if (secret == nullptr) spdlog::warn("the environment variable {} is not set", variable);
    return secret == nullptr ? std::nullopt : std::optional(std::string(secret));
  }
  const auto file = config::expand_home(path);
  std::error_code ignored;  // what is not there is for the reader to report
  const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  if ((std::filesystem::status(file, ignored).permissions() & others) != std::filesystem::perms::none && !ignored) {
    spdlog::warn("{}: is not used, as others than its owner have access to it (chmod 600)", file.string());
    return std::nullopt;
  }
  const auto text = base::read_file(file, 4096);
  if (!text) {
    spdlog::warn("{}", text.error().message);
    return std::nullopt;
  }
  return text->substr(0, text->find_first_of("\r\n"));
}

// Tokens have no control characters and blanks (RFC 6750 §2.1).
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::optional<feeds::Credentials> credentials_of(const config::FeedSettings& settings) {
  if (!settings.token_env.empty() || !settings.token_file.empty()) {
    const auto secret = secret_in(settings.token_env, settings.token_file);
    if (!secret) return std::nullopt;
    const auto token = base::trim(*secret);
    if (is_token(token)) return feeds::Credentials{"", "", std::string(token)};
    spdlog::warn("{} holds no token: printable characters without blanks",
                 settings.token_env.empty() ? settings.token_file : settings.token_env);
    return std::nullopt;
  }
  if (settings.user.empty()) return std::nullopt;
  if (settings.password_env.empty() && settings.password_file.empty()) return feeds::Credentials{settings.user, ""};
  auto password = secret_in(settings.password_env, settings.password_file);
  if (!password) return std::nullopt;
  return feeds::Credentials{settings.user, std::move(*password)};
}

bool has_credentials(const config::FeedSettings& settings) {
  return !settings.user.empty() || !settings.token_env.empty() || !settings.token_file.empty();
}

bool may_carry_credentials(std::string_view feed_url, std::string_view media_url) {
  const auto feed = base::parse_url(feed_url);
  const auto media = base::parse_url(media_url);
  if (!feed || !media || feed->host != media->host) return false;
  return feed->scheme != "https" || media->scheme == "https";
}

}  // namespace podswarm::scheduler

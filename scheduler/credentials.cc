#include "scheduler/credentials.h"

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "base/url.h"
#include "config/paths.h"

namespace podswarm::scheduler {

std::optional<Credentials> credentials_of(const config::FeedSettings& settings) {
  if (settings.user.empty()) return std::nullopt;
  if (!settings.password_env.empty()) {
    const char* password = std::getenv(settings.password_env.c_str());
    if (password == nullptr) spdlog::warn("the environment variable {} holds no password", settings.password_env);
    return password == nullptr ? std::nullopt : std::optional(Credentials{settings.user, password});
  }
  if (!settings.password_file.empty()) {
    const auto file = config::expand_home(settings.password_file);
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
    return Credentials{settings.user, text->substr(0, text->find_first_of("\r\n"))};
  }
  return Credentials{settings.user, ""};
}

bool may_carry_credentials(std::string_view feed_url, std::string_view media_url) {
  const auto feed = base::parse_url(feed_url);
  const auto media = base::parse_url(media_url);
  if (!feed || !media || feed->host != media->host) return false;
  return feed->scheme != "https" || media->scheme == "https";
}

}  // namespace podswarm::scheduler

#include "scheduler/credentials.h"

#include <cstdlib>

#include "base/file.h"
#include "base/log.h"
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
    const auto text = base::read_file(config::expand_home(settings.password_file), 4096);
    if (!text) {
      spdlog::warn("{}", text.error().message);
      return std::nullopt;
    }
    return Credentials{settings.user, text->substr(0, text->find_first_of("\r\n"))};
  }
  return Credentials{settings.user, ""};
}

}  // namespace podswarm::scheduler

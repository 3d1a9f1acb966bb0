// A feed's user name and password, as the configuration says where to find them. The secret itself is never stored,
// logged or exported.
#pragma once

#include <optional>
#include <string>

#include "config/config.h"

namespace podswarm::scheduler {

struct Credentials {
  std::string user;
  std::string password;
};

// Nothing where none are configured, or the environment variable or file is not there. Reads a small file.
[[nodiscard]] std::optional<Credentials> credentials_of(const config::FeedSettings& settings);

}  // namespace podswarm::scheduler

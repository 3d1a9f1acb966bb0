// A feed's user name and password, or its token, as the configuration says where to find them. The secret itself is
// never stored, logged or exported.
#pragma once

#include <optional>
#include <string_view>

#include "config/config.h"
#include "feeds/fetcher.h"

namespace podswarm::scheduler {

// Nothing where none are configured, the environment variable or file is not there, or others than its owner may read
// the file. Reads a small file.
[[nodiscard]] std::optional<feeds::Credentials> credentials_of(const config::FeedSettings& settings);

// Whether any are configured, there or not.
[[nodiscard]] bool has_credentials(const config::FeedSettings& settings);

// Whether what was given for a feed may go to one of its media: on the feed's own host, and not in plain text where the
// feed is asked over TLS.
[[nodiscard]] bool may_carry_credentials(std::string_view feed_url, std::string_view media_url);

}  // namespace podswarm::scheduler

// fetch() with the network as an argument: what tests of redirects between hosts and of private addresses call.
#pragma once

#include "feeds/fetcher.h"
#include "feeds/http_session.h"

namespace podswarm::feeds {

// As fetch(). Blocking; any thread but the network's.
[[nodiscard]] FetchResult<FetchResponse> fetch_over(const FetchNetwork& network, const FetchRequest& request,
                                                    base::WallTime now, std::stop_token stop);

}  // namespace podswarm::feeds

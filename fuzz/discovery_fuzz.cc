// Any bytes as a web page: what it names are a bounded number of http addresses.
#include <cstdlib>

#include "base/url.h"
#include "feeds/discovery.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  const auto found = podswarm::feeds::discover_feeds(page, {"http://site.example/page", "text/html"});
  if (found.size() > 64) std::abort();
  for (const auto& feed : found) {
    const auto url = podswarm::base::parse_url(feed.url);
    if (!url || (url->scheme != "http" && url->scheme != "https") || !url->user.empty()) std::abort();
  }
  (void)podswarm::feeds::feed_address(page);
  return 0;
}

// What HTTP trackers answer and what their clients ask: the first byte chooses.
#include <cstdlib>

#include "engine/core/tracker_http.h"

namespace engine = podswarm::engine;
using podswarm::base::ByteView;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0: {
      const auto response = engine::parse_announce_response(input);
      if (response && (response->interval < engine::kMinInterval || response->interval > engine::kMaxInterval ||
                       response->peers.size() > engine::kMaxTrackerPeers)) {
        std::abort();
      }
      break;
    }
    case 1:
      (void)engine::parse_scrape_response(input);
      break;
    case 2: {
      const auto query = engine::parse_announce_query(podswarm::base::as_text(input));
      if (!query) break;
      const std::string url = engine::announce_url("http://t.test/a", query->request);
      const auto again = engine::parse_announce_query(url.substr(url.find('?') + 1));
      if (query->request.ip.size() < 100 && (!again || again->request.info_hash != query->request.info_hash)) {
        std::abort();
      }
      break;
    }
    default:
      (void)engine::parse_scrape_query(podswarm::base::as_text(input));
      (void)engine::scrape_url(podswarm::base::as_text(input), {});
  }
  return 0;
}

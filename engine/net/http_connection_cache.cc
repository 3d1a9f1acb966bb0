#include "engine/net/http_connection_cache.h"

#include <algorithm>
#include <utility>

namespace podswarm::engine {

HttpConnectionCache::~HttpConnectionCache() {
  for (const auto& connection : idle_) connection->close();
}

std::shared_ptr<HttpConnection> HttpConnectionCache::take(const HttpTarget& target) {
  const auto at = std::find_if(idle_.rbegin(), idle_.rend(), [&target](const auto& connection) {
    const HttpTarget& other = connection->target();
    return other.host == target.host && other.port == target.port && other.tls == target.tls &&
           other.family == target.family;
  });
  if (at == idle_.rend()) return nullptr;
  std::shared_ptr<HttpConnection> found = std::move(*at);
  idle_.erase(std::next(at).base());
  return found;
}

void HttpConnectionCache::put(std::shared_ptr<HttpConnection> connection) {
  idle_.push_back(std::move(connection));
  if (idle_.size() <= kMost) return;
  idle_.front()->close();
  idle_.erase(idle_.begin());
}

}  // namespace podswarm::engine

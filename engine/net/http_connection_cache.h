// Connections to web servers that have answered and may be asked again (RFC 9112 §9.3), for requests that share
// everything but the URL. What it hands out may have been closed by the server meanwhile: who takes one must be ready
// to try again on a fresh one.
//
// Threads: the io_context's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/net/http_connection.h"

namespace podswarm::engine {

class HttpConnectionCache {
 public:
  static constexpr std::size_t kMost = 4;  // more are closed, those first that have waited the longest

  HttpConnectionCache() = default;
  // Closes what it holds.
  ~HttpConnectionCache();
  HttpConnectionCache(const HttpConnectionCache&) = delete;
  HttpConnectionCache& operator=(const HttpConnectionCache&) = delete;

  // A connection to that host, port and kind, or nullptr.
  [[nodiscard]] std::shared_ptr<HttpConnection> take(const HttpTarget& target);
  // Connected, with nothing under way and its last answer read to the end.
  void put(std::shared_ptr<HttpConnection> connection);

 private:
  std::vector<std::shared_ptr<HttpConnection>> idle_;  // the last one put at the end
};

}  // namespace podswarm::engine

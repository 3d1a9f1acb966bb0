// What the HTTP API's server, its routes and its client say to each other; no socket and no third-party type in it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace podswarm::web {

struct ApiRequest {
  std::string method = "GET";                               // upper case
  std::string path;                                         // percent-decoded, without the query: "/api/v1/feeds"
  std::map<std::string, std::string, std::less<>> query{};  // percent-decoded; the first of a repeated name
  std::string body{};                                       // JSON text, or empty
};

struct ApiResponse {
  int status = 200;
  std::string body{};  // JSON text unless `content_type` says otherwise
  std::string content_type = "application/json";
};

// Called on the server's threads, several at a time; it may block. An exception becomes a 500 answer.
using ApiHandler = std::function<ApiResponse(const ApiRequest&)>;

// {"error": {"code": CODE, "message": MESSAGE}}; `code` is a stable word for programs, `message` a line for people.
[[nodiscard]] ApiResponse api_error(int status, std::string_view code, std::string_view message);

}  // namespace podswarm::web

// Fetches a feed document over HTTP(S) (Poco). Blocking: call it from the feed pool, never from the network thread.
// Redirects are followed here (RFC 9110 §15.4), the body comes out decoded from gzip, deflate and br, under caps.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace podswarm::feeds {

enum class FetchError {
  kBadUrl,
  kResolve,    // no such host
  kConnect,    // refused, unreachable
  kTls,        // certificate or handshake
  kTimeout,    // connect, stall or total deadline
  kRedirect,   // too many, a loop, or to somewhere forbidden
  kTooLarge,   // over the byte or the ratio cap
  kEncoding,   // a broken or unknown Content-Encoding
  kProtocol,   // not HTTP, a short body, connection lost
  kForbidden,  // a private address for a feed that may not use one
  kCancelled,
};

template <class T>
using FetchResult = base::Result<T, FetchError>;

// A user's name and password (RFC 7617), or a token in their place (RFC 6750). Secrets: never to be logged or shown.
struct Credentials {
  std::string user;
  std::string password;
  std::string token{};
};

struct FetchRequest {
  std::string url;
  std::string etag;           // sent as If-None-Match when not empty
  std::string last_modified;  // sent as If-Modified-Since when not empty
  std::string user_agent;
  std::optional<Credentials> credentials;  // else the URL's userinfo; only ever sent to the URL's own host
  std::string ca_file;                     // instead of the system's CAs, when not empty
  bool allow_private = true;               // addresses in private, loopback and link-local ranges
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::milliseconds stall_timeout{30'000};
  std::chrono::milliseconds deadline{120'000};  // for everything, redirects included
  std::size_t max_bytes = 64u << 20;            // of the decoded body
  int max_redirects = 20;
  std::string range;          // sent as Range when not empty: "bytes=0-0"; then the body is asked for unpacked
  bool headers_only = false;  // the body is not read
  // With it the request is a POST, and no redirect is followed: a redirect is the answer then.
  std::optional<std::string> body{};
  std::string body_type{};
  // Further fields, sent to the URL's own origin only. Line ends in them are not sent.
  std::vector<std::pair<std::string, std::string>> headers{};
};

// A redirect that was followed.
struct RedirectHop {
  int status = 0;
  std::string from;  // as FetchResponse::final_url
};

// Any answer of a server: also 304, 404, 410, 429, 5xx. It is the caller's to judge `status`.
struct FetchResponse {
  int status = 0;
  std::string body;  // decoded; of an answer that is not 2xx at most the first 64 KiB
  std::string content_type;
  std::string etag;
  std::string last_modified;
  std::string final_url;                        // after all redirects
  std::string permanent_url;                    // where the leading 301/308 hops lead; "" unless all hops are permanent
  std::optional<base::WallTime> retry_after;    // both forms, as a time
  std::optional<std::chrono::seconds> max_age;  // Cache-Control
  std::vector<RedirectHop> redirects;           // in order
  std::string content_encoding;                 // as sent: "gzip"; "" = none
  std::uint64_t bytes_sent = 0;                 // of the body, as it came over the line
};

// `now` turns a relative Retry-After into a time. A stop request ends the fetch within about a second.
[[nodiscard]] FetchResult<FetchResponse> fetch(const FetchRequest& request, base::WallTime now,
                                               std::stop_token stop = {});

}  // namespace podswarm::feeds

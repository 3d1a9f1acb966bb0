#include "feeds/fetcher.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"
#include "feeds/content_decoding.h"
#include "feeds/fetch_over.h"
#include "feeds/http_fields.h"
#include "feeds/redirects.h"

namespace podswarm::feeds {

namespace {

constexpr std::size_t kMaxErrorBody = 64 * 1024;

// Field values come from the configuration and the database: one with a line end could forge a second field.
void add_header(HttpExchange::Headers& headers, const char* name, const std::string& value) {
  const bool clean = std::none_of(value.begin(), value.end(),
                                  [](char c) { return static_cast<unsigned char>(c) < 0x20 ? c != '\t' : c == 0x7f; });
  if (clean && !value.empty()) headers.emplace_back(name, value);
}

std::string authorization(const Credentials& credentials) {
  if (!credentials.token.empty()) return "Bearer " + credentials.token;
  return "Basic " + base::to_base64(base::as_bytes(credentials.user + ":" + credentials.password));
}

// Which of the caller's fields go along on this hop.
//
// Credentials: only to the scheme, host and port they were given for.
// ETag: always. It was stored from wherever the chain ended last time, a redirecting server ignores it (RFC 9110
// §13.2.1), and the chain most likely ends there again, so that leaving it out would fetch every redirected feed anew
// each time. It is opaque, and another document will hardly have the same.
// Last-Modified: any document that is older answers 304 to it. So it goes only where it is about the same document: at
// the first URL's origin, or where permanent redirects alone have led, which say just that.
HttpExchange::Headers headers_for(const FetchRequest& request, const RedirectChain& chain,
                                  const std::optional<Credentials>& credentials) {
  HttpExchange::Headers headers;
  add_header(headers, "User-Agent", request.user_agent);
  headers.emplace_back("Accept",
                       "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, "
                       "text/xml;q=0.9, */*;q=0.8");
  headers.emplace_back("Accept-Encoding", request.range.empty() ? kAcceptEncoding : "identity");
  add_header(headers, "Range", request.range);
  if (request.body) add_header(headers, "Content-Type", request.body_type);
  add_header(headers, "If-None-Match", request.etag);
  if (chain.stayed_at_origin() || chain.all_permanent()) {
    add_header(headers, "If-Modified-Since", request.last_modified);
  }
  if (chain.stayed_at_origin()) {
    for (const auto& [name, value] : request.headers) add_header(headers, name.c_str(), value);
  }
  if (credentials && chain.stayed_at_origin()) {
    headers.emplace_back("Authorization", authorization(*credentials));
  }
  return headers;
}

// Reads and decodes the body into `response`. An error page is for a person to look at: the start of it is enough, and
// what is wrong with it does not hide the status.
FetchResult<void> read_body(HttpExchange& exchange, const FetchRequest& request, const std::string& host,
                            FetchResponse& response) {
  const auto at_host = [&](base::Failure<FetchError> failure) {
    failure.message = host + ": " + failure.message;
    return failure;
  };
  const bool wanted = response.status >= 200 && response.status < 300;
  const std::size_t max_bytes = wanted ? request.max_bytes : std::min(request.max_bytes, kMaxErrorBody);
  const auto coding = parse_content_encoding(exchange.joined_header("Content-Encoding"));
  if (!coding) {
    if (wanted) return at_host(coding.error());
    return {};
  }
  // Packed data that is larger than what it may unpack to needs no look inside.
  if (wanted && exchange.announced_bytes() > request.max_bytes) {
    return at_host(
        base::fail(FetchError::kTooLarge, "the body is larger than " + std::to_string(request.max_bytes) + " bytes"));
  }
  ContentDecoder decoder(*coding, max_bytes);
  std::string packed;
  for (;;) {
    if (auto read = exchange.read_some(packed); !read) {
      // Out of time or cancelled ends the fetch whatever the status.
      const auto code = read.error().code;
      if (wanted || code == FetchError::kTimeout || code == FetchError::kCancelled) return read.error();
      return {};
    }
    response.bytes_sent += packed.size();
    const auto decoded = packed.empty() ? decoder.finish() : decoder.feed(packed, response.body);
    if (!decoded) {
      if (wanted) return at_host(decoded.error());
      return {};
    }
    if (packed.empty()) return {};
  }
}

std::optional<Credentials> credentials_for(const FetchRequest& request, const base::Url& url) {
  if (request.credentials) return request.credentials;
  if (url.user.empty() && url.password.empty()) return std::nullopt;
  return Credentials{url.user, url.password};
}

}  // namespace

FetchResult<FetchResponse> fetch_over(const FetchNetwork& network, const FetchRequest& request, base::WallTime now,
                                      std::stop_token stop) {
  const IoGuard guard(std::move(stop), request.deadline);
  auto chain = RedirectChain::start(request.url, request.max_redirects);
  if (!chain) return chain.error();
  const auto credentials = credentials_for(request, chain->current());
  const ExchangeOptions options{request.ca_file, request.allow_private, request.connect_timeout, request.stall_timeout,
                                request.body ? &*request.body : nullptr};
  std::vector<RedirectHop> redirects;
  for (;;) {
    const std::string host = chain->current().authority();
    auto opened =
        HttpExchange::open(chain->current(), headers_for(request, *chain, credentials), options, network, guard);
    if (!opened) return opened.error();
    HttpExchange& exchange = **opened;
    if (is_redirect(exchange.status()) && !request.body) {
      redirects.push_back({exchange.status(), chain->current_text()});
      if (auto followed = chain->follow(exchange.status(), exchange.header("Location")); !followed) {
        return followed.error();
      }
      continue;
    }
    FetchResponse response;
    response.status = exchange.status();
    response.content_type = exchange.header("Content-Type");
    response.etag = exchange.header("ETag");
    response.last_modified = exchange.header("Last-Modified");
    response.final_url = chain->current_text();
    response.permanent_url = chain->permanent_url();
    response.retry_after = parse_retry_after(exchange.header("Retry-After"), now);
    response.max_age = parse_max_age(exchange.joined_header("Cache-Control"));
    response.redirects = std::move(redirects);
    response.content_encoding = exchange.joined_header("Content-Encoding");
    if (request.headers_only) return response;
    if (auto read = read_body(exchange, request, host, response); !read) return read.error();
    return response;
  }
}

FetchResult<FetchResponse> fetch(const FetchRequest& request, base::WallTime now, std::stop_token stop) {
  return fetch_over(FetchNetwork::system(), request, now, std::move(stop));
}

}  // namespace podswarm::feeds

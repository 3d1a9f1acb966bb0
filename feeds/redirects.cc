#include "feeds/redirects.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "base/text.h"

namespace podswarm::feeds {

namespace {

// What may stand in a Host header and be asked of a resolver. The URL parser decodes %XX in a host, so that anything
// might have come out of it, line ends too.
bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':';
  });
}

std::optional<base::Url> parse_http_url(std::string_view text) {
  auto url = base::parse_url(text);
  if (!url || (url->scheme != "http" && url->scheme != "https") || !is_host(url->host)) return std::nullopt;
  return url;
}

std::string to_text(const base::Url& url) {
  return url.scheme + "://" + url.authority() + url.target;
}

// A Location for a message: no userinfo, no line ends, not long.
std::string for_message(std::string_view url) {
  const std::string clean = base::redact_url(base::sanitize_url(url));
  return std::string(base::utf8_prefix(clean, 200));
}

}  // namespace

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

FetchResult<RedirectChain> RedirectChain::start(std::string_view url, int max_redirects) {
  auto parsed = parse_http_url(url);
  if (!parsed) {
    return base::fail(FetchError::kBadUrl, for_message(url) + ": not an http or https URL that can be fetched");
  }
  RedirectChain chain;
  chain.first_ = *parsed;
  chain.current_ = std::move(*parsed);
  chain.visited_.push_back(to_text(chain.current_));
  chain.max_redirects_ = static_cast<std::size_t>(std::max(0, max_redirects));
  return chain;
}

FetchResult<void> RedirectChain::follow(int status, std::string_view location) {
  const std::string from = current_.authority();
  location = base::trim(location);
  if (location.empty()) return base::fail(FetchError::kRedirect, from + ": redirects, but does not say where to");
  if (visited_.size() > max_redirects_) {
    return base::fail(FetchError::kRedirect, from + ": more than " + std::to_string(max_redirects_) + " redirects");
  }
  const auto next = parse_http_url(base::resolve_url(visited_.back(), location));
  if (!next) {
    return base::fail(FetchError::kRedirect,
                      from + ": redirects to " + for_message(location) + ", which is not an http or https URL");
  }
  std::string text = to_text(*next);
  if (std::find(visited_.begin(), visited_.end(), text) != visited_.end()) {
    return base::fail(FetchError::kRedirect, from + ": redirects in a circle, back to " + for_message(text));
  }
  stayed_at_origin_ =
      stayed_at_origin_ && next->scheme == first_.scheme && next->host == first_.host && next->port == first_.port;
  all_permanent_ = all_permanent_ && (status == 301 || status == 308);
  current_ = *next;
  visited_.push_back(std::move(text));
  return {};
}

std::string RedirectChain::permanent_url() const {
  if (visited_.size() < 2 || !all_permanent_) return "";
  if (!stayed_at_origin_ || (first_.user.empty() && first_.password.empty())) return visited_.back();
  std::string userinfo = base::percent_encode(first_.user);
  if (!first_.password.empty()) userinfo += ":" + base::percent_encode(first_.password);
  return current_.scheme + "://" + userinfo + "@" + current_.authority() + current_.target;
}

}  // namespace podswarm::feeds

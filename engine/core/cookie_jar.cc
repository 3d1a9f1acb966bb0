#include "engine/core/cookie_jar.h"

#include <algorithm>
#include <optional>

#include "base/http_date.h"
#include "base/text.h"

namespace podswarm::engine {

namespace {

bool is_ip_address(std::string_view host) {
  return host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool domain_matches(std::string_view host, std::string_view domain) {
  if (host == domain) return true;
  return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.' &&
         !is_ip_address(host);
}

std::string_view path_of(const base::Url& url) {
  return std::string_view(url.target).substr(0, url.target.find('?'));
}

// RFC 6265 §5.1.4
std::string default_path(const base::Url& url) {
  const std::string_view path = path_of(url);
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : std::string(path.substr(0, slash));
}

bool path_matches(std::string_view path, std::string_view cookie_path) {
  if (!path.starts_with(cookie_path)) return false;
  return path.size() == cookie_path.size() || cookie_path.back() == '/' || path[cookie_path.size()] == '/';
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// Max-Age as a time; not a number is nothing.
std::optional<base::WallTime> after_max_age(std::string_view text, base::WallTime now) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = negative ? text.substr(1) : text;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  if (negative) return base::WallTime::min();
  constexpr long kCap = 366L * 24 * 3600;
  long seconds = 0;
  for (const char c : digits) seconds = std::min(kCap, seconds * 10 + (c - '0'));
  return seconds == 0 ? base::WallTime::min() : now + std::chrono::seconds(seconds);
}

}  // namespace

void CookieJar::store(const base::Url& url, std::string_view set_cookie, base::WallTime now) {
  if (set_cookie.size() > kMaxCookieBytes || has_control(set_cookie)) return;
  const auto parts = base::split(set_cookie, ';');
  const auto equals = parts.front().find('=');
  if (equals == std::string_view::npos) return;
  Cookie cookie;
  cookie.name = base::trim(parts.front().substr(0, equals));
  cookie.value = base::trim(parts.front().substr(equals + 1));
  if (cookie.name.empty()) return;
  cookie.domain = url.host;
  cookie.path = default_path(url);
  bool has_max_age = false;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view part = parts[i];
    const auto at = part.find('=');
    const std::string_view name = base::trim(part.substr(0, at));
    const std::string_view value = at == std::string_view::npos ? "" : base::trim(part.substr(at + 1));
    if (base::iequals(name, "Secure")) cookie.secure = true;
    if (base::iequals(name, "Path") && value.starts_with('/')) cookie.path = value;
    if (base::iequals(name, "Max-Age")) {
      if (const auto expires = after_max_age(value, now)) {
        cookie.expires = *expires;
        has_max_age = true;
      }
    }
    if (base::iequals(name, "Expires") && !has_max_age) {
      if (const auto expires = base::parse_http_date(value)) cookie.expires = *expires;
    }
    if (base::iequals(name, "Domain") && !value.empty()) {
      std::string domain = base::ascii_lower(value.starts_with('.') ? value.substr(1) : value);
      if (!domain_matches(url.host, domain)) return;
      // Without a list of public suffixes at least no cookie for all of ".org".
      if (domain != url.host && domain.find('.') == std::string::npos) return;
      cookie.host_only = domain == url.host && is_ip_address(url.host);
      cookie.domain = std::move(domain);
    }
  }
  std::erase_if(cookies_, [&](const Cookie& old) {
    return old.name == cookie.name && old.domain == cookie.domain && old.path == cookie.path;
  });
  if (cookie.expires <= now) return;
  if (cookies_.size() == kMaxCookies) cookies_.erase(cookies_.begin());
  cookies_.push_back(std::move(cookie));
}

std::string CookieJar::header_for(const base::Url& url, base::WallTime now) const {
  std::vector<const Cookie*> fitting;
  for (const Cookie& cookie : cookies_) {
    if (cookie.expires <= now || (cookie.secure && url.scheme != "https")) continue;
    if (cookie.host_only ? cookie.domain != url.host : !domain_matches(url.host, cookie.domain)) continue;
    if (path_matches(path_of(url), cookie.path)) fitting.push_back(&cookie);
  }
  // §5.4: longer paths first.
  std::stable_sort(fitting.begin(), fitting.end(),
                   [](const Cookie* a, const Cookie* b) { return a->path.size() > b->path.size(); });
  std::string out;
  for (const Cookie* cookie : fitting) {
    if (!out.empty()) out += "; ";
    out += cookie->name + "=" + cookie->value;
  }
  return out;
}

}  // namespace podswarm::engine

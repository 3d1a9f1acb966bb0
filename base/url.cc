#include "base/url.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <charconv>

#include "base/bytes.h"
#include "base/text.h"

namespace podswarm::base {

namespace urls = boost::urls;

namespace {

std::uint16_t default_port(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") return 80;
  if (scheme == "https" || scheme == "wss") return 443;
  return 0;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool may_stand(char c) {
  static constexpr std::string_view kAllowed = "-._~:/?#@!$&'()*+,;=";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kAllowed.find(c) != std::string_view::npos;
}

// RFC 3986 §5.2.4 has no ".." above the root; Boost.URL keeps it.
void drop_leading_dots(urls::url& url) {
  std::string path(url.encoded_path());
  bool changed = false;
  while (path.starts_with("/../") || path == "/..") {
    path.replace(0, 3, path.size() == 3 ? "/" : "");
    changed = true;
  }
  if (changed) url.set_encoded_path(path);
}

}  // namespace

std::string Url::authority() const {
  std::string out = host.find(':') != std::string::npos ? "[" + host + "]" : host;
  if (port != 0 && port != default_port(scheme)) out += ":" + std::to_string(port);
  return out;
}

std::string sanitize_url(std::string_view text) {
  text = trim(text);
  // Brackets are legal only around an IPv6 host.
  const auto authority = text.find("://");
  const auto authority_end =
      authority == std::string_view::npos ? std::string_view::npos : text.find_first_of("/?#", authority + 3);
  bool in_fragment = false;
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\t' || c == '\r' || c == '\n') continue;
    const bool in_authority = authority != std::string_view::npos && i > authority && i < authority_end;
    const bool bracket = (c == '[' || c == ']') && in_authority;
    const bool encoded = c == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]);
    const bool second_hash = c == '#' && in_fragment;
    in_fragment = in_fragment || c == '#';
    if ((may_stand(c) && !second_hash) || bracket || encoded) {
      out += c;
    } else {
      static constexpr char kDigits[] = "0123456789ABCDEF";
      const auto u = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[u >> 4];
      out += kDigits[u & 15];
    }
  }
  return out;
}

std::optional<Url> parse_url(std::string_view text) {
  const std::string clean = sanitize_url(text);
  const auto parsed = urls::parse_uri(clean);
  if (!parsed || !parsed->has_authority() || parsed->encoded_host().empty()) return std::nullopt;
  Url url;
  url.scheme = ascii_lower(std::string_view(parsed->scheme()));
  url.user = percent_decode(std::string_view(parsed->encoded_user()));
  url.password = percent_decode(std::string_view(parsed->encoded_password()));
  url.host = ascii_lower(percent_decode(std::string_view(parsed->encoded_host_address())));
  if (parsed->has_port() && !parsed->port().empty()) {
    // Boost.URL's port_number() wraps a number that does not fit.
    const std::string port(parsed->port());
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || end != port.data() + port.size() || url.port == 0) return std::nullopt;
  } else {
    url.port = default_port(url.scheme);
  }
  const std::string path(parsed->encoded_path());
  // Boost.URL takes "http://a:x/" for a host, an empty port and a path without a slash.
  if (!path.empty() && path.front() != '/') return std::nullopt;
  url.target = path.empty() ? "/" : path;
  if (parsed->has_query()) url.target += "?" + std::string(parsed->encoded_query());
  return url;
}

std::string resolve_url(std::string_view base, std::string_view reference) {
  const std::string clean_base = sanitize_url(base);
  const std::string clean_reference = sanitize_url(reference);
  const auto parsed_base = urls::parse_uri(clean_base);
  const auto parsed_reference = urls::parse_uri_reference(clean_reference);
  if (!parsed_base || !parsed_reference) return clean_reference;
  urls::url out;
  if (!urls::resolve(*parsed_base, *parsed_reference, out)) return clean_reference;
  drop_leading_dots(out);
  return std::string(out.buffer());
}

std::string canonical_url(std::string_view text) {
  const std::string clean = sanitize_url(text);
  const auto parsed = urls::parse_uri(clean);
  if (!parsed || !parsed->has_authority()) return clean;
  urls::url url(*parsed);
  url.normalize();
  drop_leading_dots(url);
  url.remove_fragment();
  url.remove_userinfo();
  if (url.has_port() && (url.port().empty() || url.port_number() == default_port(std::string_view(url.scheme())))) {
    url.remove_port();
  }
  if (url.encoded_path().empty()) url.set_path_absolute(true);
  return std::string(url.buffer());
}

std::string redact_url(std::string_view text) {
  // By hand, for it must also hold for what is no proper URL: messages about those show them.
  const std::string url = sanitize_url(text);
  std::size_t start = url.find_first_of(":/?#@");
  const bool has_scheme = start != std::string::npos && start > 0 && url[start] == ':';
  if (has_scheme) ++start;
  const std::size_t authority = start == std::string::npos ? start : url.find_first_not_of('/', start);
  if (authority == std::string::npos) return std::string(text);
  const std::size_t slashes = url[start] == '/' ? authority - start : 0;
  if (!has_scheme && slashes == 1) return std::string(text);  // a path
  const std::size_t end = std::min(url.find_first_of("/?#", authority), url.size());
  std::size_t at = std::string_view(url).substr(0, end).rfind('@');
  if (at == std::string::npos) {
    // A password with a slash in it: what should be the port is none.
    const std::string_view host = std::string_view(url).substr(authority, end - authority);
    const std::size_t colon = host.find(':', host.starts_with('[') ? std::min(host.find(']'), host.size()) : 0);
    const bool odd = colon != host.npos && host.find_first_not_of("0123456789", colon + 1) != host.npos;
    if (odd) at = url.rfind('@');
  }
  if (at == std::string::npos || at < authority) return std::string(text);
  // Without slashes "user:" looks like a scheme, so nothing before the host can be kept.
  return (slashes > 0 ? url.substr(0, authority) : "") + url.substr(at + 1);
}

std::string_view url_path(std::string_view url) {
  url = trim(url);
  const auto authority = url.find("://");
  if (authority != std::string_view::npos) {
    const auto start = url.find_first_of("/?#", authority + 3);
    url = start == std::string_view::npos ? std::string_view{} : url.substr(start);
  }
  return url.substr(0, url.find_first_of("?#"));
}

std::string url_file_name(std::string_view url) {
  auto path = url_path(url);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  const auto slash = path.rfind('/');
  return percent_decode(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

}  // namespace podswarm::base

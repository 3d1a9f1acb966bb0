#include "base/url.h"

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
  url.target = path.empty() || path.front() != '/' ? "/" + path : path;
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
  return std::string(out.buffer());
}

std::string canonical_url(std::string_view text) {
  const std::string clean = sanitize_url(text);
  const auto parsed = urls::parse_uri(clean);
  if (!parsed || !parsed->has_authority()) return clean;
  urls::url url(*parsed);
  url.normalize();
  url.remove_fragment();
  url.remove_userinfo();
  if (url.has_port() && (url.port().empty() || url.port_number() == default_port(std::string_view(url.scheme())))) {
    url.remove_port();
  }
  if (url.encoded_path().empty()) url.set_path_absolute(true);
  return std::string(url.buffer());
}

std::string redact_url(std::string_view text) {
  const std::string clean = sanitize_url(text);
  const auto parsed = urls::parse_uri(clean);
  if (!parsed || !parsed->has_authority() || !parsed->has_userinfo()) return std::string(text);
  urls::url url(*parsed);
  url.remove_userinfo();
  return std::string(url.buffer());
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

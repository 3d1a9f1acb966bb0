// URLs (RFC 3986), read as leniently as the real world writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace podswarm::base {

// The parts of an absolute URL with an authority. Views of nothing: each part is a copy, still percent-encoded but
// for userinfo, which is decoded. `scheme` and `host` are lower case; an IPv6 host has no brackets.
struct Url {
  std::string scheme;
  std::string user;
  std::string password;
  std::string host;
  std::uint16_t port = 0;  // the scheme's default where the URL has none (http 80, https 443), else 0
  std::string target;      // path and query, starts with '/'

  // "host:port" as in a Host header: brackets round IPv6, the port only where it is not the default.
  [[nodiscard]] std::string authority() const;
};

// White space is trimmed off and out; what may not stand in a URL is percent-encoded, what is encoded stands.
[[nodiscard]] std::string sanitize_url(std::string_view text);

// Parses an absolute URL with a host, after sanitizing it.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

// `reference` against `base` (RFC 3986 §5), both sanitized first. Where either cannot be parsed, `reference` sanitized.
[[nodiscard]] std::string resolve_url(std::string_view base, std::string_view reference);

// For comparing: scheme and host in lower case, no default port, no fragment, no userinfo, dot segments removed,
// an empty path is "/". Text that is no URL stays as it is, trimmed.
[[nodiscard]] std::string canonical_url(std::string_view url);

// The URL without its password and user name: for logs, messages and exports.
[[nodiscard]] std::string redact_url(std::string_view url);

// The last non-empty segment of the path, percent-decoded; "" if there is none.
[[nodiscard]] std::string url_file_name(std::string_view url);

// The path alone, percent-encoded as it stands: neither query nor fragment.
[[nodiscard]] std::string_view url_path(std::string_view url);

}  // namespace podswarm::base

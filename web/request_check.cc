#include "web/request_check.h"

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/text.h"

namespace podswarm::web {

namespace {

bool is_clean(std::string_view text) {
  return base::is_valid_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

std::string decode_form(std::string_view text) {
  std::string blanks(text);
  std::replace(blanks.begin(), blanks.end(), '+', ' ');
  return base::percent_decode(blanks);
}

}  // namespace

bool is_own_host(std::string_view host, std::string_view address, std::uint16_t port) {
  host = base::trim(host);
  // The port comes after the last colon that is not within an IPv6 address.
  const auto colon = host.rfind(':');
  const auto bracket = host.rfind(']');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const std::string_view name = has_port ? host.substr(0, colon) : host;
  const std::string_view digits = has_port ? host.substr(colon + 1) : "80";
  return digits == std::to_string(port) && (name == address || name == "[" + std::string(address) + "]" ||
                                            name == "127.0.0.1" || name == "[::1]" || base::iequals(name, "localhost"));
}

bool has_token(std::string_view authorization, std::string_view token) {
  static constexpr std::string_view kScheme = "Bearer ";
  if (token.empty() || !base::istarts_with(authorization, kScheme)) return false;
  const std::string_view given = base::trim(authorization.substr(kScheme.size()));
  // Every byte of what was given is looked at; only its length, which is the client's own, shows.
  unsigned difference = given.size() == token.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const volatile unsigned wrong =
        static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(token[i % token.size()]);
    difference |= wrong;
  }
  return difference == 0;
}

std::optional<ApiRequest> parse_target(std::string_view method, std::string_view target) {
  target = target.substr(0, target.find('#'));
  const auto question = target.find('?');
  ApiRequest request;
  request.method = method;
  request.path = base::percent_decode(target.substr(0, question));
  if (!request.path.starts_with('/') || !is_clean(request.path)) return std::nullopt;
  for (const auto segment : base::split(request.path, '/')) {
    if (segment == "..") return std::nullopt;
  }
  if (question == std::string_view::npos) return request;
  for (const auto pair : base::split(target.substr(question + 1), '&')) {
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    std::string name = decode_form(pair.substr(0, equals));
    std::string value = equals == std::string_view::npos ? "" : decode_form(pair.substr(equals + 1));
    if (!base::is_valid_utf8(name) || !base::is_valid_utf8(value)) return std::nullopt;
    request.query.emplace(std::move(name), std::move(value));
  }
  return request;
}

}  // namespace podswarm::web

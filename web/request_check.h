// What the server looks at before any handler does: the host a request was meant for, its token, its path. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "web/api_types.h"

namespace podswarm::web {

// The Host field names `address`, which the server listens on, or loopback; and this port. A page in the user's browser
// whose name was made to resolve to loopback (DNS rebinding) still sends its own name.
[[nodiscard]] bool is_own_host(std::string_view host, std::string_view address, std::uint16_t port);

// The Authorization field is "Bearer TOKEN". Takes as long for a near miss as for a far one.
[[nodiscard]] bool has_token(std::string_view authorization, std::string_view token);

// The request target (RFC 9112 §3.2, origin form) decoded: nothing where it is not UTF-8 without control characters,
// does not begin with '/', or has a ".." segment. A '+' in the query is a blank, as browsers write it.
[[nodiscard]] std::optional<ApiRequest> parse_target(std::string_view method, std::string_view target);

}  // namespace podswarm::web

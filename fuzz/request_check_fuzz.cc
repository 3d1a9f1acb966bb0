// What a local client can send the daemon before it has shown the token.
#include <cstdlib>

#include "base/text.h"
#include "web/request_check.h"

using namespace podswarm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (web::has_token(text, "token") && text.find("token") == std::string_view::npos) std::abort();
  if (web::is_own_host(text, "127.0.0.1", 8080) && text.find("8080") == std::string_view::npos) std::abort();
  const auto request = web::parse_target("GET", text);
  if (!request) return 0;
  if (!request->path.starts_with('/') || !base::is_valid_utf8(request->path)) std::abort();
  if ((request->path + "/").find("/../") != std::string::npos) std::abort();
  for (const auto& [name, value] : request->query) {
    if (!base::is_valid_utf8(name) || !base::is_valid_utf8(value)) std::abort();
  }
  return 0;
}

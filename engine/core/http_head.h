// The head of an HTTP answer as the rest of the engine sees it (RFC 9110), and the fields that it asks for.
// Sans-IO, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace podswarm::engine {

struct HttpField {
  std::string name;
  std::string value;
};

struct HttpHead {
  int status = 0;
  std::string reason;  // phrase of the status line, repaired to one line of UTF-8; may be empty
  std::vector<HttpField> fields;
  std::optional<std::uint64_t> content_length;  // of the body that follows; none when chunked or until the end
  std::string final_url;                        // after redirects, without userinfo

  // The first field of that name (any case), trimmed; "" where there is none.
  [[nodiscard]] std::string_view field(std::string_view name) const;
};

}  // namespace podswarm::engine

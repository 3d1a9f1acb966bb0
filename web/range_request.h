// What a GET or HEAD of something with a size and validators comes to: its conditions (RFC 9110 §13) and its range
// (§14). Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace podswarm::web {

// Fields of the request; "" = absent.
struct RequestConditions {
  std::string if_match{};
  std::string if_none_match{};
  std::string if_modified_since{};
  std::string if_unmodified_since{};
  std::string if_range{};
  std::string range{};
};

struct Representation {
  std::string etag{};  // strong, with its quotes
  std::chrono::sys_seconds modified{};
  std::uint64_t size = 0;
};

struct Selection {
  int status = 200;  // 200, 206, 304, 412 or 416
  // Of 200 and 206.
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

// `is_get`: a range counts for GET alone. A field that makes no sense counts as absent; where several parts are asked
// for, the whole is given.
[[nodiscard]] Selection select(const RequestConditions& request, const Representation& current, bool is_get);

}  // namespace podswarm::web

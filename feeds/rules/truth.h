// Three-valued logic: what a feed does not say is neither true nor false, and `not unknown` stays unknown.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace podswarm::rules {

enum class Truth : std::uint8_t { kFalse = 0, kUnknown = 1, kTrue = 2 };

[[nodiscard]] constexpr Truth operator&(Truth a, Truth b) {
  return std::min(a, b);
}
[[nodiscard]] constexpr Truth operator|(Truth a, Truth b) {
  return std::max(a, b);
}
[[nodiscard]] constexpr Truth operator!(Truth a) {
  return static_cast<Truth>(2 - static_cast<int>(a));
}
[[nodiscard]] constexpr Truth truth_of(bool value) {
  return value ? Truth::kTrue : Truth::kFalse;
}
[[nodiscard]] constexpr std::string_view to_string(Truth truth) {
  return truth == Truth::kTrue ? "true" : truth == Truth::kFalse ? "false" : "unknown";
}

}  // namespace podswarm::rules

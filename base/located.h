// A value and where a person wrote it, so that an error can point at it.
#pragma once

#include <cstdint>
#include <string>

namespace podswarm::base {

// line and column count from 1; 0 means unknown (the text did not come from a file).
struct SourcePos {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

template <class T>
struct Located {
  T value{};
  SourcePos pos{};
};

// One problem in a file that a person wrote. `hint` says what to do, and may be empty.
struct Diagnostic {
  std::string file;
  SourcePos pos;
  std::string message;
  std::string hint;

  // "FILE:LINE:COL: MESSAGE (HINT)"
  [[nodiscard]] std::string to_string() const;
};

// The candidate that `word` is most likely a misspelling of, or "" when none is near.
template <class Range>
[[nodiscard]] std::string nearest(const std::string& word, const Range& candidates);
[[nodiscard]] std::size_t edit_distance(const std::string& a, const std::string& b);

template <class Range>
std::string nearest(const std::string& word, const Range& candidates) {
  std::string best;
  std::size_t best_distance = word.size() / 3 + 2;
  for (const auto& candidate : candidates) {
    const std::size_t distance = edit_distance(word, std::string(candidate));
    if (distance < best_distance) {
      best_distance = distance;
      best = std::string(candidate);
    }
  }
  return best;
}

}  // namespace podswarm::base

// Values of the ordered types, as spans of one number line per type, and how they are compared. Pure.
//
// A value that covers a stretch is a span: the date 2026-01-31 is its whole day, S04 the whole season, and an item that
// holds S01E02-E03 is both episodes. Equality is overlap; the other comparisons look at the end that matters, so that
// `ep >= S01E03` holds for S01E02-E03 and for everything in season 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "feeds/rules/fields.h"
#include "feeds/rules/lexer.h"
#include "feeds/rules/truth.h"

namespace podswarm::rules {

// Numberings that cannot be compared with each other.
enum class Scale : std::uint8_t { kPlain, kSeasonEpisode, kAbsoluteEpisode, kDateEpisode };

struct Span {
  double lo = 0;
  double hi = 0;
  Scale scale = Scale::kPlain;
};

// The place of an episode on the kSeasonEpisode scale. Episodes stay below 1,000,000.
[[nodiscard]] inline double season_episode(int season, double episode) {
  return season * 1e6 + episode;
}

enum class Op : std::uint8_t {
  kContains,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kLike,
  kMatches,
  kNotMatches,
  kIn,
  kHas,
  kIs,  // a field that is true or false, standing alone
};

// `value op literal`; unknown between different scales. For the comparison operators only.
[[nodiscard]] inline Truth compare(const Span& value, Op op, const Span& literal) {
  if (value.scale != literal.scale) return Truth::kUnknown;
  const bool overlaps = value.lo <= literal.hi && literal.lo <= value.hi;
  switch (op) {
    case Op::kEqual:
    case Op::kIn:
      return truth_of(overlaps);
    case Op::kNotEqual:
      return truth_of(!overlaps);
    case Op::kLess:
      return truth_of(value.lo < literal.lo);
    case Op::kLessEqual:
      return truth_of(value.lo <= literal.hi);
    case Op::kGreater:
      return truth_of(value.hi > literal.hi);
    case Op::kGreaterEqual:
      return truth_of(value.hi >= literal.lo);
    default:
      return Truth::kUnknown;
  }
}

// What `token` means where a value of an ordered `type` is wanted; nothing where it is none.
[[nodiscard]] std::optional<Span> read_literal(FieldType type, const Token& token);

// "a size", "a duration", "a text"…: what the token is by its own looks, for messages.
[[nodiscard]] std::string describe(const Token& token);

}  // namespace podswarm::rules

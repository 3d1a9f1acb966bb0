// What a rule looks at: one item of one feed, at one moment. A bundle of views; everything must outlive the call it is
// handed to.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "feeds/document.h"

namespace podswarm::rules {

struct Candidate {
  std::string_view feed_name;
  std::string_view feed_url;
  std::span<const std::string> feed_tags;
  std::string_view feed_language;  // BCP 47, may be empty
  const feeds::Item& item;
  base::WallTime now;

  // When the item was first met, for age and wait where it has no date of its own.
  std::optional<base::WallTime> first_seen = std::nullopt;
  // The size of what would be fetched, where the caller knows which of the item's sources that is.
  std::optional<std::uint64_t> size_bytes = std::nullopt;
  // The moment for cooldown, wait and limit where a past is replayed; `now` otherwise.
  std::optional<base::WallTime> moment = std::nullopt;

  // The wait for this one is over before its time: it is chosen among copies of which one has waited long enough.
  bool waited = false;

  // A rule that could not tell whether the item fulfils its conditions, and of which a person says that it does.
  std::string_view certain{};

  [[nodiscard]] base::WallTime decided_at() const { return moment.value_or(now); }
};

}  // namespace podswarm::rules

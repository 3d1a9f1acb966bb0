// Which episodes the library lets go of. Pure: episodes and bounds in, deletions with their reasons out.
//
// Bounds are kept as a set: those of a feed over its episodes, those of the whole library over what the feeds' bounds
// leave. First what is too old goes, then what is not among the newest, then the oldest until the size fits, but for the
// newest that may go. What is protected counts towards number and size, and never goes; so a bound may stay exceeded.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace podswarm::library {

struct RetentionBounds {
  std::size_t newest = 0;       // episodes; 0 = no bound
  std::chrono::seconds age{0};  // since it came into the library; 0 = no bound
  std::uint64_t size = 0;       // bytes; 0 = no bound

  [[nodiscard]] bool any() const { return newest != 0 || age.count() != 0 || size != 0; }
  bool operator==(const RetentionBounds&) const = default;
};

// An episode that has files in the library.
struct StoredEpisode {
  std::int64_t id = 0;
  std::int64_t feed_id = 0;
  std::chrono::sys_seconds published{};  // "newest" goes by it, then by id
  std::chrono::sys_seconds arrived{};
  std::uint64_t size = 0;
  std::string protection;  // why it must stay: "starred", "seeding" ...; "" = it may go
};

enum class DeletionReason { kAge, kNewest, kSize, kLibraryAge, kLibraryNewest, kLibrarySize };
[[nodiscard]] std::string_view to_string(DeletionReason reason);  // "age", "newest", "size", "library-age" ...

struct Deletion {
  std::int64_t episode_id = 0;
  std::int64_t feed_id = 0;
  std::uint64_t size = 0;
  DeletionReason reason = DeletionReason::kAge;
  std::string text;  // the reason for a person
};

// A feed that is not in `feeds` has no bounds of its own. In the order in which they are to go: feed by feed, then those
// of the library as a whole; of each bound the oldest first. The order of `episodes` does not matter.
[[nodiscard]] std::vector<Deletion> plan_deletions(std::span<const StoredEpisode> episodes,
                                                   const std::map<std::int64_t, RetentionBounds>& feeds,
                                                   const RetentionBounds& library, std::chrono::sys_seconds now);

}  // namespace podswarm::library

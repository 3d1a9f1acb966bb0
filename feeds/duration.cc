#include "feeds/duration.h"

#include "base/text.h"
#include "feeds/values.h"

namespace podswarm::feeds {

std::optional<std::uint64_t> parse_media_duration(std::string_view text) {
  static constexpr std::uint64_t kLongest = std::uint64_t{100} * 366 * 86'400;
  text = base::trim(text);
  if (const auto point = text.find_first_of(".,"); point != std::string_view::npos) {
    if (point == 0 || text.find_first_not_of("0123456789", point + 1) != std::string_view::npos) return std::nullopt;
    text = text.substr(0, point);
  }
  std::uint64_t total = 0;
  int parts = 0;
  for (;;) {
    const auto colon = text.find(':');
    const auto part = parse_count(text.substr(0, colon));
    if (!part || *part > kLongest || ++parts > 3) return std::nullopt;
    total = total * 60 + *part;
    if (total > kLongest) return std::nullopt;
    if (colon == std::string_view::npos) return total;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace podswarm::feeds

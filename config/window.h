// Times of day as a person writes them: "01:00-06:00", "Mon-Fri 22:00-06:00, Sat,Sun 00:00-24:00", "" and "always" =
// always; several of them in a list add up. What a window means for a moment is the scheduler's business; here it is
// only read. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace podswarm::config {

struct WindowSpan {
  std::uint8_t days = 0x7f;  // on which it begins; bit 0 is Monday
  int begin_minute = 0;      // of the local day, 0..1439
  int end_minute = 0;        // 1..1440; not after begin_minute: it ends on the next day

  bool operator==(const WindowSpan&) const = default;
};

struct Window {
  std::string text;               // as written, trimmed
  std::vector<WindowSpan> spans;  // none = always

  [[nodiscard]] bool always() const { return spans.empty(); }
  bool operator==(const Window&) const = default;
};

enum class WindowError { kSyntax, kRange };

[[nodiscard]] base::Result<Window, WindowError> parse_window(std::string_view text);
// Both add up; one that is always makes the sum so.
[[nodiscard]] Window add_windows(const Window& a, const Window& b);

// By when downloads are to be done: a time of the local day, or when their window closes.
struct DoneBy {
  bool window_end = false;
  int minute = 0;  // of the local day, 0..1439; where it is not the window's end

  bool operator==(const DoneBy&) const = default;
};
// "06:00", "window".
[[nodiscard]] base::Result<DoneBy, WindowError> parse_done_by(std::string_view text);

}  // namespace podswarm::config

// Dates, durations and recurrence rules from any text; what is read lies in the years that RFC 3339 can write, and a
// rule's next day is one of its days.
#include <cstdlib>

#include "base/units.h"
#include "feeds/date.h"
#include "feeds/duration.h"
#include "feeds/recurrence.h"
#include "feeds/recurrence_days.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto time = podswarm::feeds::parse_date(text)) {
    if (podswarm::base::parse_rfc3339(podswarm::base::format_rfc3339(*time)) != *time) std::abort();
  }
  (void)podswarm::feeds::parse_media_duration(text);
  (void)podswarm::feeds::average_period(text);
  if (const auto rule = podswarm::feeds::RecurrenceDays::read(text)) {
    constexpr std::chrono::sys_days kAnchor = std::chrono::year(2024) / 2 / 29;
    const auto day = rule->next(kAnchor, kAnchor);
    if (day && (*day < kAnchor || !rule->includes(*day, kAnchor))) std::abort();
  }
  return 0;
}

// How often a recurrence rule (RFC 5545 §3.3.10) recurs on average, as podcast:updateFrequency states it. The moments
// themselves are not computed: the rule says nothing of the hour, and a feed's history tells them better. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace podswarm::feeds {

// The average time between two occurrences of `rule` ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH"), from a minute to ten
// years. Parts that are unknown here are passed over. Nothing where there is no FREQ or a number is none.
[[nodiscard]] std::optional<std::chrono::seconds> average_period(std::string_view rule);

}  // namespace podswarm::feeds

// An enclosure's address without what changes while the file stays the same: the prefixes of services that count
// downloads (which name the real address in their path) and the parameters that carry tokens and times. For comparing
// alone, never for fetching. Pure.
#pragma once

#include <string>
#include <string_view>

namespace podswarm::scheduler {

// "media.example/ep1.mp3" for "https://dts.podtrac.com/redirect.mp3/media.example/ep1.mp3?token=5": canonical, without
// scheme. Text that is no URL stays as it is.
[[nodiscard]] std::string media_key(std::string_view url);

}  // namespace podswarm::scheduler

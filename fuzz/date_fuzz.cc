// Dates and durations from any text; what is read lies in the years that RFC 3339 can write.
#include <cstdlib>

#include "base/units.h"
#include "feeds/date.h"
#include "feeds/duration.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto time = podswarm::feeds::parse_date(text)) {
    if (podswarm::base::parse_rfc3339(podswarm::base::format_rfc3339(*time)) != *time) std::abort();
  }
  (void)podswarm::feeds::parse_media_duration(text);
  return 0;
}

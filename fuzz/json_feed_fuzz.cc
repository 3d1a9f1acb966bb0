// Any text as a JSON Feed, whole or broken off.
#include "base/text.h"
#include "feeds/json_feed.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // Callers decode first.
  if (podswarm::base::is_valid_utf8(bytes)) (void)podswarm::feeds::parse_json_feed(bytes, {});
  return 0;
}

// Any bytes as a subscription list; what is read survives being written and read again.
#include <cstdlib>

#include "feeds/opml.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto list = podswarm::feeds::parse_opml(bytes);
  if (!list) return 0;
  const auto again = podswarm::feeds::parse_opml(podswarm::feeds::write_opml(*list));
  if (!again || again->feeds.size() != list->feeds.size()) std::abort();
  return 0;
}

// Any bytes, with an HTTP charset and a base URL or without: parsing and printing must end well.
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "feeds/normalised_json.h"
#include "feeds/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static constexpr const char* kContentTypes[] = {"", "text/xml; charset=koi8-r", "application/json",
                                                  "text/xml; charset=iso-2022-jp"};
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  podswarm::feeds::ParseOptions options;
  options.content_type = kContentTypes[data[0] & 3];
  if ((data[0] & 4) != 0) options.base_url = "https://example.org/feed.xml";
  if ((data[0] & 8) != 0) options.max_text_bytes = 16;
  const auto feed = podswarm::feeds::parse_feed(bytes, options);
  if (feed && !podswarm::base::is_valid_utf8(boost::json::serialize(podswarm::feeds::to_json(*feed)))) std::abort();
  return 0;
}

// The file name in a Content-Disposition field (RFC 6266), with its extended form (RFC 8187, formerly RFC 5987).
// Read leniently: servers forget quotes, encode what should not be encoded, and send Latin-1. Sans-IO, any thread.
#pragma once

#include <string>
#include <string_view>

namespace podswarm::engine {

// UTF-8, decoded but not made safe: it may hold separators and anything else. filename* wins over filename. "" when
// there is none.
[[nodiscard]] std::string content_disposition_file_name(std::string_view field);

}  // namespace podswarm::engine

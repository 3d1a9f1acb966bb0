// What a player sends about conditions and ranges: a name of one of the fields' places, then its text, line by line.
#include <cstdlib>

#include "base/text.h"
#include "web/range_request.h"

using namespace podswarm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  web::RequestConditions request;
  std::string* fields[] = {&request.range,         &request.if_range,          &request.if_match,
                           &request.if_none_match, &request.if_modified_since, &request.if_unmodified_since};
  std::size_t next = 0;
  for (const auto line : base::split(text, '\n')) {
    if (next < std::size(fields)) *fields[next++] = line;
  }
  for (const std::uint64_t length : {0u, 1u, 1000u}) {
    const web::Representation current{"\"a\"", std::chrono::sys_seconds(std::chrono::seconds(1'790'000'000)), length};
    const auto selection = web::select(request, current, true);
    if (selection.first + selection.length > length) std::abort();
    if (selection.status == 206 && selection.length == 0) std::abort();
    if (selection.status == 200 && selection.length != length) std::abort();
    if (web::select(request, current, false).status == 206) std::abort();
  }
  return 0;
}

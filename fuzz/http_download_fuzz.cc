// What a media server can say: the head and the chunks of an answer, cut at will, and every field that a download
// decides by.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/http_date.h"
#include "base/text.h"
#include "base/url.h"
#include "engine/core/content_disposition.h"
#include "engine/core/cookie_jar.h"
#include "engine/core/http_file_name.h"
#include "engine/core/http_range.h"
#include "engine/core/http_response.h"
#include "engine/core/media_sniff.h"

namespace {

using namespace podswarm;
using namespace podswarm::engine;

void require(bool good) {
  if (!good) std::abort();
}

void decide(const HttpHead& head) {
  require(base::is_valid_utf8(head.reason));
  const ResumePoint point{1'000, strong_validators(head), 5'000};
  const RangeDecision decision = decide_range(point, head);
  require(decision.action != RangeAction::kComplete || decision.total == point.size);
  static_cast<void>(decide_range({}, head));
  const std::string name = suggested_file_name(head, "https://example.org/show/episode");
  require(!name.empty() && name.size() <= kMaxFileNameBytes && name.find('/') == std::string::npos && name != ".." &&
          name != ".");
  static const base::Url url = *base::parse_url("https://media.example.org/a/b");
  CookieJar jar;
  for (const HttpField& field : head.fields) {
    jar.store(url, field.value, base::WallTime());
    static_cast<void>(base::parse_http_date(field.value));
    static_cast<void>(parse_content_range(field.value));
    require(base::is_valid_utf8(content_disposition_file_name(field.value)));
  }
  const std::string cookies = jar.header_for(url, base::WallTime());
  require(cookies.find('\n') == std::string::npos && cookies.find('\r') == std::string::npos);
}

}  // namespace

// The first byte says in what pieces the rest arrives.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t step = std::size_t{data[0]} + 1;
  const base::ByteView text(data + 1, size - 1);
  static_cast<void>(describe(sniff_body(text.first(std::min(text.size(), kSniffBytes)))));
  HttpResponseReader reader;
  base::Bytes pending, window(61);
  for (std::size_t at = 0; at < text.size(); at += step) {
    const auto piece = text.subspan(at, std::min(step, text.size() - at));
    pending.insert(pending.end(), piece.begin(), piece.end());
    if (!reader.head_done()) {
      const auto consumed = reader.put_head(pending);
      if (!consumed) return 0;
      require(*consumed <= pending.size());
      pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(*consumed));
      if (reader.head_done()) decide(reader.head());
    }
    if (!reader.head_done()) continue;
    if (reader.body() != HttpBody::kChunked) return 0;
    while (!pending.empty() && !reader.body_done()) {
      const auto moved = reader.put_chunked(pending, window);
      if (!moved) return 0;
      require(moved->consumed <= pending.size() && moved->produced <= window.size());
      pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(moved->consumed));
      if (moved->consumed == 0 && moved->produced == 0) break;
    }
  }
  return 0;
}

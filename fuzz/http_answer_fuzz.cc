// What a hostile web server can say: framing, codings, fields, redirects. However the bytes are cut, the same comes
// out, within the cap.
#include <cstdlib>
#include <string>

#include "feeds/content_decoding.h"
#include "feeds/http_body.h"
#include "feeds/http_fields.h"
#include "feeds/redirects.h"

using namespace podswarm::feeds;

namespace {

constexpr std::size_t kCap = 1u << 20;

std::string unframed(std::string_view wire, std::size_t step) {
  auto reader = BodyReader::start(200, {"chunked"}, {});
  std::string out;
  for (std::size_t i = 0; i < wire.size(); i += step) {
    if (!reader->feed(wire.substr(i, step), out)) return "broken";
  }
  return (reader->finish() ? "whole " : "cut ") + out;
}

std::string decoded(ContentCoding coding, std::string_view packed, std::size_t step) {
  ContentDecoder decoder(coding, kCap);
  std::string out;
  for (std::size_t i = 0; i < packed.size(); i += step) {
    const auto fed = decoder.feed(packed.substr(i, step), out);
    if (out.size() > kCap) std::abort();
    // How much comes out before the ratio or the stream breaks does depend on the pieces.
    if (!fed) return fed.error().code == FetchError::kTooLarge ? "too large" : "broken";
  }
  return (decoder.finish() ? "whole " : "cut ") + out;
}

void follow(std::string_view text) {
  auto chain = RedirectChain::start("http://user:secret@a.test/feed", 20);
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find('\n', start), text.size());
    if (!chain->follow(301, text.substr(start, end - start))) return;
    if (chain->current().scheme != "http" && chain->current().scheme != "https") std::abort();
    if (chain->current_text().find_first_of("\r\n @") < chain->current_text().find('/', 8)) std::abort();
    start = end + 1;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const podswarm::base::WallTime now{std::chrono::seconds(1'800'000'000)};
  switch (data[0] % 6) {
    case 0:
      if (unframed(text, 1) != unframed(text, size)) std::abort();
      break;
    case 1:
    case 2:
    case 3: {
      const auto coding = static_cast<ContentCoding>(data[0] % 6);
      const std::string whole = decoded(coding, text, size);
      const std::string pieces = decoded(coding, text, 7);
      if (whole != pieces && whole != "too large" && pieces != "too large") std::abort();
      break;
    }
    case 4:
      if (const auto at = parse_retry_after(text, now); at && *at > now + std::chrono::days(365)) std::abort();
      (void)parse_http_date(text, now);
      (void)parse_max_age(text);
      (void)parse_content_encoding(text);
      break;
    default:
      follow(text);
  }
  return 0;
}

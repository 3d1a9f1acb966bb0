#include "feeds/looks_like.h"

#include <algorithm>

#include "base/text.h"
#include "feeds/xml_names.h"

namespace podswarm::feeds {

namespace {

using namespace std::literals;

struct Signature {
  std::string_view start;
  std::string_view what;
};

constexpr Signature kSignatures[] = {
    {"\x89PNG"sv, "a PNG image"},
    {"\xFF\xD8\xFF"sv, "a JPEG image"},
    {"GIF8"sv, "a GIF image"},
    {"\x1F\x8B"sv, "gzip data"},
    {"PK\x03\x04"sv, "a ZIP archive"},
    {"%PDF"sv, "a PDF document"},
    {"ID3"sv, "an MP3 file"},
    {"OggS"sv, "an Ogg file"},
    {"RIFF"sv, "a RIFF media file"},
    {"\x7F"
     "ELF"sv,
     "a program"},
    {"#EXTM3U"sv, "an M3U playlist"},
    {"[playlist]"sv, "a PLS playlist"},
    {"d8:announce"sv, "a torrent file"},
    {"d4:info"sv, "a torrent file"},
    {"magnet:"sv, "a magnet link"},
    {"BEGIN:VCALENDAR"sv, "a calendar"},
};

}  // namespace

std::string looks_like(std::string_view bytes, pugi::xml_node root) {
  for (const auto& signature : kSignatures) {
    if (bytes.substr(0, signature.start.size()) == signature.start) return std::string(signature.what);
  }
  const std::string_view text = base::trim(bytes);
  const std::string local = base::ascii_lower(local_part(root.name()));
  if (local == "html" || local == "head" || local == "body" || base::istarts_with(text, "<!doctype html")) {
    return "an HTML page";
  }
  if (local == "opml") return "an OPML list of feeds";
  if (local == "urlset" || local == "sitemapindex") return "a sitemap";
  if (local == "rss" || local == "rdf" || local == "feed") return "a feed";
  if (root) return "XML with the root <" + std::string(base::utf8_prefix(root.name(), 40)) + ">";
  if (!text.empty() && (text.front() == '{' || text.front() == '[')) return "JSON";
  const auto controls =
      std::count_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(text.size(), 512)),
                    [](char c) { return static_cast<unsigned char>(c) < 0x09; });
  return controls > 0 ? "binary data" : "plain text";
}

}  // namespace podswarm::feeds

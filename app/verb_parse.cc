// `podswarm parse`: a document as normalised JSON (docs/parse.md). Nothing is fetched, nothing is stored.

#include <fmt/format.h>

#include <cstdio>

#include "app/args.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "engine/core/inspect.h"
#include "feeds/normalised_json.h"
#include "feeds/opml.h"
#include "feeds/parse.h"

namespace podswarm::app {

namespace {

constexpr std::size_t kMaxBytes = 256u << 20;

int refuse(const std::string& file, const std::string& message) {
  complain((file == "-" ? "standard input" : file) + ": " + message);
  return kFailure;
}

bool is_torrent(const std::string& file, std::string_view bytes) {
  if (file.ends_with(".torrent")) return true;
  return bytes.size() > 1 && bytes[0] == 'd' && bytes[1] >= '0' && bytes[1] <= '9';
}

bool mentions_opml_early(std::string_view bytes) {
  return base::ascii_lower(bytes.substr(0, 4096)).find("<opml") != std::string::npos;
}

int print_text(const std::string& text) {
  fmt::print("{}\n", text);
  return kOk;
}

}  // namespace

int run_parse(const Globals&, const ParseArgs& args) {
  const auto bytes = base::read_file(args.file == "-" ? "/dev/stdin" : args.file, kMaxBytes);
  if (!bytes) {
    complain(bytes.error().message);
    return kFailure;
  }
  if (is_torrent(args.file, *bytes)) {
    const auto torrent = engine::Metainfo::parse(base::as_bytes(*bytes));
    return torrent ? print_text(engine::to_json(*torrent)) : refuse(args.file, torrent.error().message);
  }
  if (args.file.ends_with(".magnet") || base::istarts_with(base::trim(*bytes), "magnet:")) {
    const auto magnet = engine::parse_magnet(base::trim(*bytes));
    return magnet ? print_text(engine::to_json(*magnet)) : refuse(args.file, magnet.error().message);
  }
  feeds::ParseOptions options;
  options.base_url = args.base_url;
  options.content_type = args.content_type;
  if (mentions_opml_early(*bytes)) {
    if (const auto list = feeds::parse_opml(*bytes, options)) {
      print_json(feeds::to_json(*list));
      return kOk;
    }
  }
  const auto feed = feeds::parse_feed(*bytes, options);
  if (feed) {
    print_json(feeds::to_json(*feed));
    return kOk;
  }
  if (const auto list = feeds::parse_opml(*bytes, options)) {
    print_json(feeds::to_json(*list));
    return kOk;
  }
  return refuse(args.file, feed.error().message);
}

}  // namespace podswarm::app

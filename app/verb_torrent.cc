// `podswarm torrent verify`: data on disk against a .torrent.

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "app/args.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/file.h"
#include "engine/verify.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {
constexpr std::size_t kMaxTorrentBytes = 32u << 20;
}  // namespace

int run_torrent_verify(const Globals& globals, const VerifyArgs& args) {
  const auto content = base::read_file(args.torrent, kMaxTorrentBytes);
  if (!content) {
    complain(content.error().message);
    return content.error().code == base::FileError::kNotFound ? kNotFound : kFailure;
  }
  auto torrent = engine::Metainfo::parse(base::as_bytes(*content));
  if (!torrent) {
    complain(args.torrent.string() + ": " + torrent.error().message);
    return kFailure;
  }
  const std::string name = torrent->name;
  const auto good = engine::verify_data(std::move(*torrent), args.dir);
  if (!good) {
    complain(good.error().message);
    return kFailure;
  }
  if (globals.json) {
    json::array missing;
    for (std::uint32_t piece = good->next_clear(0); piece < good->size(); piece = good->next_clear(piece + 1)) {
      missing.emplace_back(piece);
    }
    print_json(json::object{{"name", name},
                            {"complete", good->all()},
                            {"pieces", good->size()},
                            {"good", good->count()},
                            {"missing", std::move(missing)}});
  } else if (!globals.quiet) {
    fmt::print("{}: {} of {} pieces are there and right\n", printable(name), good->count(), good->size());
  }
  if (good->all()) return kOk;
  return good->none() ? kFailure : kPartial;
}

}  // namespace podswarm::app

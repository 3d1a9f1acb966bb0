// `podswarm torrent verify`: data on disk against a .torrent.

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "app/args.h"
#include "app/exit_code.h"
#include "app/file_choice.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/file.h"
#include "engine/core/file_layout.h"
#include "engine/verify.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {
constexpr std::size_t kMaxTorrentBytes = 32u << 20;

// Padding is nobody's choice.
std::vector<engine::FileInfo> files_of(const engine::FileLayout& layout) {
  std::vector<engine::FileInfo> files;
  const auto& entries = layout.entries();
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (entries[i].on_disk) files.push_back({entries[i].path, entries[i].length, i});
  }
  return files;
}

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
  const engine::FileLayout layout(*torrent);
  engine::Bitfield asked(layout.piece_count(), args.files.empty());
  if (!args.files.empty()) {
    // What is no choice has been refused where the command line is read.
    const auto choice = FileChoice::parse(args.files).value();
    const auto files = files_of(layout);
    bool any = false;
    for (const auto& file : files) {
      if (!choice.takes(file.index, file.path.string())) continue;
      any = true;
      const auto [first, end] = layout.pieces_of(file.index);
      for (std::uint32_t piece = first; piece < end; ++piece) asked.set(piece);
    }
    if (!any) {
      complain("--files " + args.files + " names none of its files");
      fmt::print(stderr, "{}", listing(files));
      return kUsage;
    }
  }
  const auto good = engine::verify_data(std::move(*torrent), args.dir, asked);
  if (!good) {
    complain(good.error().message);
    return kFailure;
  }
  const bool complete = good->count() == asked.count();
  if (globals.json) {
    json::array missing;
    for (std::uint32_t piece = asked.next_set(0); piece < asked.size(); piece = asked.next_set(piece + 1)) {
      if (!good->test(piece)) missing.emplace_back(piece);
    }
    print_json(json::object{{"name", name},
                            {"complete", complete},
                            {"pieces", asked.count()},
                            {"good", good->count()},
                            {"missing", std::move(missing)}});
  } else if (!globals.quiet) {
    fmt::print("{}: {} of {} pieces are there and right\n", printable(name), good->count(), asked.count());
  }
  if (complete) return kOk;
  return good->none() ? kFailure : kPartial;
}

}  // namespace podswarm::app

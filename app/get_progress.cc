#include "app/get_progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace podswarm::app {

namespace {

// 100 only where all is there.
int percent(std::uint64_t done, std::uint64_t total) {
  if (done >= total) return 100;
  return std::min(99, static_cast<int>(100 * (static_cast<double>(done) / static_cast<double>(total))));
}

std::string counted(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string progress_text(const std::vector<engine::DownloadStatus>& downloads) {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::uint64_t pieces_done = 0;
  std::uint64_t pieces_total = 0;
  std::uint64_t down = 0;
  std::uint64_t up = 0;
  std::size_t peers = 0;
  std::size_t web_seeds = 0;
  bool size_known = true;
  bool checking = false;
  bool torrents = false;
  for (const auto& status : downloads) {
    const bool torrent = !status.info_hash.empty();
    torrents = torrents || torrent;
    size_known = size_known && status.total_bytes.has_value();
    checking = checking || status.state == engine::DownloadState::kChecking;
    done += torrent ? status.wanted_done : status.done_bytes;
    total += torrent ? status.wanted_bytes : status.total_bytes.value_or(0);
    pieces_done += status.pieces_done;
    pieces_total += status.pieces_total;
    down += status.down_rate;
    up += status.up_rate;
    peers += status.peers;
    web_seeds += status.web_seeds;
  }
  std::string line = size_known ? fmt::format("{}% of {}", percent(done, total), base::format_bytes(total))
                                : fmt::format("{} of ?", base::format_bytes(done));
  if (size_known && down > 0 && total > done) {
    // Of a download that all but stands still nothing can be said.
    constexpr std::uint64_t kLongest = 100 * 86'400;
    const std::uint64_t left = (total - done) / down;
    if (left < kLongest) line += fmt::format("  {} left", base::format_duration(std::chrono::seconds(left)));
  }
  line += fmt::format("  down {}/s", base::format_bytes(down));
  if (torrents) line += "  " + counted(peers, "peer");
  if (web_seeds > 0) line += "  " + counted(web_seeds, "web seed");
  if (pieces_total > 0) line += fmt::format("  {}/{} pieces{}", pieces_done, pieces_total, checking ? " checked" : "");
  if (torrents) line += fmt::format("  up {}/s", base::format_bytes(up));
  return line;
}

}  // namespace podswarm::app

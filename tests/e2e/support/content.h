// What a test's servers give out: audio, torrents, feeds. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace podswarm::test {

// `bytes` (at least 44) of a WAVE file whose samples nobody can compress; another `seed`, other samples.
[[nodiscard]] std::string make_wav(std::size_t bytes, std::uint32_t seed);

// A .torrent (BEP 3) of one file, and its info-hash in hex.
struct Torrent {
  std::string bytes;
  std::string info_hash;
};
[[nodiscard]] Torrent make_torrent(const std::string& name, const std::string& content,
                                   const std::string& announce_url = "", std::size_t piece_length = 32 * 1024);
// The same with several files, each a path as the list of its parts, taken as they are: hostile ones too.
struct TorrentFile {
  std::vector<std::string> path;
  std::string content;
};
[[nodiscard]] Torrent make_torrent(const std::string& name, const std::vector<TorrentFile>& files,
                                   std::size_t piece_length = 32 * 1024);

struct Item {
  std::string title;
  std::string url;
  std::string type = "audio/wav";
};
// RSS 2.0; the first item is the newest, each a day older than the one before.
[[nodiscard]] std::string make_feed(const std::string& title, const std::vector<Item>& items);

}  // namespace podswarm::test

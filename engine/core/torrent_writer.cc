#include "engine/core/torrent_writer.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "engine/core/bencode.h"

namespace podswarm::engine {

namespace {

void write_info(BencodeWriter& writer, const NewTorrent& torrent) {
  std::uint64_t total = torrent.length.value_or(0);
  writer.begin_dict();
  if (!torrent.length) {
    writer.key("files").begin_list();
    for (const NewTorrentFile& file : torrent.files) {
      assert(!file.path.empty());
      total += file.length;
      writer.begin_dict();
      if (file.pad) writer.key("attr").string("p");
      writer.key("length").integer(static_cast<std::int64_t>(file.length));
      writer.key("path").begin_list();
      for (const std::string& element : file.path) writer.string(element);
      writer.end().end();
    }
    writer.end();
  } else {
    writer.key("length").integer(static_cast<std::int64_t>(*torrent.length));
  }
  assert(torrent.piece_length > 0 &&
         torrent.pieces.size() == (total + torrent.piece_length - 1) / torrent.piece_length * 20);
  writer.key("name").string(torrent.name);
  writer.key("piece length").integer(torrent.piece_length);
  writer.key("pieces").string(torrent.pieces);
  if (torrent.is_private) writer.key("private").integer(1);
  writer.end();
}

}  // namespace

base::Bytes encode_torrent(const NewTorrent& torrent) {
  std::size_t trackers = 0;
  const std::string* first = nullptr;
  for (const auto& tier : torrent.tiers) {
    trackers += tier.size();
    if (first == nullptr && !tier.empty()) first = &tier.front();
  }
  BencodeWriter writer;
  writer.begin_dict();
  if (first != nullptr) writer.key("announce").string(*first);
  if (trackers > 1) {
    writer.key("announce-list").begin_list();
    for (const auto& tier : torrent.tiers) {
      writer.begin_list();
      for (const std::string& url : tier) writer.string(url);
      writer.end();
    }
    writer.end();
  }
  if (!torrent.comment.empty()) writer.key("comment").string(torrent.comment);
  if (!torrent.created_by.empty()) writer.key("created by").string(torrent.created_by);
  if (torrent.creation_date) writer.key("creation date").integer(*torrent.creation_date);
  writer.key("info");
  write_info(writer, torrent);
  if (!torrent.web_seeds.empty()) {
    writer.key("url-list").begin_list();
    for (const std::string& url : torrent.web_seeds) writer.string(url);
    writer.end();
  }
  writer.end();
  return writer.take();
}

std::uint32_t suggested_piece_length(std::uint64_t total_size) {
  constexpr std::uint64_t kPieces = 1500;
  return static_cast<std::uint32_t>(
      std::bit_ceil(std::clamp<std::uint64_t>(total_size / kPieces, 16u << 10, 16u << 20)));
}

}  // namespace podswarm::engine

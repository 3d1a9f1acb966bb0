#include "engine/core/metainfo.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "base/text.h"
#include "base/url.h"
#include "engine/core/merkle.h"
#include "engine/core/metainfo_parser.h"

namespace podswarm::engine {

namespace {

base::Failure<MetainfoError> not_bencoded(const base::Failure<BencodeError>& failure) {
  return base::fail(failure.code == BencodeError::kTooLarge ? MetainfoError::kTooLarge : MetainfoError::kNotBencoded,
                    "torrent: " + failure.message);
}

constexpr BencodeLimits kLimits{.max_bytes = kMaxTorrentFileSize};

std::string text_of(BencodeNode torrent, std::string_view key) {
  const auto utf8 = torrent[std::string(key) + ".utf-8"].string();
  return std::string(utf8 && !utf8->empty() ? *utf8 : torrent[key].string().value_or(std::string_view()));
}

}  // namespace

base::Result<Metainfo, MetainfoError> Metainfo::parse(base::ByteView torrent) {
  // Bytes after the dictionary (a line feed, as a rule) do no harm.
  const auto document = BencodeDocument::parse_prefix(torrent, kLimits);
  if (!document) return not_bencoded(document.error());
  const BencodeNode root = document->root();
  const BencodeNode info = root["info"];
  if (!info.is_dict()) return base::fail(MetainfoError::kNoInfo, "torrent: no dictionary with an info dictionary");
  Metainfo out;
  MetainfoParser parser(out);
  if (auto step = parser.parse_info(info); !step) return step.error();
  if (auto step = parser.parse_layers(root["piece layers"]); !step) return step.error();
  parser.parse_sources(root);
  out.comment = text_of(root, "comment");
  out.created_by = text_of(root, "created by");
  out.creation_date = root["creation date"].integer();
  return out;
}

base::Result<Metainfo, MetainfoError> Metainfo::parse_info(base::ByteView info) {
  const auto document = BencodeDocument::parse(info, kLimits);
  if (!document) return not_bencoded(document.error());
  if (!document->root().is_dict()) return base::fail(MetainfoError::kNoInfo, "metadata: not a dictionary");
  Metainfo out;
  MetainfoParser parser(out);
  if (auto step = parser.parse_info(document->root()); !step) return step.error();
  return out;
}

std::uint32_t Metainfo::piece_size(std::uint32_t piece) const {
  assert(piece < piece_count);
  const std::uint64_t begin = std::uint64_t{piece} * piece_length;
  std::uint64_t end = total_size;
  if (!is_v1()) {
    const MetainfoFile& file = files[v2_file_of(piece)];
    end = file.offset + file.length;
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(piece_length, end - begin));
}

base::ByteView Metainfo::piece_hash(std::uint32_t piece) const {
  assert(is_v1() && piece < piece_count);
  return base::ByteView(info).subspan(pieces_at_ + std::size_t{piece} * 20, 20);
}

std::size_t Metainfo::v2_file_of(std::uint32_t piece) const {
  const std::uint64_t begin = std::uint64_t{piece} * piece_length;
  const auto after = std::upper_bound(v2_files_.begin(), v2_files_.end(), begin,
                                      [this](std::uint64_t at, std::uint32_t file) { return at < files[file].offset; });
  assert(after != v2_files_.begin());
  return *std::prev(after);
}

std::optional<Metainfo::V2Piece> Metainfo::v2_piece(std::uint32_t piece) const {
  assert(piece < piece_count);
  if (!is_v2() || v2_files_.empty()) return std::nullopt;
  const MetainfoFile& file = files[v2_file_of(piece)];
  const std::uint64_t begin = std::uint64_t{piece} * piece_length - file.offset;
  if (begin >= file.length) return std::nullopt;  // a hybrid's padding fills a piece by itself
  V2Piece out;
  out.size = static_cast<std::uint32_t>(std::min<std::uint64_t>(piece_length, file.length - begin));
  if (file.length <= piece_length) {
    out.root = *file.pieces_root;
    out.leaves = std::bit_ceil((out.size + kMerkleLeafSize - 1) / kMerkleLeafSize);
    return out;
  }
  const auto layer = piece_layers.find(*file.pieces_root);
  if (layer == piece_layers.end()) return std::nullopt;
  std::copy_n(layer->second.begin() + static_cast<std::ptrdiff_t>(begin / piece_length * 32), 32, out.root.begin());
  out.leaves = piece_length / kMerkleLeafSize;
  return out;
}

bool Metainfo::verifiable() const {
  if (is_v1()) return true;
  return std::all_of(files.begin(), files.end(), [this](const MetainfoFile& file) {
    return file.length <= piece_length || piece_layers.contains(*file.pieces_root);
  });
}

Metainfo Metainfo::essentials() && {
  Metainfo out = std::move(*this);
  if (!out.is_v2()) std::vector<MetainfoFile>().swap(out.files);
  out.sources = {};
  out.comment = {};
  out.created_by = {};
  return out;
}

// ---- what stands outside the info dictionary ----

std::optional<std::string> usable_tracker_url(std::string_view text) {
  const auto url = base::parse_url(text);
  if (!url) return std::nullopt;
  if (url->scheme != "http" && url->scheme != "https" && url->scheme != "udp" && url->scheme != "ws" &&
      url->scheme != "wss") {
    return std::nullopt;
  }
  return base::sanitize_url(text);
}

std::optional<std::string> usable_web_seed_url(std::string_view text) {
  const auto url = base::parse_url(text);
  if (!url || (url->scheme != "http" && url->scheme != "https")) return std::nullopt;
  return base::sanitize_url(text);
}

void MetainfoParser::parse_sources(BencodeNode torrent) {
  auto& sources = out_.sources;
  std::size_t count = 0;
  const auto add = [&](std::vector<std::string>& tier, BencodeNode node) {
    if (!node.is_string() || count >= kMaxTrackers) return;
    auto url = usable_tracker_url(*node.string());
    if (!url || std::find(tier.begin(), tier.end(), *url) != tier.end()) return;
    for (const auto& other : sources.tiers) {
      if (std::find(other.begin(), other.end(), *url) != other.end()) return;
    }
    tier.push_back(std::move(*url));
    ++count;
  };
  for (BencodeNode list = torrent["announce-list"].is_list() ? torrent["announce-list"].first_child() : BencodeNode();
       list && count < kMaxTrackers; list = list.next()) {
    std::vector<std::string> tier;
    if (list.is_list()) {
      for (BencodeNode node = list.first_child(); node; node = node.next()) add(tier, node);
    } else {
      add(tier, list);  // some write one flat list
    }
    if (!tier.empty()) sources.tiers.push_back(std::move(tier));
  }
  if (sources.tiers.empty()) {
    std::vector<std::string> tier;
    add(tier, torrent["announce"]);
    if (!tier.empty()) sources.tiers.push_back(std::move(tier));
  }

  const auto add_seed = [&](BencodeNode node) {
    if (!node.is_string() || sources.web_seeds.size() >= kMaxWebSeeds) return;
    auto url = usable_web_seed_url(*node.string());
    if (!url) return;
    if (out_.files.size() > 1 && !url->ends_with('/') && url->find('?') == std::string::npos) *url += '/';
    if (std::find(sources.web_seeds.begin(), sources.web_seeds.end(), *url) == sources.web_seeds.end()) {
      sources.web_seeds.push_back(std::move(*url));
    }
  };
  const BencodeNode seeds = torrent["url-list"];
  add_seed(seeds);
  if (seeds.is_list()) {
    for (BencodeNode node = seeds.first_child(); node; node = node.next()) add_seed(node);
  }

  const BencodeNode nodes = torrent["nodes"];
  for (BencodeNode node = nodes.is_list() ? nodes.first_child() : BencodeNode();
       node && sources.nodes.size() < kMaxNodes; node = node.next()) {
    if (!node.is_list()) continue;
    const BencodeNode host = node.first_child();
    const auto port = host.next().integer();
    if (host.string() && !host.string()->empty() && port && *port > 0 && *port < 65536) {
      sources.nodes.emplace_back(*host.string(), static_cast<std::uint16_t>(*port));
    }
  }
}

}  // namespace podswarm::engine

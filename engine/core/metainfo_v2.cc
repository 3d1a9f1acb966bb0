#include <algorithm>

#include "engine/core/merkle.h"
#include "engine/core/metainfo_parser.h"
#include "engine/core/safe_path.h"

namespace podswarm::engine {

namespace {

base::Failure<MetainfoError> failure(MetainfoError code, std::string what) {
  return base::fail(code, "torrent: " + std::move(what));
}

}  // namespace

// A folder is a dictionary of its entries; a file is one whose first key is empty (BEP 52). The walk keeps its own
// stack: the depth is the bencoding's, which is limited.
MetainfoStep MetainfoParser::parse_v2_tree(BencodeNode tree, std::vector<ParsedFile>& files) {
  if (!tree.is_dict() || !tree.first_child()) return failure(MetainfoError::kBadFiles, "no file tree");
  std::vector<BencodeNode> keys;      // of each open folder, the entry at hand
  std::vector<std::string> elements;  // cleaned names of the open folders and the entry
  keys.push_back(tree.first_child());
  const auto advance = [&]() -> bool {
    while (!keys.empty()) {
      const BencodeNode next = keys.back().next().next();
      if (next) {
        keys.back() = next;
        return true;
      }
      keys.pop_back();
      if (!elements.empty()) elements.pop_back();
    }
    return false;
  };
  do {
    const BencodeNode key = keys.back();
    const BencodeNode entry = key.next();
    const std::string_view name = *key.string();
    if (name.empty()) return failure(MetainfoError::kBadFiles, "the file tree has an empty name");
    if (const BencodeNode following = entry.next(); following && *following.string() <= name) {
      return failure(MetainfoError::kNotCanonical, "the file tree's names are out of order");
    }
    if (!entry.is_dict() || !entry.first_child()) {
      return failure(MetainfoError::kBadFiles, "the file tree has an entry that is no file");
    }
    std::string element = clean_element(name);
    elements.push_back(element.empty() ? "_" : std::move(element));
    if (!entry.first_child().string()->empty()) {
      keys.push_back(entry.first_child());
      continue;
    }
    if (entry.size() != 1) return failure(MetainfoError::kBadFiles, "the file tree has a file that is a folder too");
    if (files.size() == kMaxFiles) return failure(MetainfoError::kTooMany, "too many files");
    ParsedFile file;
    file.elements = elements;
    if (auto step = parse_v2_file(entry[""], file.file); !step) return step;
    files.push_back(std::move(file));
    elements.pop_back();
    if (!advance()) return {};
  } while (true);
}

MetainfoStep MetainfoParser::parse_v2_file(BencodeNode entry, MetainfoFile& out) {
  if (!entry.is_dict()) return failure(MetainfoError::kBadFiles, "the file tree has an entry that is no file");
  const bool link = apply_attributes(entry["attr"], out);
  if (const BencodeNode target = entry["symlink path"]; link && target) {
    const auto elements = parse_path(target);
    if (!elements) return failure(MetainfoError::kBadFiles, "a symbolic link without a good target");
    out.symlink = join_path(*elements);
    return {};
  }
  const auto length = entry["length"].integer();
  if (!length || *length < 0 || static_cast<std::uint64_t>(*length) > kMaxFileLength) {
    return failure(MetainfoError::kBadFiles, "a file's length is missing or out of range");
  }
  out.length = static_cast<std::uint64_t>(*length);
  if (out.length == 0) return {};
  // Version 2 aligns files by itself; bytes that have a hash are content.
  if (out.pad) return failure(MetainfoError::kBadFiles, "the file tree has a padding file with content");
  const auto root = entry["pieces root"].string();
  if (!root || root->size() != 32) return failure(MetainfoError::kBadFiles, "a file without pieces root");
  Sha256Hash hash{};
  std::copy(root->begin(), root->end(), hash.begin());
  if (hash == Sha256Hash{}) return failure(MetainfoError::kBadFiles, "a file with a pieces root of zeros");
  out.pieces_root = hash;
  return {};
}

MetainfoStep MetainfoParser::parse_layers(BencodeNode layers) {
  if (!out_.is_v2() || !layers) return {};
  const auto bad = [](std::string_view what) {
    return failure(MetainfoError::kBadLayers, "a piece layer " + std::string(what));
  };
  if (!layers.is_dict()) return bad("is none");
  // Files with the same content share a layer.
  std::map<Sha256Hash, std::uint64_t> lengths;
  for (const MetainfoFile& file : out_.files) {
    if (file.pieces_root) lengths[*file.pieces_root] = file.length;
  }
  for (BencodeNode key = layers.first_child(); key; key = key.next().next()) {
    const auto root = *key.string();
    const auto layer = key.next().string();
    if (root.size() != 32 || !layer) return bad("is none");
    Sha256Hash hash{};
    std::copy(root.begin(), root.end(), hash.begin());
    const auto file = lengths.find(hash);
    if (file == lengths.end()) return bad("belongs to no file");
    const std::uint64_t pieces = (file->second + out_.piece_length - 1) / out_.piece_length;
    if (layer->size() != pieces * 32) return bad("has a wrong length");
    // The tree of a file of one piece is lower than a piece's; its layer is the root itself.
    const Sha256Hash computed = pieces == 1 ? merkle_root_of_layer(*layer, 1)
                                            : merkle_root_of_layer(*layer, out_.piece_length / kMerkleLeafSize);
    if (computed != hash) return bad("does not hash to its root");
    if (pieces > 1) out_.piece_layers.emplace(hash, *layer);
  }
  return {};
}

}  // namespace podswarm::engine

#include <algorithm>
#include <bit>
#include <limits>
#include <unordered_map>

#include "engine/core/merkle.h"
#include "engine/core/metainfo_parser.h"
#include "engine/core/peer_wire.h"
#include "engine/core/safe_path.h"

namespace podswarm::engine {

namespace {

// So many files may have one path (they are told apart on disk); more are an attack on whoever renames them.
constexpr std::size_t kMaxSamePath = 100;

base::Failure<MetainfoError> failure(MetainfoError code, std::string what) {
  return base::fail(code, "torrent: " + std::move(what));
}

// The string under `key`, the variant that says it is UTF-8 preferred.
BencodeNode preferred(BencodeNode dict, std::string_view key, BencodeNode::Type type) {
  const BencodeNode utf8 = dict[std::string(key) + ".utf-8"];
  return utf8.type() == type ? utf8 : dict[key];
}

bool all_integers_plain(BencodeNode node) {
  // Iterative: the way back up is kept here.
  std::vector<BencodeNode> up;
  for (;;) {
    if (node.is_integer() && !node.is_plain_integer()) return false;
    if (const BencodeNode child = node.first_child()) {
      up.push_back(node);
      node = child;
      continue;
    }
    for (;;) {
      if (up.empty()) return true;
      if (const BencodeNode next = node.next()) {
        node = next;
        break;
      }
      node = up.back();
      up.pop_back();
    }
  }
}

}  // namespace

bool apply_attributes(BencodeNode attr, MetainfoFile& file) {
  const std::string_view text = attr.string().value_or(std::string_view());
  file.pad = text.find('p') != std::string_view::npos;
  file.executable = text.find('x') != std::string_view::npos;
  file.hidden = text.find('h') != std::string_view::npos;
  return text.find('l') != std::string_view::npos;
}

std::optional<std::vector<std::string>> parse_path(BencodeNode list) {
  if (!list.is_list()) return std::nullopt;
  std::vector<std::string> out;
  for (BencodeNode node = list.first_child(); node; node = node.next()) {
    if (!node.is_string() || out.size() == kMaxPathElements) return std::nullopt;
    std::string element = clean_element(*node.string());
    out.push_back(element.empty() ? "_" : std::move(element));
  }
  if (out.empty()) return std::nullopt;
  return out;
}

std::string join_path(const std::vector<std::string>& elements) {
  std::string out;
  for (const std::string& element : elements) {
    if (!out.empty()) out += '/';
    out += element;
  }
  return out;
}

MetainfoStep MetainfoParser::parse_info(BencodeNode info) {
  const auto raw = info.raw();
  const auto version = info["meta version"].integer();
  const bool v2 = version == 2;
  const bool v1 = !v2 || info["pieces"] || info["files"] || info["length"];
  if (v1) out_.info_hash_v1 = sha1(raw);
  if (v2) out_.info_hash_v2 = sha256(raw);
  if (v2 && !all_integers_plain(info)) {
    return failure(MetainfoError::kNotCanonical,
                   "an integer of its version 2 part is too large or not written plainly");
  }
  if (auto step = parse_name(info); !step) return step;
  if (auto step = parse_piece_length(info, v2); !step) return step;

  std::vector<ParsedFile> files;
  std::vector<ParsedFile> tree;
  if (v1) {
    if (auto step = parse_v1_files(info, files); !step) return step;
  }
  if (v2) {
    if (auto step = parse_v2_tree(info["file tree"], tree); !step) return step;
  }
  if (v1 && v2) {
    if (auto step = join_halves(files, tree); !step) return step;
  } else if (v2) {
    files = std::move(tree);
    out_.single_file = files.size() == 1 && files[0].elements == std::vector<std::string>{out_.name};
  }
  if (auto step = place(std::move(files), !v1); !step) return step;
  if (v1) {
    if (auto step = check_pieces(info); !step) return step;
  }
  out_.is_private = info["private"].integer().value_or(0) != 0;
  out_.info.assign(raw.begin(), raw.end());
  return {};
}

MetainfoStep MetainfoParser::parse_name(BencodeNode info) {
  const auto name = preferred(info, "name", BencodeNode::Type::kString).string();
  if (!name) return failure(MetainfoError::kBadName, "no name");
  if (!name->empty() && name->find_first_not_of('\0') == std::string_view::npos) {
    return failure(MetainfoError::kBadName, "the name has no characters");
  }
  out_.name = clean_element(*name);
  if (out_.name.empty()) {
    out_.name = out_.info_hash_v1 ? base::to_hex(*out_.info_hash_v1) : base::to_hex(*out_.info_hash_v2);
  }
  return {};
}

MetainfoStep MetainfoParser::parse_piece_length(BencodeNode info, bool v2) {
  const auto length = info["piece length"].integer();
  if (!length || *length <= 0 || *length > kMaxPieceLength) {
    return failure(MetainfoError::kBadPieceLength, "the piece length is missing or out of range");
  }
  out_.piece_length = static_cast<std::uint32_t>(*length);
  if (v2 && (!std::has_single_bit(out_.piece_length) || out_.piece_length < kMerkleLeafSize)) {
    return failure(MetainfoError::kBadPieceLength, "a version 2 piece length is a power of two from 16 KiB");
  }
  return {};
}

MetainfoStep MetainfoParser::parse_v1_files(BencodeNode info, std::vector<ParsedFile>& files) {
  const BencodeNode list = info["files"];
  if (!list.is_list()) {
    ParsedFile file;
    if (auto step = parse_v1_file(info, file); !step) return step;
    file.elements = {out_.name};
    files.push_back(std::move(file));
    out_.single_file = true;
    return {};
  }
  for (BencodeNode entry = list.first_child(); entry; entry = entry.next()) {
    if (files.size() == kMaxFiles) return failure(MetainfoError::kTooMany, "too many files");
    if (!entry.is_dict()) return failure(MetainfoError::kBadFiles, "an entry of the file list is no file");
    ParsedFile file;
    if (auto step = parse_v1_file(entry, file); !step) return step;
    const BencodeNode path = preferred(entry, "path", BencodeNode::Type::kList);
    if (auto elements = parse_path(path)) {
      file.elements = std::move(*elements);
    } else if (path || !file.file.pad) {
      return failure(MetainfoError::kBadFiles, "file " + std::to_string(files.size() + 1) + " has no good path");
    }
    // The name that clients without attributes give to padding.
    if (!file.elements.empty() && file.elements.back().starts_with("_____padding_file_")) file.file.pad = true;
    files.push_back(std::move(file));
  }
  if (files.empty()) return failure(MetainfoError::kBadFiles, "it has no files");
  return {};
}

MetainfoStep MetainfoParser::parse_v1_file(BencodeNode entry, ParsedFile& out) {
  const bool link = apply_attributes(entry["attr"], out.file);
  if (const BencodeNode target = entry["symlink path"]; link && target) {
    const auto elements = parse_path(target);
    if (!elements) return failure(MetainfoError::kBadFiles, "a symbolic link without a good target");
    out.file.symlink = join_path(*elements);
    return {};
  }
  const auto length = entry["length"].integer();
  if (!length || *length < 0 || static_cast<std::uint64_t>(*length) > kMaxFileLength) {
    return failure(MetainfoError::kBadFiles, "a file's length is missing or out of range");
  }
  out.file.length = static_cast<std::uint64_t>(*length);
  return {};
}

MetainfoStep MetainfoParser::join_halves(std::vector<ParsedFile>& v1, const std::vector<ParsedFile>& v2) {
  const auto differ = [](const std::string& where) {
    return failure(MetainfoError::kInconsistent, "its version 1 and 2 parts differ" + where);
  };
  std::uint64_t v1_offset = 0;
  std::uint64_t v2_offset = 0;
  auto other = v2.begin();
  for (ParsedFile& file : v1) {
    const std::uint64_t length = file.file.length;
    if (!file.file.pad) {
      if (other == v2.end()) return differ(" in the number of files");
      if (file.elements != other->elements || length != other->file.length ||
          file.file.symlink != other->file.symlink) {
        return differ(" in a file's name or size");
      }
      if (length > 0) {
        v2_offset = (v2_offset + out_.piece_length - 1) / out_.piece_length * out_.piece_length;
        if (v1_offset != v2_offset) return differ(" in a file's alignment");
        v2_offset += length;
      }
      file.file.pieces_root = other->file.pieces_root;
      ++other;
    }
    if (length > kMaxFileLength - v1_offset) return failure(MetainfoError::kTooMany, "its files are too large");
    v1_offset += length;
  }
  if (other != v2.end()) return differ(" in the number of files");
  return {};
}

MetainfoStep MetainfoParser::place(std::vector<ParsedFile> files, bool align) {
  std::uint64_t end = 0;
  out_.files.reserve(files.size());
  for (ParsedFile& parsed : files) {
    MetainfoFile file = std::move(parsed.file);
    if (parsed.elements.empty()) {
      file.path = ".pad/" + std::to_string(file.length);
    } else {
      file.path = out_.single_file ? out_.name : out_.name + "/" + join_path(parsed.elements);
    }
    if (align && file.length > 0) end = (end + out_.piece_length - 1) / out_.piece_length * out_.piece_length;
    // Neither sum can overflow: both are below 2^49.
    if (end + file.length > kMaxFileLength) return failure(MetainfoError::kTooMany, "its files are too large");
    file.offset = end;
    end += file.length;
    out_.total_size += file.length;
    if (file.pieces_root && file.length > 0) out_.v2_files_.push_back(static_cast<std::uint32_t>(out_.files.size()));
    out_.files.push_back(std::move(file));
  }
  if (out_.total_size == 0) return failure(MetainfoError::kBadFiles, "it is empty");
  const std::uint64_t count = (end + out_.piece_length - 1) / out_.piece_length;
  if (count > kMaxPieceCount) return failure(MetainfoError::kTooMany, "too many pieces");
  out_.piece_count = static_cast<std::uint32_t>(count);

  std::unordered_map<std::string_view, std::size_t> same;
  for (const MetainfoFile& file : out_.files) {
    if (!file.pad && ++same[file.path] > kMaxSamePath) {
      return failure(MetainfoError::kTooMany, "too many files have one path");
    }
  }
  return {};
}

MetainfoStep MetainfoParser::check_pieces(BencodeNode info) {
  const auto pieces = info["pieces"].string();
  if (!pieces) return failure(MetainfoError::kBadPieces, "no piece hashes");
  if (pieces->size() != std::size_t{out_.piece_count} * 20) {
    return failure(MetainfoError::kBadPieces, std::to_string(pieces->size()) + " bytes of piece hashes for " +
                                                  std::to_string(out_.piece_count) + " pieces");
  }
  // info.raw() is copied to `out_.info` whole.
  out_.pieces_at_ = static_cast<std::size_t>(base::as_bytes(*pieces).data() - info.raw().data());
  return {};
}

}  // namespace podswarm::engine

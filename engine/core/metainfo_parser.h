// The steps of reading an info dictionary (see metainfo.h); only metainfo*.cc include this.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/core/bencode.h"
#include "engine/core/metainfo.h"

namespace podswarm::engine {

using MetainfoStep = base::Result<void, MetainfoError>;

// A file of either half before it has a path in the torrent.
struct ParsedFile {
  std::vector<std::string> elements;  // cleaned; none of a pad file without a path
  MetainfoFile file;                  // all but `path` and `offset`
};

class MetainfoParser {
 public:
  explicit MetainfoParser(Metainfo& out) : out_(out) {}

  [[nodiscard]] MetainfoStep parse_info(BencodeNode info);
  // `layers` absent is no error: they can come from peers.
  [[nodiscard]] MetainfoStep parse_layers(BencodeNode layers);
  void parse_sources(BencodeNode torrent);

 private:
  [[nodiscard]] MetainfoStep parse_name(BencodeNode info);
  [[nodiscard]] MetainfoStep parse_piece_length(BencodeNode info, bool v2);
  [[nodiscard]] MetainfoStep parse_v1_files(BencodeNode info, std::vector<ParsedFile>& files);
  [[nodiscard]] MetainfoStep parse_v1_file(BencodeNode entry, ParsedFile& out);
  [[nodiscard]] MetainfoStep parse_v2_tree(BencodeNode tree, std::vector<ParsedFile>& files);
  [[nodiscard]] MetainfoStep parse_v2_file(BencodeNode entry, MetainfoFile& out);
  [[nodiscard]] MetainfoStep join_halves(std::vector<ParsedFile>& v1, const std::vector<ParsedFile>& v2);
  [[nodiscard]] MetainfoStep place(std::vector<ParsedFile> files, bool align);
  [[nodiscard]] MetainfoStep check_pieces(BencodeNode info);

  Metainfo& out_;
};

// What `attr` says (BEP 47): 'p', 'x', 'h'; 'l' is told by the return value.
bool apply_attributes(BencodeNode attr, MetainfoFile& file);
// The list's strings, cleaned, "_" where nothing is left. Nothing when it is no list of strings, empty or too long.
[[nodiscard]] std::optional<std::vector<std::string>> parse_path(BencodeNode list);
[[nodiscard]] std::string join_path(const std::vector<std::string>& elements);

inline constexpr std::size_t kMaxPathElements = 100;
inline constexpr std::uint64_t kMaxFileLength = (std::uint64_t{1} << 48) - 1;

}  // namespace podswarm::engine

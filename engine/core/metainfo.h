// Torrent files: v1 (BEP 3), v2 and hybrid (BEP 52), with BEP 12 (tiers), 19 (web seeds), 27 (private), 47 (padding,
// attributes, symbolic links) and 5 (nodes). Pure values; hostile input is refused within limits.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/core/digest.h"

namespace podswarm::engine {

enum class MetainfoError {
  kTooLarge,
  kNotBencoded,
  kNoInfo,  // no dictionary with an info dictionary
  kBadName,
  kBadPieceLength,
  kBadPieces,     // missing, not a multiple of 20 bytes, or not as many as the sizes say
  kBadFiles,      // none, without a path or a length, or otherwise not to be read
  kTooMany,       // files, pieces or bytes
  kNotCanonical,  // v2: integers or file tree names that are not as they must be written
  kBadLayers,     // v2 piece layers
  kInconsistent,  // the two halves of a hybrid differ
  kHashMismatch,  // the info dictionary is not the one that was asked for
};

inline constexpr std::size_t kMaxTorrentFileSize = 16u << 20;
inline constexpr std::uint32_t kMaxPieceLength = (512u << 20) - 16 * 1024;
inline constexpr std::size_t kMaxFiles = 1'000'000;
inline constexpr std::size_t kMaxTrackers = 200;  // more are left out
inline constexpr std::size_t kMaxWebSeeds = 100;
inline constexpr std::size_t kMaxNodes = 100;

struct MetainfoFile {
  // The torrent's name and the path's elements joined with '/', cleaned of what may not be shown or stand in a path;
  // of a single file the name alone. Two files may have the same one; FileLayout knows where a file goes on disk.
  std::string path;
  std::uint64_t length = 0;
  // Where its bytes begin in the torrent's piece space. In v2 without v1 each file begins a piece, so there may be
  // gaps.
  std::uint64_t offset = 0;
  bool pad = false;  // BEP 47: zeros between files, never on disk
  bool executable = false;
  bool hidden = false;
  std::string symlink;  // BEP 47: the target's elements joined with '/', cleaned; "" of an ordinary file
  std::optional<Sha256Hash> pieces_root;  // v2; none of an empty file
};

// What is said about a torrent outside its info dictionary. A magnet link fills it too.
struct TorrentSources {
  std::vector<std::vector<std::string>> tiers;               // trackers, BEP 12
  std::vector<std::string> web_seeds;                        // BEP 19
  std::vector<std::pair<std::string, std::uint16_t>> nodes;  // BEP 5: DHT hosts and ports

  friend bool operator==(const TorrentSources&, const TorrentSources&) = default;
};

class Metainfo {
 public:
  // A whole .torrent file.
  [[nodiscard]] static base::Result<Metainfo, MetainfoError> parse(base::ByteView torrent);
  // An info dictionary by itself, from peers (BEP 9). The caller has checked its hash. A v2 one has no piece layers.
  [[nodiscard]] static base::Result<Metainfo, MetainfoError> parse_info(base::ByteView info);

  std::string name;  // cleaned; never empty
  std::optional<Sha1Hash> info_hash_v1;
  std::optional<Sha256Hash> info_hash_v2;
  std::uint64_t total_size = 0;  // of the files as listed, padding included
  std::uint32_t piece_length = 0;
  std::uint32_t piece_count = 0;
  bool is_private = false;
  bool single_file = false;  // `name` is the file, not a folder
  std::vector<MetainfoFile> files;
  std::map<Sha256Hash, std::string> piece_layers;  // v2: by pieces root, 32 bytes a piece, of files above one piece
  TorrentSources sources;
  std::string comment;
  std::string created_by;
  std::optional<std::int64_t> creation_date;  // Unix seconds
  base::Bytes info;                           // the info dictionary's bytes as they stand: served to peers (BEP 9)

  [[nodiscard]] bool is_v1() const { return info_hash_v1.has_value(); }
  [[nodiscard]] bool is_v2() const { return info_hash_v2.has_value(); }
  // What peers and trackers know it by: v1 if there is one.
  [[nodiscard]] InfoHash info_hash() const { return info_hash_v1 ? *info_hash_v1 : truncated(*info_hash_v2); }

  // The size of a piece: shorter at the end, in v2 alone at the end of each file.
  [[nodiscard]] std::uint32_t piece_size(std::uint32_t piece) const;
  // Which SHA-1 a piece must have; only where is_v1().
  [[nodiscard]] base::ByteView piece_hash(std::uint32_t piece) const;

  // How a piece is verified by v2: the root over its 16 KiB leaves, `leaves` (a power of two) of them, missing ones
  // zero.
  struct V2Piece {
    Sha256Hash root{};
    std::uint32_t leaves = 0;
    std::uint32_t size =
        0;  // of the file's bytes in the piece: in a hybrid less than piece_size() where padding follows
  };
  // Nothing when is_v2() is false or the layer is missing (it has to come from peers).
  [[nodiscard]] std::optional<V2Piece> v2_piece(std::uint32_t piece) const;
  // Every piece can be verified with what is here.
  [[nodiscard]] bool verifiable() const;

  // Without what is needed neither to verify pieces nor to serve the metadata: a torrent is held for years. Sources
  // and descriptions are gone; `files` too, except where version 2 hashes go by them.
  [[nodiscard]] Metainfo essentials() &&;

 private:
  friend class MetainfoParser;
  // The index of the file whose data a piece begins with; only where there are v2 files.
  [[nodiscard]] std::size_t v2_file_of(std::uint32_t piece) const;

  std::size_t pieces_at_ = 0;            // v1: where the hashes begin in `info`
  std::vector<std::uint32_t> v2_files_;  // indices of those with a pieces root, by offset
};

// A URL that can be a tracker's (http, https, udp, ws, wss) or a web seed's (http, https), sanitized; else nothing.
[[nodiscard]] std::optional<std::string> usable_tracker_url(std::string_view text);
[[nodiscard]] std::optional<std::string> usable_web_seed_url(std::string_view text);

}  // namespace podswarm::engine

// What a torrent knows between two runs: which pieces are on disk and synced, and the signs by which the disk can be
// believed. A versioned bencoded document. Pure values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/core/bitfield.h"
#include "engine/core/digest.h"
#include "engine/core/endpoint.h"
#include "engine/core/file_priority.h"
#include "engine/core/metainfo.h"

namespace podswarm::engine {

enum class ResumeError {
  kNotBencoded,
  kNotResume,  // another kind of document
  kOtherVersion,
  kDamaged,  // the checksum is wrong, or a part is missing or does not fit
};

struct ResumeFile {
  std::uint64_t size = 0;     // as it is on disk
  std::int64_t mtime_ns = 0;  // since the Unix epoch
  bool exists = false;

  friend bool operator==(const ResumeFile&, const ResumeFile&) = default;
};

struct Resume {
  InfoHash info_hash{};
  // A piece is in it only once its data is synced. Of size 0 while the metadata is not known.
  Bitfield have;
  std::vector<ResumeFile> files;  // as FileLayout::entries()
  // Pieces that are not in `have` may have been written since the files were looked at.
  bool open = false;
  // Of a check that was broken off: what it had not come to. Of size 0 where there is no such piece.
  Bitfield doubtful;
  // Which of them were wanted how much; empty: all were, normally.
  std::vector<FilePriority> priorities;
  ResumeFile part;               // what lies of pieces that reach into files which are skipped
  std::uint64_t downloaded = 0;  // payload of all runs
  std::uint64_t uploaded = 0;
  std::chrono::seconds seeded{0};  // with all that was wanted, in all runs
  std::uint32_t tracker_key = 0;   // BEP 7: the same for a torrent's whole life
  // The torrent itself, so that it need not be fetched again: may be empty.
  base::Bytes info;
  std::optional<TorrentSources> sources;  // none in data of a version that did not keep them
  std::vector<Endpoint> peers;            // at most kMaxResumePeers that were good

  friend bool operator==(const Resume&, const Resume&) = default;
};

inline constexpr std::size_t kMaxResumePeers = 200;

[[nodiscard]] base::Bytes encode_resume(const Resume& resume);
// Refuses what is damaged: then the data on disk is to be verified.
[[nodiscard]] base::Result<Resume, ResumeError> decode_resume(base::ByteView bytes);

// The torrent that the resume data holds, where it holds everything that its pieces are verified with. With its
// sources, if those are there. Takes as long as reading a torrent file.
[[nodiscard]] std::optional<Metainfo> resumed_metainfo(const Resume& resume);

}  // namespace podswarm::engine

// Gets a torrent's info dictionary from several peers at once (BEP 9): what to ask whom, and whether the result is the
// one that was wanted. Peers that say the same size work on one attempt together, other sizes on others beside it, few
// at a time and in turn. Once what several peers sent together was wrong, each is asked for all
// of it, so that it is known who lies. Sans-IO. Network thread.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "engine/core/digest.h"
#include "engine/core/piece_picker.h"
#include "engine/core/ut_metadata.h"

namespace podswarm::engine {

class MetadataFetch {
 public:
  static constexpr std::size_t kAtOnce = 4;        // requests to one peer
  static constexpr std::size_t kMostAttempts = 4;  // side by side
  static constexpr std::chrono::seconds kAfterReject{60};
  // An attempt of which nothing comes for so long, or that is not through after so long, makes way for the one that
  // waits longest, and waits for its next turn behind all others.
  static constexpr std::chrono::seconds kStalled{10};
  static constexpr std::chrono::seconds kAllowed{30};

  // `info_hash` is a v1 hash or a truncated v2 one: either is taken.
  explicit MetadataFetch(const InfoHash& info_hash) : info_hash_(info_hash) {}

  // Pieces to ask this peer for, now. It said that the metadata has `size` bytes; its first word counts.
  [[nodiscard]] std::vector<std::uint32_t> ask(PeerKey peer, std::uint32_t size, base::SteadyTime now);

  enum class Progress { kMore, kComplete, kBad };
  // A data message. kComplete: bytes() is the info dictionary. kBad: what was collected has the wrong hash and is
  // forgotten; culprits() says who sent it, if it was one peer alone.
  Progress on_data(PeerKey peer, const UtMetadataMessage& message, base::SteadyTime now);
  void on_reject(PeerKey peer, base::SteadyTime now);
  void forget(PeerKey peer);

  [[nodiscard]] base::ByteView bytes() const { return bytes_; }
  [[nodiscard]] const std::vector<PeerKey>& culprits() const { return culprits_; }

 private:
  struct Peer {
    std::uint32_t size = 0;
    std::size_t asked = 0;
    base::SteadyTime not_before{};
    base::SteadyTime last_asked{};
  };
  // What an attempt is about: a size, and the peer where it is by one alone.
  using Subject = std::pair<std::uint32_t, PeerKey>;
  struct Attempt {
    Subject subject;
    MetadataAssembly assembly;
    base::SteadyTime begun{};
    base::SteadyTime progress{};
    std::vector<PeerKey> contributors{};
  };
  struct Waiting {
    Subject subject;
    base::SteadyTime asked{};  // for, the last time
  };
  [[nodiscard]] Subject subject_of(PeerKey peer, std::uint32_t size) const { return {size, apart_ ? peer : kNoPeer}; }
  [[nodiscard]] Attempt* find(const Subject& subject);
  // The attempt, begun if it is its turn; else null.
  [[nodiscard]] Attempt* find_or_begin(const Subject& subject, base::SteadyTime now);
  void end(const Subject& subject);
  [[nodiscard]] bool make_room(base::SteadyTime now);

  InfoHash info_hash_;
  std::vector<Attempt> attempts_;
  std::vector<Waiting> waiting_;
  std::map<PeerKey, Peer> peers_;
  bool apart_ = false;  // each peer has its own attempt
  base::Bytes bytes_;   // when complete
  std::vector<PeerKey> culprits_;
};

}  // namespace podswarm::engine

// Gets a torrent's info dictionary from several peers at once (BEP 9): what to ask whom, and whom to blame for what has
// the wrong hash. Peers that say the same size work on one attempt together, other sizes on others beside it, few
// at a time and in turn. Once what several peers sent together was wrong, each is asked for all
// of it, so that it is known who lies. Sans-IO. Network thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
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
  // When so much has come of all attempts, only the eldest goes on: together they hold twice as much at most.
  static constexpr std::size_t kMostHeld = kMaxMetadataSize;
  static constexpr std::chrono::seconds kAfterReject{60};
  // An attempt of which nothing comes for so long, or that is not through after so long, makes way for the one that
  // waits longest, and waits for its next turn behind all others.
  static constexpr std::chrono::seconds kStalled{10};
  static constexpr std::chrono::seconds kAllowed{30};

  // Pieces to ask this peer for, now. It said that the metadata has `size` bytes; its first word counts.
  [[nodiscard]] std::vector<std::uint32_t> ask(PeerKey peer, std::uint32_t size, base::SteadyTime now);

  using Candidate = std::shared_ptr<const base::Bytes>;
  // A data message. What comes back, if anything, has the wanted size and waits for its hash: on_checked() is to follow.
  [[nodiscard]] Candidate on_data(PeerKey peer, const UtMetadataMessage& message, base::SteadyTime now);
  // Whether is_metadata_of() held for the candidate. If so, that was all. If not, it is forgotten, and culprits() says
  // who sent it, if it was one peer alone; what comes back is the next candidate, if there is one already.
  [[nodiscard]] Candidate on_checked(bool good);
  void on_reject(PeerKey peer, base::SteadyTime now);
  void forget(PeerKey peer);

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
  struct Checked {
    Subject subject;
    std::vector<PeerKey> contributors;
  };
  struct Waiting {
    Subject subject;
    base::SteadyTime asked{};  // for, the last time
  };
  [[nodiscard]] Subject subject_of(PeerKey peer, std::uint32_t size) const { return {size, apart_ ? peer : kNoPeer}; }
  [[nodiscard]] Attempt* find(const Subject& subject);
  // The attempt, begun if it is its turn; else null.
  [[nodiscard]] Attempt* find_or_begin(const Subject& subject, base::SteadyTime now);
  // Takes it out of the attempts.
  [[nodiscard]] Candidate begin_check(Attempt& attempt);
  [[nodiscard]] bool make_room(base::SteadyTime now);
  [[nodiscard]] bool may_hold_more(const Attempt& attempt) const;

  std::vector<Attempt> attempts_;
  std::vector<Waiting> waiting_;
  std::map<PeerKey, Peer> peers_;
  bool apart_ = false;              // each peer has its own attempt
  std::optional<Checked> checked_;  // what is being hashed
  bool complete_ = false;
  std::vector<PeerKey> culprits_;
};

// Whether that is the info dictionary of the torrent: by its v1 hash or its truncated v2 one (BEP 52).
[[nodiscard]] bool is_metadata_of(const InfoHash& info_hash, base::ByteView info);

}  // namespace podswarm::engine

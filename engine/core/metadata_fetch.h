// Gets a torrent's info dictionary from several peers at once (BEP 9): what to ask whom, and whether the result is the
// one that was wanted. Peers that disagree on its size, or helped to make one with the wrong hash, are told apart.
// Sans-IO. Network thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "engine/core/digest.h"
#include "engine/core/piece_picker.h"
#include "engine/core/ut_metadata.h"

namespace podswarm::engine {

class MetadataFetch {
 public:
  static constexpr std::size_t kAtOnce = 4;  // requests to one peer
  static constexpr std::chrono::seconds kAfterReject{60};
  // A size of which nothing comes for so long makes way for another one, and is not tried again for a while.
  static constexpr std::chrono::seconds kStalled{10};
  static constexpr std::chrono::seconds kNotAgain{120};

  // `info_hash` is a v1 hash or a truncated v2 one: either is taken.
  explicit MetadataFetch(const InfoHash& info_hash) : info_hash_(info_hash) {}

  // Pieces to ask this peer for, now. It said that the metadata has `size` bytes.
  [[nodiscard]] std::vector<std::uint32_t> ask(PeerKey peer, std::uint32_t size, base::SteadyTime now);

  enum class Progress { kMore, kComplete, kBad };
  // A data message. kComplete: bytes() is the info dictionary. kBad: what was collected has the wrong hash and is
  // forgotten; culprits() says who sent it.
  Progress on_data(PeerKey peer, const UtMetadataMessage& message);
  void on_reject(PeerKey peer, base::SteadyTime now);
  void forget(PeerKey peer) { peers_.erase(peer); }

  [[nodiscard]] base::ByteView bytes() const { return assembly_->bytes(); }
  [[nodiscard]] const std::vector<PeerKey>& culprits() const { return contributors_; }

 private:
  struct Peer {
    std::size_t asked = 0;
    base::SteadyTime not_before{};
    base::SteadyTime last_asked{};
  };
  [[nodiscard]] bool is_right() const;
  // Another size than the one under way may be tried.
  [[nodiscard]] bool may_replace(std::uint32_t size, base::SteadyTime now);

  InfoHash info_hash_;
  std::optional<MetadataAssembly> assembly_;
  bool progress_ = false;  // since `progress_at_`
  base::SteadyTime progress_at_{};
  std::map<std::uint32_t, base::SteadyTime> stalled_;  // sizes, and until when they are not tried
  std::vector<PeerKey> contributors_;
  std::map<PeerKey, Peer> peers_;
};

}  // namespace podswarm::engine

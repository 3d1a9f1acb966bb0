// Super-seeding (BEP 16): a seed with a narrow uplink lets each peer know of a few pieces only, different ones, so that
// nearly every byte it sends is one that no peer had. Ends when every piece is with some peer. Sans-IO; randomness is
// seeded. Network thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "engine/core/bitfield.h"
#include "engine/core/piece_picker.h"
#include "engine/core/small_random.h"

namespace podswarm::engine {

class SuperSeed {
 public:
  // The choice looks at every piece: not for torrents with more.
  static constexpr std::uint32_t kMostPieces = 20'000;

  SuperSeed(std::uint32_t piece_count, std::uint64_t seed) : random_(seed), seen_(piece_count), told_(piece_count) {}

  void add(PeerKey peer, const Bitfield& pieces);
  void on_have(PeerKey peer, std::uint32_t piece);
  void remove(PeerKey peer, const Bitfield& pieces);

  // Pieces that the peer is to be told of now, so that there are `window` that it can ask us for: `fresh` ones, that
  // the fewest were told of. Else, for a peer that waits for its turn, one that others are getting, which keeps it
  // interested.
  [[nodiscard]] std::vector<std::uint32_t> reveal(PeerKey peer, const Bitfield& pieces, std::size_t window, bool fresh);
  [[nodiscard]] bool was_told(PeerKey peer, std::uint32_t piece) const;
  // Every piece is with a peer that is connected.
  [[nodiscard]] bool done() const { return seen_count_ == seen_.size(); }

 private:
  SmallRandom random_;
  std::vector<std::uint16_t> seen_;  // how many peers have the piece
  std::vector<std::uint16_t> told_;  // how many were told of it
  std::size_t seen_count_ = 0;       // pieces that some peer has
  struct Peer {
    std::set<std::uint32_t> told;
    std::size_t open = 0;  // of those told, which it does not have yet
  };
  std::map<PeerKey, Peer> peers_;
};

}  // namespace podswarm::engine

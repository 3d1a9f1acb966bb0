// Whom a torrent uploads to (BEP 3 "choking"). While leeching, tit-for-tat: the peers that gave most in the last round
// get the slots. While seeding, the slots go round: who has had its share makes room for who has waited longest. In
// both, some slots are optimistic, drawn anew every 30 s; a single slot is so while leeching, every other 30 s. Between
// rounds, a peer that becomes interested takes a free slot at once.
// Sans-IO: peers, time and randomness are arguments. Network thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "engine/core/small_random.h"

namespace podswarm::engine {

class Choker {
 public:
  static constexpr std::chrono::seconds kRound{10};
  static constexpr std::chrono::seconds kOptimisticRound{30};
  // A seed's share for one peer before others get their turn.
  static constexpr std::uint64_t kSeedQuotaPieces = 20;
  static constexpr std::chrono::seconds kSeedQuotaTime{60};
  // A turn is over after so long, however little was taken; and soon where nothing is asked for. So nobody waits longer
  // than the others' turns take that came before.
  static constexpr std::chrono::seconds kSeedTurn{180};
  static constexpr std::chrono::seconds kIdleTurn{20};

  struct Peer {
    std::uint32_t id = 0;
    bool interested = false;
    bool unchoked = false;
    bool upload_only = false;  // wants nothing, ever
    bool snubbed = false;      // owes us what we asked for
    bool idle = false;         // has asked for nothing since the last round
    double rate_from = 0;      // bytes/s it gave us, over the last two rounds
    double rate_to = 0;        // bytes/s it took
    std::uint64_t sent_since_unchoke = 0;
    base::SteadyTime unchoked_at{};
    base::SteadyTime choked_at{};  // or, if never, when it came
  };

  explicit Choker(std::size_t slots = 8) : slots_(slots) {}
  void set_slots(std::size_t slots) { slots_ = slots; }
  [[nodiscard]] std::size_t slots() const { return slots_; }

  // May a peer that just became interested be unchoked, when so many interested ones are already?
  [[nodiscard]] bool has_free_slot(std::size_t unchoked_interested) const { return unchoked_interested < slots_; }

  // While leeching, between rounds: a peer whose slot was given away wants something again, and now more are unchoked
  // than there are slots. The id of the one to be choked: that which gives least, of those that are not optimistic.
  [[nodiscard]] std::optional<std::uint32_t> one_too_many(const std::vector<Peer>& peers) const;

  // There are no more interested peers than slots: all are tried, and nobody is optimistic.
  void rest() {
    optimistic_.clear();
    optimistic_since_ = {};
  }

  // The ids to be unchoked from now on; all others are choked. To be called every kRound while there are more
  // interested peers than slots.
  [[nodiscard]] std::vector<std::uint32_t> round(const std::vector<Peer>& peers, bool seeding,
                                                 std::uint64_t piece_length, base::SteadyTime now, SmallRandom& random);

 private:
  [[nodiscard]] std::size_t optimistic_slots(bool seeding) const;

  std::size_t slots_;
  std::vector<std::uint32_t> optimistic_;
  base::SteadyTime optimistic_since_{};
  bool single_is_optimistic_ = false;
};

}  // namespace podswarm::engine

// Which block to ask which peer for. Of what is wanted most, rarest first with random ties; the first pieces at random,
// so that there is soon something to give; pieces that were begun before new ones; a peer that is fast enough gets
// pieces of its own; at the very end, blocks that others were asked for already. Sequentially instead: in the order of
// the pieces, everybody at the first ones.
//
// Blocks have state only in pieces that were begun. What is skipped keeps its state and is not picked from. Sans-IO;
// randomness is seeded. Network thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/bitfield.h"
#include "engine/core/peer_wire.h"
#include "engine/core/piece_order.h"
#include "engine/core/small_random.h"

namespace podswarm::engine {

// Names a connected peer within its torrent; never reused.
using PeerKey = std::uint32_t;
inline constexpr PeerKey kNoPeer = 0;

class PiecePicker {
 public:
  static constexpr std::uint32_t kRandomFirst = 4;

  struct Shape {
    std::uint32_t piece_count = 0;
    std::function<std::uint32_t(std::uint32_t piece)> piece_size;
    // Blocks that need not be asked for (padding); never all of a piece. None where empty.
    std::function<bool(const BlockRef&)> is_given;
  };
  PiecePicker(Shape shape, std::uint64_t seed);

  // ---- what we have ----

  // It is on disk and verified. It must not be begun.
  void set_have(std::uint32_t piece);
  // It was had, and is not any more.
  void lose(std::uint32_t piece);
  [[nodiscard]] const Bitfield& have() const { return have_; }
  [[nodiscard]] bool complete() const { return have_.all(); }

  // ---- what is wanted ----

  // One for each piece, or none, which is kNormal for all, as at first. What is being asked for of a piece that is
  // skipped now stays marked as asked until it is abandoned or received.
  void set_priorities(std::span<const FilePriority> priorities);
  [[nodiscard]] FilePriority priority(std::uint32_t piece) const { return pieces_[piece].priority; }
  void set_sequential(bool sequential) { sequential_ = sequential; }

  // ---- availability ----

  void add_peer(const Bitfield& pieces);
  void remove_peer(const Bitfield& pieces);
  void add_have(std::uint32_t piece);
  // A peer does not have it any more; until then, did it have everything?
  void remove_have(std::uint32_t piece, bool was_seed);
  // A peer whose pieces were added one by one now has them all.
  void became_seed();
  // Peers that have it.
  [[nodiscard]] std::uint32_t availability(std::uint32_t piece) const { return pieces_[piece].availability + seeds_; }

  // ---- picking ----

  // Whoever else fetches the torrent, named the same by everybody, and us. Of the pieces that only seeds have, each
  // has an order of preference among us all, which everybody works out alike without a word: who asks a seed takes
  // those pieces first that are its own by that order, so that a seed is rarely asked for one piece twice.
  void set_rivals(std::uint64_t us, std::vector<std::uint64_t> others);

  struct Request {
    PeerKey peer = kNoPeer;
    const Bitfield* pieces = nullptr;  // what the peer has
    std::size_t count = 0;             // of blocks
    std::size_t peers = 1;             // that are being downloaded from
    bool whole_pieces = true;          // fast enough for pieces of its own
    bool exclusive = false;            // on parole: nobody else joins its pieces, so that guilt can be told
    const Bitfield* only = nullptr;    // no other pieces than these (allowed fast)
    std::span<const std::uint32_t> suggested = {};  // by the peer: preferred to others that are as rare
    bool double_all = false;                        // the end game may begin when everything is exhausted()
  };
  // Appends up to `count` blocks, now marked as requested from that peer. `asked` says whether the peer was asked for
  // a block already (asked in the end game only).
  void pick(const Request& request, const std::function<bool(const BlockRef&)>& asked, std::vector<BlockRef>& out);
  // For who is best asked for much at once: up to `count` open blocks of adjacent pieces that nobody else is at, from
  // `next` on where that one is free, else in the longest gap. Appended in order, and marked as pick() does.
  void pick_run(const Request& request, std::uint32_t next, std::vector<BlockRef>& out);
  // The peer will not answer this request.
  void abandon(const BlockRef& block, PeerKey peer);

  // The peer gives nothing for now: what was begun for it is open to others.
  void release(PeerKey peer);

  enum class Arrival { kNew, kDuplicate };
  struct Received {
    Arrival arrival = Arrival::kDuplicate;
    bool others_asked = false;    // others were asked for the same: cancel there
    bool piece_complete = false;  // this was the last one missing
  };
  // A whole block of kBlockSize (the last of a piece may be shorter) came.
  [[nodiscard]] Received received(const BlockRef& block, PeerKey peer);
  [[nodiscard]] bool is_missing(const BlockRef& block) const;

  // ---- verdicts on complete pieces ----

  void passed(std::uint32_t piece);
  // All its blocks are missing again.
  void failed(std::uint32_t piece);
  // Who sent each block of a complete piece.
  [[nodiscard]] std::vector<PeerKey> contributors(std::uint32_t piece) const;

  [[nodiscard]] bool begun(std::uint32_t piece) const { return pieces_[piece].where == Where::kPartial; }
  // Every block that is wanted and missing has been asked for.
  [[nodiscard]] bool end_game() const;
  // Every one that any peer has.
  [[nodiscard]] bool exhausted() const;
  // Bytes of blocks that are here, in pieces that are not verified.
  [[nodiscard]] std::uint64_t partial_bytes() const;

  // The blocks of a piece, in order.
  [[nodiscard]] std::uint32_t block_count(std::uint32_t piece) const;
  [[nodiscard]] BlockRef block(std::uint32_t piece, std::uint32_t index) const;

 private:
  using Where = PieceRecord::Where;
  struct Block {
    enum class State : std::uint8_t { kOpen, kAsked, kHere };
    PeerKey peer = kNoPeer;  // who was asked last, if that still stands, or who sent it
    State state = State::kOpen;
    std::uint8_t asked = 0;  // how many peers are being asked
  };
  struct Partial {
    std::uint32_t piece = 0;
    PeerKey owner = kNoPeer;  // the peer that it was begun for, while that one is at it
    bool exclusive = false;
    std::uint32_t given = 0;
    std::uint32_t open = 0;
    std::uint32_t here = 0;
    std::uint32_t first_open = 0;  // no block before it is open
    std::vector<Block> blocks;
  };

  [[nodiscard]] bool is_skipped(std::uint32_t piece) const { return pieces_[piece].priority == FilePriority::kSkip; }
  [[nodiscard]] PieceOrder& order_of(std::uint32_t piece) {
    return orders_[static_cast<std::size_t>(pieces_[piece].priority)];
  }
  void more_available(std::uint32_t piece);
  void less_available(std::uint32_t piece);
  void count_open(const Partial& partial, std::int64_t change);
  Partial& begin(std::uint32_t piece, PeerKey owner, bool exclusive);
  void drop_partial(std::uint32_t piece);
  void put_back(std::uint32_t piece);
  [[nodiscard]] bool wants(const Request& request, std::uint32_t piece) const;
  // The piece to begin where that one would be next: it, or one as rare that was suggested.
  [[nodiscard]] std::uint32_t suggested_or(const Request& request, std::uint32_t piece) const;
  [[nodiscard]] bool is_free(const Request& request, std::uint32_t piece) const;
  [[nodiscard]] std::uint32_t start_of_run(const Request& request) const;
  void take_open(Partial& partial, const Request& request, std::size_t wanted, std::vector<BlockRef>& out);
  // Of what is wanted as much as `level` says.
  void pick_partials(const Request& request, std::size_t wanted, FilePriority level, bool owned_too,
                     std::vector<BlockRef>& out);
  // Of the pieces that only seeds have, one that is ours; nothing if there are none that are wanted.
  [[nodiscard]] std::optional<std::uint32_t> own_share(const Request& request, FilePriority level);
  void pick_retry(const Request& request, std::size_t wanted, std::vector<BlockRef>& out);
  void pick_share(const Request& request, std::size_t wanted, FilePriority level, std::vector<BlockRef>& out);
  void pick_new(const Request& request, std::size_t wanted, FilePriority level, std::vector<BlockRef>& out);
  void start(const Request& request, std::uint32_t piece, std::size_t wanted, std::vector<BlockRef>& out);
  void pick_asked(const Request& request, std::size_t wanted, const std::function<bool(const BlockRef&)>& asked,
                  std::vector<BlockRef>& out);

  Shape shape_;
  SmallRandom random_;
  Bitfield have_;
  PieceOrder::Records pieces_;
  std::array<PieceOrder, kFilePriorities> orders_;  // of what is neither begun nor had, by priority
  bool sequential_ = false;
  std::uint32_t seeds_ = 0;  // peers that have everything are counted here alone
  std::vector<Partial> partials_;
  std::array<std::uint32_t, kFilePriorities> begun_{};  // how many partials_ there are of each priority
  std::uint64_t open_blocks_ = 0;                       // in those that are wanted
  std::vector<std::uint32_t> retries_;                  // failed; may hold some that were begun since
  std::uint64_t us_ = 0;
  std::vector<std::uint64_t> rivals_;
};

}  // namespace podswarm::engine

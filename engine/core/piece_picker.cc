#include "engine/core/piece_picker.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace podswarm::engine {

namespace {

// Of one block, how many peers are asked at most in the end game, and for how many blocks one peer is asked at a time:
// what is asked twice is mostly sent twice.
constexpr std::uint8_t kEndGameAskers = 3;
constexpr std::size_t kEndGameBlocks = 4;
// How many pieces are looked at for one that is ours before others'.
constexpr std::size_t kShareSample = 64;

}  // namespace

PiecePicker::PiecePicker(Shape shape, std::uint64_t seed)
    : shape_(std::move(shape)), random_(seed), have_(shape_.piece_count), pieces_(shape_.piece_count) {
  std::vector<std::uint32_t> all(shape_.piece_count);
  std::iota(all.begin(), all.end(), 0u);
  orders_[static_cast<std::size_t>(FilePriority::kNormal)].assign(std::move(all), pieces_, random_);
}

std::uint32_t PiecePicker::block_count(std::uint32_t piece) const {
  return (shape_.piece_size(piece) + kBlockSize - 1) / kBlockSize;
}

BlockRef PiecePicker::block(std::uint32_t piece, std::uint32_t index) const {
  const std::uint32_t offset = index * kBlockSize;
  return {piece, offset, std::min(kBlockSize, shape_.piece_size(piece) - offset)};
}

// ---- availability ----

void PiecePicker::more_available(std::uint32_t piece) {
  if (pieces_[piece].where == Where::kOrder) return order_of(piece).more_available(piece, pieces_, random_);
  ++pieces_[piece].availability;
}

void PiecePicker::less_available(std::uint32_t piece) {
  if (pieces_[piece].where == Where::kOrder) return order_of(piece).less_available(piece, pieces_, random_);
  assert(pieces_[piece].availability > 0);
  --pieces_[piece].availability;
}

void PiecePicker::set_have(std::uint32_t piece) {
  assert(pieces_[piece].where != Where::kPartial);
  if (!have_.set(piece)) return;
  order_of(piece).erase(piece, pieces_);
  pieces_[piece].where = Where::kHave;
}

void PiecePicker::lose(std::uint32_t piece) {
  assert(pieces_[piece].where == Where::kHave);
  have_.reset(piece);
  put_back(piece);
}

void PiecePicker::add_peer(const Bitfield& pieces) {
  if (pieces.all()) {
    ++seeds_;
    return;
  }
  for (std::uint32_t i = pieces.next_set(0); i < pieces.size(); i = pieces.next_set(i + 1)) more_available(i);
}

void PiecePicker::remove_peer(const Bitfield& pieces) {
  if (pieces.all()) {
    assert(seeds_ > 0);
    --seeds_;
    return;
  }
  for (std::uint32_t i = pieces.next_set(0); i < pieces.size(); i = pieces.next_set(i + 1)) less_available(i);
}

void PiecePicker::add_have(std::uint32_t piece) {
  more_available(piece);
}

void PiecePicker::remove_have(std::uint32_t piece, bool was_seed) {
  if (!was_seed) return less_available(piece);
  --seeds_;
  for (std::uint32_t i = 0; i < have_.size(); ++i) {
    if (i != piece) more_available(i);
  }
}

void PiecePicker::became_seed() {
  for (std::uint32_t i = 0; i < have_.size(); ++i) less_available(i);
  ++seeds_;
}

// ---- what is wanted ----

void PiecePicker::set_priorities(std::span<const FilePriority> priorities) {
  assert(priorities.empty() || priorities.size() == pieces_.size());
  std::array<std::vector<std::uint32_t>, kFilePriorities> sorted;
  for (std::uint32_t piece = 0; piece < pieces_.size(); ++piece) {
    PieceRecord& p = pieces_[piece];
    p.priority = priorities.empty() ? FilePriority::kNormal : priorities[piece];
    if (p.where == Where::kOrder) sorted[static_cast<std::size_t>(p.priority)].push_back(piece);
  }
  for (std::size_t level = 0; level < kFilePriorities; ++level) {
    orders_[level].assign(std::move(sorted[level]), pieces_, random_);
  }
  begun_ = {};
  open_blocks_ = 0;
  for (const Partial& partial : partials_) {
    ++begun_[static_cast<std::size_t>(pieces_[partial.piece].priority)];
    count_open(partial, partial.open);
  }
}

void PiecePicker::count_open(const Partial& partial, std::int64_t change) {
  if (!is_skipped(partial.piece)) open_blocks_ += static_cast<std::uint64_t>(change);
}

bool PiecePicker::end_game() const {
  if (open_blocks_ > 0) return false;
  for (std::size_t level = 1; level < kFilePriorities; ++level) {
    if (!orders_[level].empty()) return false;
  }
  return true;
}

bool PiecePicker::exhausted() const {
  for (std::size_t level = 1; level < kFilePriorities; ++level) {
    const std::uint32_t nowhere = seeds_ == 0 ? orders_[level].unavailable() : 0;
    if (orders_[level].size() > nowhere) return false;
  }
  return open_blocks_ == 0 || std::none_of(partials_.begin(), partials_.end(), [this](const Partial& partial) {
           return partial.open > 0 && !is_skipped(partial.piece) && availability(partial.piece) > 0;
         });
}

// ---- picking ----

PiecePicker::Partial& PiecePicker::begin(std::uint32_t piece, PeerKey owner, bool exclusive) {
  order_of(piece).erase(piece, pieces_);
  ++begun_[static_cast<std::size_t>(pieces_[piece].priority)];
  pieces_[piece].where = Where::kPartial;
  pieces_[piece].index = static_cast<std::uint32_t>(partials_.size());
  Partial& partial = partials_.emplace_back();
  partial.piece = piece;
  partial.owner = owner;
  partial.exclusive = exclusive;
  partial.blocks.resize(block_count(piece));
  partial.open = static_cast<std::uint32_t>(partial.blocks.size());
  if (shape_.is_given) {
    for (std::uint32_t i = 0; i < partial.blocks.size(); ++i) {
      if (!shape_.is_given(block(piece, i))) continue;
      partial.blocks[i].state = Block::State::kHere;
      --partial.open;
      ++partial.given;
    }
    partial.here = partial.given;
  }
  count_open(partial, partial.open);
  return partial;
}

void PiecePicker::drop_partial(std::uint32_t piece) {
  const std::uint32_t slot = pieces_[piece].index;
  count_open(partials_[slot], -std::int64_t{partials_[slot].open});
  --begun_[static_cast<std::size_t>(pieces_[piece].priority)];
  if (slot + 1 != partials_.size()) {
    partials_[slot] = std::move(partials_.back());
    pieces_[partials_[slot].piece].index = slot;
  }
  partials_.pop_back();
}

void PiecePicker::put_back(std::uint32_t piece) {
  pieces_[piece].where = Where::kOrder;
  order_of(piece).insert(piece, pieces_, random_);
}

bool PiecePicker::wants(const Request& request, std::uint32_t piece) const {
  return !is_skipped(piece) && request.pieces->test(piece) && (request.only == nullptr || request.only->test(piece));
}

void PiecePicker::take_open(Partial& partial, const Request& request, std::size_t wanted, std::vector<BlockRef>& out) {
  std::uint32_t i = partial.first_open;
  for (; i < partial.blocks.size() && partial.open > 0 && out.size() < wanted; ++i) {
    Block& b = partial.blocks[i];
    if (b.state != Block::State::kOpen) continue;
    b.state = Block::State::kAsked;
    b.asked = 1;
    b.peer = request.peer;
    --partial.open;
    count_open(partial, -1);
    out.push_back(block(partial.piece, i));
  }
  partial.first_open = i;
}

void PiecePicker::pick_partials(const Request& request, std::size_t wanted, FilePriority level, bool owned_too,
                                std::vector<BlockRef>& out) {
  if (begun_[static_cast<std::size_t>(level)] == 0) return;
  // The most complete first: it will be the next that can be given to others.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> found;  // missing blocks, slot
  for (std::uint32_t slot = 0; slot < partials_.size(); ++slot) {
    const Partial& partial = partials_[slot];
    if (partial.open == 0 || pieces_[partial.piece].priority != level || !wants(request, partial.piece)) continue;
    const bool own = partial.owner == request.peer;
    if (!own && (partial.exclusive || request.exclusive)) continue;
    if (!own && partial.owner != kNoPeer && !owned_too && !sequential_) continue;
    const auto missing = static_cast<std::uint32_t>(partial.blocks.size()) - partial.here;
    found.emplace_back(sequential_ ? partial.piece : own ? 0 : missing, slot);
  }
  std::sort(found.begin(), found.end());
  for (const auto& [missing, slot] : found) {
    if (out.size() >= wanted) return;
    take_open(partials_[slot], request, wanted, out);
  }
}

void PiecePicker::set_rivals(std::uint64_t us, std::vector<std::uint64_t> others) {
  us_ = us;
  rivals_ = std::move(others);
}

std::optional<std::uint32_t> PiecePicker::own_share(const Request& request, FilePriority level) {
  const auto claim = [](std::uint64_t who, std::uint32_t piece) { return SmallRandom(who + piece)(); };
  const PieceOrder& order = orders_[static_cast<std::size_t>(level)];
  const std::size_t count = order.unavailable();
  std::optional<std::uint32_t> best;
  std::pair<std::size_t, std::uint64_t> best_rank;
  for (std::size_t n = 0; n < std::min(count, kShareSample); ++n) {
    const std::size_t place = count <= kShareSample ? n : random_() % count;
    const std::uint32_t piece = order[place];
    if (!wants(request, piece)) continue;
    // Everybody begins with what it has the strongest claim on, and helps others from their other end.
    const std::uint64_t ours = claim(us_, piece);
    std::uint64_t strongest = ours;
    std::size_t before_us = 0;
    for (const std::uint64_t rival : rivals_) {
      const std::uint64_t theirs = claim(rival, piece);
      if (theirs < ours) ++before_us;
      strongest = std::min(strongest, theirs);
    }
    const std::pair<std::size_t, std::uint64_t> rank{before_us, before_us == 0 ? ours : ~strongest};
    if (best && rank >= best_rank) continue;
    best = piece;
    best_rank = rank;
  }
  return best;
}

// Of one peer alone, so that it is known soon whose blocks were bad.
void PiecePicker::pick_retry(const Request& request, std::size_t wanted, std::vector<BlockRef>& out) {
  std::erase_if(retries_, [&](std::uint32_t piece) {
    if (pieces_[piece].where != Where::kOrder) return true;
    if (out.size() >= wanted || !wants(request, piece)) return false;
    take_open(begin(piece, request.peer, true), request, wanted, out);
    return true;
  });
}

void PiecePicker::pick_share(const Request& request, std::size_t wanted, FilePriority level,
                             std::vector<BlockRef>& out) {
  for (Partial& partial : partials_) {
    if (out.size() >= wanted) return;
    const PieceRecord& piece = pieces_[partial.piece];
    if (partial.open == 0 || piece.availability > 0 || piece.priority != level || !wants(request, partial.piece))
      continue;
    if (partial.owner != request.peer && (partial.exclusive || request.exclusive)) continue;
    take_open(partial, request, wanted, out);
  }
  while (out.size() < wanted) {
    const auto own = own_share(request, level);
    if (!own) return;
    start(request, *own, wanted, out);
  }
}

void PiecePicker::start(const Request& request, std::uint32_t piece, std::size_t wanted, std::vector<BlockRef>& out) {
  const bool own = (request.whole_pieces && !sequential_) || request.exclusive;
  take_open(begin(piece, own ? request.peer : kNoPeer, request.exclusive), request, wanted, out);
}

void PiecePicker::pick_new(const Request& request, std::size_t wanted, FilePriority level, std::vector<BlockRef>& out) {
  const PieceOrder& order = orders_[static_cast<std::size_t>(level)];
  if (order.empty()) return;
  if (sequential_) {
    for (std::uint32_t piece = request.pieces->next_set(0); piece < pieces_.size() && out.size() < wanted;
         piece = request.pieces->next_set(piece + 1)) {
      const PieceRecord& p = pieces_[piece];
      if (p.where == Where::kOrder && p.priority == level && wants(request, piece)) start(request, piece, wanted, out);
    }
    return;
  }
  while (out.size() < wanted && have_.count() + partials_.size() < kRandomFirst && !order.empty()) {
    bool found = false;
    for (int tries = 0; tries < 16 && !found; ++tries) {
      const std::uint32_t piece = order[random_() % order.size()];
      if (!wants(request, piece)) continue;
      start(request, piece, wanted, out);
      found = true;
    }
    if (!found) break;
  }
  // What nobody but seeds has is of no interest to a peer that is none.
  std::size_t place = request.pieces->all() ? 0 : order.unavailable();
  while (out.size() < wanted && place < order.size()) {
    if (!wants(request, order[place])) {
      ++place;
      continue;
    }
    // Starting a piece takes it out of the array and moves at most one piece of each bucket: pieces that were passed
    // over stay passed over, or are found at the next pick.
    start(request, suggested_or(request, order[place]), wanted, out);
  }
}

std::uint32_t PiecePicker::suggested_or(const Request& request, std::uint32_t piece) const {
  for (auto at = request.suggested.rbegin(); at != request.suggested.rend(); ++at) {
    const PieceRecord& suggested = pieces_[*at];
    if (suggested.where == Where::kOrder && suggested.availability == pieces_[piece].availability &&
        suggested.priority == pieces_[piece].priority && wants(request, *at)) {
      return *at;
    }
  }
  return piece;
}

void PiecePicker::pick_asked(const Request& request, std::size_t wanted,
                             const std::function<bool(const BlockRef&)>& asked, std::vector<BlockRef>& out) {
  for (std::uint8_t askers = 1; askers < kEndGameAskers; ++askers) {
    // From a random place, so that peers do not all double the same blocks.
    const std::size_t from = partials_.empty() ? 0 : random_() % partials_.size();
    for (std::size_t n = 0; n < partials_.size(); ++n) {
      Partial& partial = partials_[(from + n) % partials_.size()];
      if (partial.here == partial.blocks.size() || partial.exclusive || !wants(request, partial.piece)) continue;
      for (std::uint32_t i = 0; i < partial.blocks.size(); ++i) {
        Block& b = partial.blocks[i];
        if (b.state != Block::State::kAsked || b.asked != askers || b.peer == request.peer) continue;
        const BlockRef ref = block(partial.piece, i);
        if (asked(ref)) continue;
        ++b.asked;
        b.peer = request.peer;
        out.push_back(ref);
        if (out.size() >= wanted) return;
      }
    }
  }
}

void PiecePicker::pick(const Request& request, const std::function<bool(const BlockRef&)>& asked,
                       std::vector<BlockRef>& out) {
  const std::size_t before = out.size();
  const std::size_t wanted = before + request.count;
  const auto enough = [&] { return out.size() >= wanted; };
  // Until there is a first piece to give, and where too many are begun, everybody helps to finish what was begun.
  const std::size_t begun = partials_.size() - begun_[static_cast<std::size_t>(FilePriority::kSkip)];
  const bool finish =
      have_.count() == 0 ? begun >= kRandomFirst : begun * 2 > std::max<std::size_t>(8, request.peers * 3);
  // Others wait for what only a seed can give; the rest of a piece that is with others too, they can give as well.
  if (!retries_.empty()) pick_retry(request, wanted, out);
  const bool shared = request.pieces->all() && !rivals_.empty() && !sequential_;
  constexpr FilePriority kLevels[] = {FilePriority::kHigh, FilePriority::kNormal, FilePriority::kLow};
  for (const FilePriority level : kLevels) {
    if (shared) pick_share(request, wanted, level, out);
    if (!enough() && open_blocks_ > 0) pick_partials(request, wanted, level, finish || !request.whole_pieces, out);
    if (!enough()) pick_new(request, wanted, level, out);
    if (enough()) break;
  }
  for (const FilePriority level : kLevels) {
    if (!enough() && open_blocks_ > 0) pick_partials(request, wanted, level, true, out);
  }
  if (out.size() == before && !request.exclusive && (end_game() || (request.double_all && exhausted()))) {
    pick_asked(request, before + std::min(request.count, kEndGameBlocks), asked, out);
  }
}

void PiecePicker::abandon(const BlockRef& ref, PeerKey peer) {
  if (pieces_[ref.piece].where != Where::kPartial) return;
  Partial& partial = partials_[pieces_[ref.piece].index];
  if (partial.owner == peer) {
    partial.owner = kNoPeer;
    partial.exclusive = false;
  }
  const std::uint32_t i = ref.offset / kBlockSize;
  Block& b = partial.blocks[i];
  if (b.state != Block::State::kAsked) return;
  if (b.peer == peer) b.peer = kNoPeer;
  if (--b.asked > 0) return;
  b.state = Block::State::kOpen;
  b.peer = kNoPeer;
  ++partial.open;
  count_open(partial, 1);
  partial.first_open = std::min(partial.first_open, i);
  // Untouched again: back among the pieces to be picked by rarity.
  if (partial.open + partial.given == partial.blocks.size()) {
    drop_partial(ref.piece);
    put_back(ref.piece);
  }
}

void PiecePicker::release(PeerKey peer) {
  for (Partial& partial : partials_) {
    if (partial.owner != peer) continue;
    partial.owner = kNoPeer;
    partial.exclusive = false;
  }
}

PiecePicker::Received PiecePicker::received(const BlockRef& ref, PeerKey peer) {
  Received result;
  if (pieces_[ref.piece].where == Where::kHave) return result;
  if (pieces_[ref.piece].where == Where::kOrder) begin(ref.piece, kNoPeer, false);
  Partial& partial = partials_[pieces_[ref.piece].index];
  Block& b = partial.blocks[ref.offset / kBlockSize];
  if (b.state == Block::State::kHere) return result;
  if (b.state == Block::State::kOpen) {
    --partial.open;
    count_open(partial, -1);
  }
  result.arrival = Arrival::kNew;
  result.others_asked = b.asked > 1 || (b.asked == 1 && b.peer != peer);
  b.state = Block::State::kHere;
  b.asked = 0;
  b.peer = peer;
  result.piece_complete = ++partial.here == partial.blocks.size();
  return result;
}

bool PiecePicker::is_missing(const BlockRef& ref) const {
  const PieceRecord& piece = pieces_[ref.piece];
  if (piece.where == Where::kHave) return false;
  if (piece.where == Where::kOrder) return true;
  return partials_[piece.index].blocks[ref.offset / kBlockSize].state != Block::State::kHere;
}

void PiecePicker::passed(std::uint32_t piece) {
  drop_partial(piece);
  pieces_[piece].where = Where::kHave;
  have_.set(piece);
}

void PiecePicker::failed(std::uint32_t piece) {
  drop_partial(piece);
  put_back(piece);
  retries_.push_back(piece);
}

std::vector<PeerKey> PiecePicker::contributors(std::uint32_t piece) const {
  assert(pieces_[piece].where == Where::kPartial);
  std::vector<PeerKey> peers;
  for (const Block& b : partials_[pieces_[piece].index].blocks) peers.push_back(b.peer);
  return peers;
}

std::uint64_t PiecePicker::partial_bytes() const {
  std::uint64_t bytes = 0;
  for (const Partial& partial : partials_) {
    bytes += std::min<std::uint64_t>(std::uint64_t{partial.here} * kBlockSize, shape_.piece_size(partial.piece));
  }
  return bytes;
}

}  // namespace podswarm::engine

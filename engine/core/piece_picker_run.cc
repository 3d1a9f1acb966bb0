#include <algorithm>

#include "engine/core/piece_picker.h"

namespace podswarm::engine {

// Nobody else is to be kept from it, nor has it been asked for as a whole.
bool PiecePicker::is_free(const Request& request, std::uint32_t piece) const {
  if (!wants(request, piece) || pieces_[piece].where == Where::kHave) return false;
  if (pieces_[piece].where == Where::kOrder) return true;
  const Partial& partial = partials_[pieces_[piece].index];
  if (partial.open == 0) return false;
  return partial.owner == request.peer || (partial.owner == kNoPeer && !partial.exclusive && !request.exclusive);
}

std::uint32_t PiecePicker::start_of_run(const Request& request) const {
  const std::uint32_t count = have_.size();
  std::uint32_t longest = 0;
  std::uint32_t start = count;
  for (std::uint32_t piece = 0; piece < count; ++piece) {
    const std::uint32_t first = piece;
    while (piece < count && is_free(request, piece)) ++piece;
    if (piece - first <= longest) continue;
    longest = piece - first;
    start = first;
    if (sequential_) return start;
  }
  if (start == 0 || start == count || pieces_[start - 1].where != Where::kPartial) return start;
  // Who works right before the gap may go on into it: both get half of it.
  const PeerKey neighbour = partials_[pieces_[start - 1].index].owner;
  return neighbour == kNoPeer || neighbour == request.peer ? start : start + longest / 2;
}

void PiecePicker::pick_run(const Request& request, std::uint32_t next, std::vector<BlockRef>& out) {
  const std::size_t wanted = out.size() + request.count;
  std::uint32_t piece = next < have_.size() && is_free(request, next) ? next : start_of_run(request);
  for (; piece < have_.size() && out.size() < wanted && is_free(request, piece); ++piece) {
    Partial& partial = pieces_[piece].where == Where::kOrder ? begin(piece, request.peer, request.exclusive)
                                                             : partials_[pieces_[piece].index];
    take_open(partial, request, wanted, out);
  }
}

}  // namespace podswarm::engine

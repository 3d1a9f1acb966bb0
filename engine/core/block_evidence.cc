#include "engine/core/block_evidence.h"

#include <algorithm>
#include <set>

namespace podswarm::engine {

void BlockEvidence::failed(std::uint32_t piece, std::vector<Block> blocks) {
  if (failures_.size() == kMost) failures_.pop_front();
  failures_.push_back({piece, std::move(blocks)});
}

BlockEvidence::Verdict BlockEvidence::passed(std::uint32_t piece, std::span<const Sha1Hash> blocks) {
  std::set<Endpoint> guilty;
  std::set<Endpoint> took_part;
  for (const Failure& failure : failures_) {
    if (failure.piece != piece || failure.blocks.size() != blocks.size()) continue;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const Block& block = failure.blocks[i];
      (block.digest == blocks[i] ? took_part : guilty).insert(block.sender);
    }
  }
  std::erase_if(failures_, [piece](const Failure& failure) { return failure.piece == piece; });
  Verdict verdict;
  verdict.guilty.assign(guilty.begin(), guilty.end());
  for (const Endpoint& sender : took_part) {
    const bool in_doubt = std::any_of(failures_.begin(), failures_.end(), [&](const Failure& failure) {
      return std::any_of(failure.blocks.begin(), failure.blocks.end(),
                         [&](const Block& block) { return block.sender == sender; });
    });
    if (!in_doubt && !guilty.contains(sender)) verdict.acquitted.push_back(sender);
  }
  return verdict;
}

bool BlockEvidence::knows(std::uint32_t piece) const {
  return std::any_of(failures_.begin(), failures_.end(),
                     [piece](const Failure& failure) { return failure.piece == piece; });
}

}  // namespace podswarm::engine

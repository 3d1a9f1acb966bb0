#include "engine/core/block_evidence.h"

#include <algorithm>
#include <map>
#include <set>

namespace podswarm::engine {

void BlockEvidence::drop_oldest() {
  blocks_ -= failures_.front().digests.size();
  failures_.pop_front();
}

void BlockEvidence::failed(std::uint32_t piece, std::vector<Block> blocks) {
  Failure failure;
  failure.piece = piece;
  std::map<Endpoint, std::uint32_t> numbers;
  for (const Block& block : blocks) {
    const auto [at, is_new] = numbers.try_emplace(block.sender, static_cast<std::uint32_t>(failure.senders.size()));
    if (is_new) failure.senders.push_back(block.sender);
    failure.sender.push_back(at->second);
    failure.digests.push_back(block.digest);
  }
  while (!failures_.empty() && (failures_.size() == kMost || blocks_ + blocks.size() > kMostBlocks)) drop_oldest();
  blocks_ += blocks.size();
  failures_.push_back(std::move(failure));
}

BlockEvidence::Verdict BlockEvidence::passed(std::uint32_t piece, std::span<const Sha1Hash> blocks) {
  std::set<Endpoint> guilty;
  std::set<Endpoint> took_part;
  std::set<Endpoint> in_doubt;  // by other pieces
  for (const Failure& failure : failures_) {
    if (failure.piece != piece) {
      in_doubt.insert(failure.senders.begin(), failure.senders.end());
      continue;
    }
    if (failure.digests.size() != blocks.size()) continue;
    std::vector<char> is_guilty(failure.senders.size());
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (failure.digests[i] != blocks[i]) is_guilty[failure.sender[i]] = 1;
    }
    for (std::size_t i = 0; i < is_guilty.size(); ++i) {
      (is_guilty[i] != 0 ? guilty : took_part).insert(failure.senders[i]);
    }
  }
  std::erase_if(failures_, [&](const Failure& failure) {
    if (failure.piece != piece) return false;
    blocks_ -= failure.digests.size();
    return true;
  });
  Verdict verdict;
  verdict.guilty.assign(guilty.begin(), guilty.end());
  for (const Endpoint& sender : took_part) {
    if (!in_doubt.contains(sender) && !guilty.contains(sender)) verdict.acquitted.push_back(sender);
  }
  return verdict;
}

bool BlockEvidence::knows(std::uint32_t piece) const {
  return std::any_of(failures_.begin(), failures_.end(),
                     [piece](const Failure& failure) { return failure.piece == piece; });
}

}  // namespace podswarm::engine

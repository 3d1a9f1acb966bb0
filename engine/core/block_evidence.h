// Who sent what in pieces that failed, so that the culprit is known when the piece passes at last: the digest of each
// block, and from where it came. Addresses, not connections: who sent a bad block may be gone by then. Sans-IO. Network
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "engine/core/digest.h"
#include "engine/core/endpoint.h"

namespace podswarm::engine {

class BlockEvidence {
 public:
  // Failures that are kept, and blocks in all of them; then the oldest are dropped. The latest failure always stays.
  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kMostBlocks = 64 * 1024;

  struct Block {
    Endpoint sender;
    Sha1Hash digest{};
  };
  // A piece failed whose blocks were these, in order.
  void failed(std::uint32_t piece, std::vector<Block> blocks);

  struct Verdict {
    std::vector<Endpoint> guilty;     // sent a block that differs
    std::vector<Endpoint> acquitted;  // took part in the piece, sent nothing bad in it, and in no other one that failed
  };
  // It passed, with blocks of these digests. Its failures are forgotten.
  // Looks at each block of these once, and at who else sent anything.
  [[nodiscard]] Verdict passed(std::uint32_t piece, std::span<const Sha1Hash> blocks);

  [[nodiscard]] bool knows(std::uint32_t piece) const;
  [[nodiscard]] std::size_t blocks() const { return blocks_; }

 private:
  struct Failure {
    std::uint32_t piece = 0;
    std::vector<Endpoint> senders;      // each once
    std::vector<std::uint32_t> sender;  // of each block, in senders
    std::vector<Sha1Hash> digests;      // of each block
  };
  void drop_oldest();
  std::deque<Failure> failures_;
  std::size_t blocks_ = 0;  // in all of them
};

}  // namespace podswarm::engine

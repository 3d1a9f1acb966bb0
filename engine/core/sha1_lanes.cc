#include "engine/core/sha1_lanes.h"

#include <algorithm>
#include <cassert>

#include "engine/core/sha1_lanes_x86.h"

namespace podswarm::engine {

namespace {

void store_be(std::uint8_t* to, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * (bytes - 1 - i)));
}

}  // namespace

bool Sha1Lanes::available() {
  static const bool available = sha1_instructions_available();
  return available;
}

void Sha1Lanes::reset() {
  state_.fill({0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0});
  size_ = 0;
}

void Sha1Lanes::update(const Data& data, std::size_t size) {
  assert(available() && size_ % kBlock == 0);
  sha1_compress_four(state_.data(), data.data(), size / kBlock);
  size_ += size;
  const std::size_t rest = size % kBlock;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    std::copy_n(data[lane] + (size - rest), rest, tail_[lane].begin());
  }
}

// A bit, zeros, and the length in bits fill up the last block, or one more where they do not fit.
std::array<Sha1Hash, Sha1Lanes::kLanes> Sha1Lanes::finish() {
  const auto rest = static_cast<std::size_t>(size_ % kBlock);
  const std::size_t end = rest + 1 + 8 <= kBlock ? kBlock : 2 * kBlock;
  Data data{};
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    auto& tail = tail_[lane];
    std::fill(tail.begin() + static_cast<std::ptrdiff_t>(rest), tail.end(), std::uint8_t{0});
    tail[rest] = 0x80;
    store_be(tail.data() + end - 8, size_ * 8, 8);
    data[lane] = tail.data();
  }
  sha1_compress_four(state_.data(), data.data(), end / kBlock);
  std::array<Sha1Hash, kLanes> hashes{};
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    for (std::size_t word = 0; word < 5; ++word) store_be(hashes[lane].data() + 4 * word, state_[lane][word], 4);
  }
  reset();
  return hashes;
}

}  // namespace podswarm::engine

#include "engine/core/sha1_lanes.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <vector>

#include "engine/core/sha1_lanes_avx512.h"
#include "engine/core/sha1_lanes_x86.h"

namespace podswarm::engine {

namespace {

void store_be(std::uint8_t* to, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * (bytes - 1 - i)));
}

using Compress = void (*)(std::size_t, std::uint32_t* const*, const std::uint8_t* const*, std::size_t);

// With fewer lanes the vectors are never the faster ones.
constexpr std::size_t kWorthVectors = 5;
constexpr std::size_t kSha = 4;  // lanes of the SHA instructions

void compress_in_fours(std::size_t lanes, std::uint32_t* const* states, const std::uint8_t* const* data,
                       std::size_t blocks) {
  for (std::size_t done = 0; done < lanes; done += kSha) {
    sha1_compress(std::min(kSha, lanes - done), states + done, data + done, blocks);
  }
}

// For eight messages of some KiB, the shortest of a few times.
std::chrono::nanoseconds time_of(Compress compress) {
  constexpr std::size_t kBlocks = 128;
  const std::vector<std::uint8_t> bytes(Sha1Lane::kMost * kBlocks * 64);
  std::array<std::array<std::uint32_t, 5>, Sha1Lane::kMost> words{};
  std::array<std::uint32_t*, Sha1Lane::kMost> states{};
  std::array<const std::uint8_t*, Sha1Lane::kMost> data{};
  for (std::size_t i = 0; i < Sha1Lane::kMost; ++i) {
    states[i] = words[i].data();
    data[i] = bytes.data() + i * kBlocks * 64;
  }
  auto best = std::chrono::nanoseconds::max();
  for (int round = 0; round < 3; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    compress(Sha1Lane::kMost, states.data(), data.data(), kBlocks);
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begin);
  }
  return best;
}

// Which of the two a processor does faster is not to be told from what it has.
bool vectors_are_faster() {
  static const bool faster = sha1_avx512_available() && time_of(sha1_compress_avx512) < time_of(compress_in_fours);
  return faster;
}

void compress(std::size_t lanes, std::uint32_t* const* states, const std::uint8_t* const* data, std::size_t blocks) {
  if (lanes >= kWorthVectors && vectors_are_faster()) return sha1_compress_avx512(lanes, states, data, blocks);
  compress_in_fours(lanes, states, data, blocks);
}

// What is left of a message's portions.
class Rest {
 public:
  Rest() = default;
  explicit Rest(std::span<const base::ByteView> portions) : portions_(portions) { next(); }

  [[nodiscard]] base::ByteView here() const { return here_; }
  void skip(std::size_t bytes) {
    here_ = here_.subspan(bytes);
    next();
  }

 private:
  void next() {
    while (here_.empty() && !portions_.empty()) {
      here_ = portions_.front();
      portions_ = portions_.subspan(1);
    }
  }

  std::span<const base::ByteView> portions_;
  base::ByteView here_;
};

}  // namespace

bool Sha1Lane::available() {
  static const bool available = sha1_instructions_available();
  return available;
}

std::size_t Sha1Lane::at_once() {
  return vectors_are_faster() ? kMost : kSha;
}

void Sha1Lane::reset() {
  state_ = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  size_ = 0;
}

void sha1_side_by_side(std::span<Sha1Lane* const> lanes, std::span<const std::span<const base::ByteView>> data) {
  constexpr std::size_t kBlock = Sha1Lane::kBlock;
  assert(Sha1Lane::available() && lanes.size() == data.size() && lanes.size() <= Sha1Lane::kMost);
  std::array<Rest, Sha1Lane::kMost> rests;
  for (std::size_t i = 0; i < data.size(); ++i) rests[i] = Rest(data[i]);
  for (;;) {
    std::array<std::uint32_t*, Sha1Lane::kMost> states{};
    std::array<const std::uint8_t*, Sha1Lane::kMost> from{};
    std::array<std::size_t, Sha1Lane::kMost> who{};  // kMost + i: of its tail
    std::size_t count = 0;
    std::size_t blocks = SIZE_MAX;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      Sha1Lane& lane = *lanes[i];
      // A block that begins or ends in the middle of a portion is put together in the tail.
      std::size_t held = lane.size_ % kBlock;
      while (!rests[i].here().empty() && (held > 0 || rests[i].here().size() < kBlock)) {
        const std::size_t taken = std::min(kBlock - held, rests[i].here().size());
        std::copy_n(rests[i].here().begin(), taken, lane.tail_.begin() + static_cast<std::ptrdiff_t>(held));
        rests[i].skip(taken);
        lane.size_ += taken;
        held += taken;
        if (held == kBlock) break;
      }
      if (held == kBlock) {
        from[count] = lane.tail_.data();
        blocks = 1;
      } else if (held == 0 && !rests[i].here().empty()) {
        from[count] = rests[i].here().data();
        blocks = std::min(blocks, rests[i].here().size() / kBlock);
      } else {
        continue;
      }
      who[count] = held == kBlock ? i + Sha1Lane::kMost : i;
      states[count++] = lane.state_.data();
    }
    if (count == 0) return;
    compress(count, states.data(), from.data(), blocks);
    for (std::size_t n = 0; n < count; ++n) {
      if (who[n] >= Sha1Lane::kMost) continue;
      rests[who[n]].skip(blocks * kBlock);
      lanes[who[n]]->size_ += blocks * kBlock;
    }
  }
}

// A bit, zeros, and the length in bits fill up the last block, or one more where they do not fit.
Sha1Hash Sha1Lane::finish() {
  const std::uint64_t bits = size_ * 8;
  std::array<std::uint8_t, 2 * kBlock> last{};
  const auto held = static_cast<std::size_t>(size_ % kBlock);
  std::copy_n(tail_.begin(), held, last.begin());
  last[held] = 0x80;
  const std::size_t end = held + 1 + 8 <= kBlock ? kBlock : 2 * kBlock;
  store_be(last.data() + end - 8, bits, 8);
  std::uint32_t* const state = state_.data();
  const std::uint8_t* const from = last.data();
  sha1_compress(1, &state, &from, end / kBlock);
  Sha1Hash hash{};
  for (std::size_t word = 0; word < state_.size(); ++word) store_be(hash.data() + 4 * word, state_[word], 4);
  reset();
  return hash;
}

}  // namespace podswarm::engine

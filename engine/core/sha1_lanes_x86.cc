#include "engine/core/sha1_lanes_x86.h"

#ifdef __SHA__
#include <cpuid.h>
#include <immintrin.h>

#include <utility>
#endif

namespace podswarm::engine {

#ifdef __SHA__

namespace {

constexpr std::size_t kGroups = 20;  // of four rounds, as one instruction does them

struct Lane {
  __m128i abcd;
  __m128i e;
  __m128i before;  // abcd ahead of the last group: the next group's e is made of it
  __m128i w[4];    // the last sixteen words of the message schedule
};

// Group `G` of the rounds of a block, in each lane: side by side, so that none waits for its own result.
template <std::size_t kLanes, std::size_t G>
inline void do_group(Lane* lanes, const std::uint8_t* const* data, std::size_t block) {
  const __m128i big_endian = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kLanes; ++i) {
    Lane& lane = lanes[i];
    __m128i& w = lane.w[G % 4];
    if constexpr (G < 4) {
      const auto* words = reinterpret_cast<const __m128i*>(data[i] + block * 64 + G * 16);
      w = _mm_shuffle_epi8(_mm_loadu_si128(words), big_endian);
    } else {
      const __m128i older = _mm_xor_si128(_mm_sha1msg1_epu32(w, lane.w[(G + 1) % 4]), lane.w[(G + 2) % 4]);
      w = _mm_sha1msg2_epu32(older, lane.w[(G + 3) % 4]);
    }
    const __m128i e = G == 0 ? _mm_add_epi32(lane.e, w) : _mm_sha1nexte_epu32(lane.before, w);
    lane.before = lane.abcd;
    lane.abcd = _mm_sha1rnds4_epu32(lane.abcd, e, G / 5);
  }
}

template <std::size_t kLanes, std::size_t... G>
inline void do_block(Lane* lanes, const std::uint8_t* const* data, std::size_t block, std::index_sequence<G...>) {
  (do_group<kLanes, G>(lanes, data, block), ...);
}

template <std::size_t kLanes>
void compress(std::uint32_t* const* states, const std::uint8_t* const* data, std::size_t blocks) {
  Lane lanes[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) {
    const auto word = [&](std::size_t k) { return static_cast<int>(states[i][k]); };
    lanes[i].abcd = _mm_set_epi32(word(0), word(1), word(2), word(3));
    lanes[i].e = _mm_set_epi32(word(4), 0, 0, 0);
  }
  for (std::size_t block = 0; block < blocks; ++block) {
    __m128i abcd[kLanes];
    __m128i e[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) {
      abcd[i] = lanes[i].abcd;
      e[i] = lanes[i].e;
    }
    do_block<kLanes>(lanes, data, block, std::make_index_sequence<kGroups>());
    for (std::size_t i = 0; i < kLanes; ++i) {
      lanes[i].e = _mm_sha1nexte_epu32(lanes[i].before, e[i]);
      lanes[i].abcd = _mm_add_epi32(lanes[i].abcd, abcd[i]);
    }
  }
  for (std::size_t i = 0; i < kLanes; ++i) {
    alignas(16) std::uint32_t words[4];
    _mm_store_si128(reinterpret_cast<__m128i*>(words), lanes[i].abcd);
    for (std::size_t k = 0; k < 4; ++k) states[i][k] = words[3 - k];
    _mm_store_si128(reinterpret_cast<__m128i*>(words), lanes[i].e);
    states[i][4] = words[3];
  }
}

}  // namespace

bool sha1_instructions_available() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return false;
  const bool sse = (c & bit_SSSE3) != 0 && (c & bit_SSE4_1) != 0;
  return sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

void sha1_compress(std::size_t lanes, std::uint32_t* const* states, const std::uint8_t* const* data,
                   std::size_t blocks) {
  if (lanes == 1) return compress<1>(states, data, blocks);
  if (lanes == 2) return compress<2>(states, data, blocks);
  if (lanes == 3) return compress<3>(states, data, blocks);
  compress<4>(states, data, blocks);
}

#else

bool sha1_instructions_available() {
  return false;
}

void sha1_compress(std::size_t, std::uint32_t* const*, const std::uint8_t* const*, std::size_t) {}

#endif

}  // namespace podswarm::engine

#include "engine/core/sha1_lanes_avx512.h"

#if defined(__AVX512VL__) && defined(__AVX512BW__)
#include <cpuid.h>
#include <immintrin.h>

#include <utility>
#endif

namespace podswarm::engine {

#if defined(__AVX512VL__) && defined(__AVX512BW__)

namespace {

constexpr std::size_t kLanes = 8;
constexpr std::size_t kWords = 16;  // of a block
constexpr std::size_t kRounds = 80;

struct State {
  __m256i a, b, c, d, e;
};

// The choice, parity and majority functions of FIPS 180-4, 4.1.1, as truth tables of three operands.
template <std::size_t Round>
inline __m256i mix(const State& s) {
  if constexpr (Round < 20) return _mm256_ternarylogic_epi32(s.b, s.c, s.d, 0xCA);
  if constexpr (Round >= 40 && Round < 60) return _mm256_ternarylogic_epi32(s.b, s.c, s.d, 0xE8);
  return _mm256_ternarylogic_epi32(s.b, s.c, s.d, 0x96);
}

template <std::size_t Round>
inline void do_round(State& s, __m256i* w) {
  constexpr int kConstants[] = {0x5A827999, 0x6ED9EBA1, static_cast<int>(0x8F1BBCDC), static_cast<int>(0xCA62C1D6)};
  if constexpr (Round >= kWords) {
    const __m256i older = _mm256_xor_si256(w[(Round + 13) % kWords], w[(Round + 8) % kWords]);
    w[Round % kWords] =
        _mm256_rol_epi32(_mm256_ternarylogic_epi32(older, w[(Round + 2) % kWords], w[Round % kWords], 0x96), 1);
  }
  const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(s.e, w[Round % kWords]),
                                       _mm256_add_epi32(mix<Round>(s), _mm256_set1_epi32(kConstants[Round / 20])));
  s.e = s.d;
  s.d = s.c;
  s.c = _mm256_rol_epi32(s.b, 30);
  s.b = s.a;
  s.a = _mm256_add_epi32(_mm256_rol_epi32(s.a, 5), sum);
}

template <std::size_t... Round>
inline void do_rounds(State& s, __m256i* w, std::index_sequence<Round...>) {
  (do_round<Round>(s, w), ...);
}

// Eight words of each lane, from one row a lane to one row a word.
inline void transpose(const __m256i* lanes, __m256i* words) {
  __m256i pairs[kLanes];
  for (std::size_t i = 0; i < kLanes; i += 2) {
    pairs[i] = _mm256_unpacklo_epi32(lanes[i], lanes[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_epi32(lanes[i], lanes[i + 1]);
  }
  __m256i fours[kLanes];
  for (std::size_t i = 0; i < kLanes; i += 4) {
    fours[i] = _mm256_unpacklo_epi64(pairs[i], pairs[i + 2]);
    fours[i + 1] = _mm256_unpackhi_epi64(pairs[i], pairs[i + 2]);
    fours[i + 2] = _mm256_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
    fours[i + 3] = _mm256_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    words[i] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x20);
    words[i + 4] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x31);
  }
}

inline void load(const std::uint8_t* const* data, std::size_t block, __m256i* w) {
  const __m256i big_endian = _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  for (std::size_t half = 0; half < 2; ++half) {
    __m256i lanes[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const auto* from = reinterpret_cast<const __m256i*>(data[lane] + block * 64 + half * 32);
      lanes[lane] = _mm256_shuffle_epi8(_mm256_loadu_si256(from), big_endian);
    }
    transpose(lanes, w + half * kLanes);
  }
}

}  // namespace

bool sha1_avx512_available() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}

void sha1_compress_avx512(std::size_t lanes, std::uint32_t* const* states, const std::uint8_t* const* data,
                          std::size_t blocks) {
  // Lanes that nobody needs do the first one's work again, in vain.
  const std::uint8_t* from[kLanes];
  alignas(32) std::uint32_t words[5][kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const std::size_t which = lane < lanes ? lane : 0;
    from[lane] = data[which];
    for (std::size_t word = 0; word < 5; ++word) words[word][lane] = states[which][word];
  }
  const auto row = [&](std::size_t word) { return reinterpret_cast<__m256i*>(words[word]); };
  State s{_mm256_load_si256(row(0)), _mm256_load_si256(row(1)), _mm256_load_si256(row(2)), _mm256_load_si256(row(3)),
          _mm256_load_si256(row(4))};
  for (std::size_t block = 0; block < blocks; ++block) {
    const State before = s;
    __m256i w[kWords];
    load(from, block, w);
    do_rounds(s, w, std::make_index_sequence<kRounds>());
    s = {_mm256_add_epi32(s.a, before.a), _mm256_add_epi32(s.b, before.b), _mm256_add_epi32(s.c, before.c),
         _mm256_add_epi32(s.d, before.d), _mm256_add_epi32(s.e, before.e)};
  }
  _mm256_store_si256(row(0), s.a);
  _mm256_store_si256(row(1), s.b);
  _mm256_store_si256(row(2), s.c);
  _mm256_store_si256(row(3), s.d);
  _mm256_store_si256(row(4), s.e);
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    for (std::size_t word = 0; word < 5; ++word) states[lane][word] = words[word][lane];
  }
}

#else

bool sha1_avx512_available() {
  return false;
}

void sha1_compress_avx512(std::size_t, std::uint32_t* const*, const std::uint8_t* const*, std::size_t) {}

#endif

}  // namespace podswarm::engine

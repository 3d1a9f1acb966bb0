// The compression function of SHA-1 for eight messages at once, one in each 32-bit lane of vectors (see sha1_lanes.h).
// Its source is compiled for AVX-512VL, so it includes nothing whose inline functions others share.
#pragma once

#include <cstddef>
#include <cstdint>

namespace podswarm::engine {

[[nodiscard]] bool sha1_avx512_available();
// As sha1_compress(), for 1 to 8 messages in the time of eight. Only where it is available.
void sha1_compress_avx512(std::size_t lanes, std::uint32_t* const* states, const std::uint8_t* const* data,
                          std::size_t blocks);

}  // namespace podswarm::engine

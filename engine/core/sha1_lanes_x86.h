// The compression function of SHA-1 for four messages at once (see sha1_lanes.h). Its source is compiled for the SHA
// instructions, so it includes nothing whose inline functions others share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace podswarm::engine {

[[nodiscard]] bool sha1_instructions_available();
// `states` and `data` have four elements, each of `data` `blocks` times 64 bytes. Only where they are available.
void sha1_compress_four(std::array<std::uint32_t, 5>* states, const std::uint8_t* const* data, std::size_t blocks);

}  // namespace podswarm::engine

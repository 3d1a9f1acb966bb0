// The compression function of SHA-1 for up to four messages at once (see sha1_lanes.h). Its source is compiled for the
// SHA instructions, so it includes nothing whose inline functions others share.
#pragma once

#include <cstddef>
#include <cstdint>

namespace podswarm::engine {

[[nodiscard]] bool sha1_instructions_available();
// `lanes` messages, 1 to 4: each of `states` is five words, each of `data` `blocks` times 64 bytes. Only where they are
// available.
void sha1_compress(std::size_t lanes, std::uint32_t* const* states, const std::uint8_t* const* data,
                   std::size_t blocks);

}  // namespace podswarm::engine

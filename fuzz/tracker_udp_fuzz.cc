// UDP tracker packets of both directions.
#include "engine/core/tracker_udp.h"

namespace engine = podswarm::engine;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)engine::peek_udp_reply({data, size});
  (void)engine::decode_udp_reply({data, size}, false);
  (void)engine::decode_udp_reply({data, size}, true);
  (void)engine::decode_udp_request({data, size});
  return 0;
}

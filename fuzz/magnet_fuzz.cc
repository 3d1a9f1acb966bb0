// Magnet links: what is read can be printed and read again to the same.
#include <cstdlib>

#include "engine/core/inspect.h"
#include "engine/core/magnet.h"

namespace engine = podswarm::engine;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto magnet = engine::parse_magnet(podswarm::base::as_text({data, size}));
  if (!magnet) return 0;
  (void)engine::to_json(*magnet);
  const std::string printed = engine::to_string(*magnet);
  if (printed.size() > engine::kMaxMagnetLength) return 0;
  const auto again = engine::parse_magnet(printed);
  if (!again || again->info_hash() != magnet->info_hash() || again->name != magnet->name ||
      again->sources.tiers != magnet->sources.tiers || again->peers != magnet->peers) {
    std::abort();
  }
  return 0;
}

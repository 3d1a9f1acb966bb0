// Resume data. The digest keeps mutations out, so the input is also taken as a state with a digest that fits.
#include <cstdlib>

#include "engine/core/bencode.h"
#include "engine/core/resume.h"

namespace engine = podswarm::engine;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)engine::decode_resume({data, size});
  if (size == 0) return 0;
  engine::BencodeWriter writer;
  writer.begin_dict();
  writer.key("check").string(engine::sha1({data, size}));
  writer.key("format").string("podswarm resume");
  writer.key("state").raw({data, size});
  writer.key("version").integer(1).end();
  const auto resume = engine::decode_resume(writer.take());
  if (!resume) return 0;
  const auto again = engine::decode_resume(engine::encode_resume(*resume));
  if (!again || !(again->have == resume->have) || again->files != resume->files) std::abort();
  return 0;
}

// Torrent files, and what is made of them: the layout's paths are safe and every piece maps to bytes that exist.
#include <cstdlib>
#include <set>

#include "engine/core/file_layout.h"
#include "engine/core/inspect.h"

namespace engine = podswarm::engine;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto metainfo = engine::Metainfo::parse({data, size});
  if (!metainfo) return 0;
  (void)engine::to_json(*metainfo);
  const engine::FileLayout layout(*metainfo);
  std::set<std::string> paths;
  for (const auto& entry : layout.entries()) {
    if (!entry.on_disk) continue;
    const std::string path = "/" + entry.path + "/";
    if (path.find("//") != std::string::npos || path.find("/../") != std::string::npos ||
        path.find("/./") != std::string::npos || path.find('\0') != std::string::npos ||
        !paths.insert(entry.path).second) {
      std::abort();
    }
  }
  std::vector<engine::FileSpan> spans;
  for (std::uint32_t piece = 0; piece < layout.piece_count() && piece < 50; ++piece) {
    const std::uint32_t length = layout.piece_size(piece);
    if (length != metainfo->piece_size(piece) || !layout.contains(piece, 0, length)) std::abort();
    layout.map(piece, 0, length, spans);
    std::uint64_t sum = 0;
    for (const auto& span : spans) {
      const auto& entry = layout.entries()[span.file];
      if (span.offset + span.length > entry.length) std::abort();
      sum += span.length;
    }
    if (sum != length) std::abort();
    (void)metainfo->v2_piece(piece);
  }
  return 0;
}

// What disk jobs of one torrent need: its metainfo, layout and files, alive as long as any job holds it. Immutable but
// for the files; thread-safe.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/core/file_layout.h"
#include "engine/core/metainfo.h"
#include "engine/disk/storage.h"

namespace podswarm::engine {

struct TorrentData {
  TorrentData(Metainfo meta, const std::filesystem::path& folder, FilePool& pool)
      : layout(meta),
        metainfo(std::move(meta).essentials()),
        storage(layout, folder, metainfo.info_hash(), pool) {}

  const FileLayout layout;
  const Metainfo metainfo;  // its essentials()
  Storage storage;
};

using TorrentDataRef = std::shared_ptr<TorrentData>;

}  // namespace podswarm::engine

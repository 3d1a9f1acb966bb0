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
      : metainfo(std::move(meta)), layout(metainfo), storage(layout, folder, pool) {}

  const Metainfo metainfo;
  const FileLayout layout;
  Storage storage;
};

using TorrentDataRef = std::shared_ptr<TorrentData>;

}  // namespace podswarm::engine

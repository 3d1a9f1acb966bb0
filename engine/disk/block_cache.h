// Data that peers ask for, read ahead of their requests in windows of 256 KiB and shared between peers. What was used
// least recently and is not being sent makes room. Network thread; reads run on the disk queue.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/core/chunk.h"
#include "engine/core/peer_wire.h"
#include "engine/disk/disk_queue.h"
#include "engine/disk/torrent_data.h"

namespace podswarm::engine {

class BlockCache {
 public:
  static constexpr std::uint32_t kWindow = ChunkPool::kLarge;

  // `pool` is the cache's own: its budget is what the cache may hold. `on_change` is called when a read has ended or
  // room has come free: those who got kWait should ask again, but not from within that call.
  BlockCache(DiskQueue& queue, ChunkPool& pool, std::function<void()> on_change);
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  enum class State { kReady, kWait, kFailed };
  // kReady: `out` is the block's data. kWait: it is being read, or will be when there is room. kFailed: the disk does
  // not give it; asking again reads again.
  State get(std::uint64_t torrent, const TorrentDataRef& data, const BlockRef& block, std::vector<Slice>& out);
  // Will be asked for soon: reads it now if that is possible without dropping what nobody has used yet.
  void read_ahead(std::uint64_t torrent, const TorrentDataRef& data, const BlockRef& block);
  // The torrent is gone, or its data has changed.
  void forget(std::uint64_t torrent);

 private:
  struct Key {
    std::uint64_t torrent = 0;
    std::uint32_t piece = 0;
    std::uint32_t window = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    enum class State { kReading, kReady, kFailed };
    State state = State::kReading;
    ChunkRef chunk;
    bool used = false;
    std::list<Key>::iterator place;
  };
  // The window, ready or not; null when there is no room to read it into.
  Entry* window(const Key& key, const TorrentDataRef& data, bool urgent);
  // Of what is not being sent, the least recently used goes; what was never used only when `urgent`.
  [[nodiscard]] ChunkRef make_room(bool urgent);

  DiskQueue& queue_;
  ChunkPool& pool_;
  std::function<void()> on_change_;
  std::map<Key, Entry> entries_;
  std::list<Key> by_use_;  // the most recent first
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace podswarm::engine

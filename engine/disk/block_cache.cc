#include "engine/disk/block_cache.h"

#include <algorithm>
#include <utility>

namespace podswarm::engine {

BlockCache::BlockCache(DiskQueue& queue, ChunkPool& pool, std::function<void()> on_change)
    : queue_(queue), pool_(pool), on_change_(std::move(on_change)) {
  pool_.on_room([this] { on_change_(); });
}

BlockCache::State BlockCache::get(std::uint64_t torrent, const TorrentDataRef& data, const BlockRef& block,
                                  std::vector<Slice>& out) {
  out.clear();
  const std::uint32_t end = block.offset + block.length;
  State state = State::kReady;
  // Every window is asked for, also behind one that is not there yet: they are read side by side.
  for (std::uint32_t offset = block.offset; offset < end;) {
    const std::uint32_t begin = offset / kWindow * kWindow;
    const std::uint32_t stop = std::min(end, begin + kWindow);
    Entry* entry = window({torrent, block.piece, begin / kWindow}, data, true);
    if (entry == nullptr || entry->state == Entry::State::kReading) {
      state = State::kWait;
    } else if (entry->state == Entry::State::kFailed) {
      by_use_.erase(entry->place);
      entries_.erase({torrent, block.piece, begin / kWindow});
      return State::kFailed;
    } else if (state == State::kReady) {
      entry->used = true;
      out.push_back({entry->chunk, base::ByteView(entry->chunk->data() + (offset - begin), stop - offset)});
    }
    offset = stop;
  }
  if (state != State::kReady) out.clear();
  return state;
}

void BlockCache::read_ahead(std::uint64_t torrent, const TorrentDataRef& data, const BlockRef& block) {
  window({torrent, block.piece, block.offset / kWindow}, data, false);
}

BlockCache::Entry* BlockCache::window(const Key& key, const TorrentDataRef& data, bool urgent) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, found->second.place);
    return &found->second;
  }
  const std::uint32_t begin = key.window * kWindow;
  const std::uint32_t size = std::min(kWindow, data->layout.piece_size(key.piece) - begin);
  ChunkRef chunk = make_room(urgent);
  if (!chunk) return nullptr;
  by_use_.push_front(key);
  Entry& entry = entries_[key];
  entry.place = by_use_.begin();
  const std::span<std::uint8_t> target(chunk->data(), size);
  queue_.run([data, target, piece = key.piece, begin] { return data->storage.read(piece, begin, target); },
             [this, key, chunk = std::move(chunk), alive = std::weak_ptr<char>(alive_)](DiskResult<bool> result) {
               if (alive.expired()) return;
               const auto at = entries_.find(key);
               if (at != entries_.end() && at->second.state == Entry::State::kReading) {
                 const bool good = result.has_value() && *result;
                 at->second.state = good ? Entry::State::kReady : Entry::State::kFailed;
                 if (good) at->second.chunk = chunk;
               }
               on_change_();
             });
  return &entry;
}

ChunkRef BlockCache::make_room(bool urgent) {
  ChunkRef chunk = pool_.acquire(kWindow);
  for (auto at = by_use_.end(); !chunk && at != by_use_.begin();) {
    --at;
    const auto entry = entries_.find(*at);
    if (entry->second.state == Entry::State::kReading) continue;
    if (!urgent && entry->second.state == Entry::State::kReady && !entry->second.used) continue;
    if (entry->second.chunk && !entry->second.chunk->unique()) continue;
    entries_.erase(entry);
    at = by_use_.erase(at);
    chunk = pool_.acquire(kWindow);
  }
  return chunk;
}

void BlockCache::forget(std::uint64_t torrent) {
  for (auto at = entries_.lower_bound({torrent, 0, 0}); at != entries_.end() && at->first.torrent == torrent;) {
    by_use_.erase(at->second.place);
    at = entries_.erase(at);
  }
}

}  // namespace podswarm::engine

// The files that are open, of all torrents together: the least recently used is closed when there are too many.
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"

namespace podswarm::engine {

class FilePool {
 public:
  struct File : base::UniqueFd {
    explicit File(base::UniqueFd opened) : UniqueFd(std::move(opened)) {}
    // To be held while writing: the kernel lets one at a time write to a file, and has the others spin.
    std::mutex writing;
  };
  // A file stays open while somebody holds it, whatever the pool does.
  using Handle = std::shared_ptr<File>;
  struct Key {
    std::uint64_t owner = 0;
    std::uint32_t file = 0;
    auto operator<=>(const Key&) const = default;
  };

  static constexpr std::size_t kMostOpen = 128;
  // See EngineOptions::before_write.
  using WriteHook = std::function<int(const std::string& path, std::size_t bytes)>;

  explicit FilePool(std::size_t most_open = kMostOpen, WriteHook before_write = {})
      : most_open_(most_open), before_write_(std::move(before_write)) {}

  // The open file; `open` opens it where it is not, or not for writing though that is wanted. What `open` throws is
  // passed on; an invalid descriptor from it is returned as null and not kept.
  [[nodiscard]] Handle get(const Key& key, bool writable, const std::function<base::UniqueFd()>& open);
  void close(const Key& key);
  // A number for an owner of files that no other has.
  [[nodiscard]] std::uint64_t new_owner();
  void close_all(std::uint64_t owner);
  // The errno that a write is to fail with; 0 where it may go on.
  [[nodiscard]] int before_write(const std::string& path, std::size_t bytes) const {
    return before_write_ ? before_write_(path, bytes) : 0;
  }

 private:
  struct Entry {
    Handle handle;
    bool writable = false;
    std::list<Key>::iterator place;
  };
  std::mutex mutex_;
  std::size_t most_open_;
  WriteHook before_write_;
  std::uint64_t last_owner_ = 0;
  std::map<Key, Entry> open_;
  std::list<Key> by_use_;  // the most recent first
};

}  // namespace podswarm::engine

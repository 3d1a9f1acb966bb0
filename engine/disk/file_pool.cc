#include "engine/disk/file_pool.h"

namespace podswarm::engine {

FilePool::Handle FilePool::get(const Key& key, bool writable, const std::function<base::UniqueFd()>& open) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(key);
    if (found != open_.end() && (found->second.writable || !writable)) {
      by_use_.splice(by_use_.begin(), by_use_, found->second.place);
      return found->second.handle;
    }
  }
  // Not under the lock: opening may take as long as the disk likes. Two threads may both open the same file; the later
  // one stays in the pool.
  auto handle = std::make_shared<File>(open());
  if (!*handle) return nullptr;
  std::vector<Handle> closed;  // not under the lock either
  const std::lock_guard lock(mutex_);
  Entry& entry = open_[key];
  if (entry.handle) {
    by_use_.erase(entry.place);
    closed.push_back(std::move(entry.handle));
  }
  by_use_.push_front(key);
  entry = {handle, writable, by_use_.begin()};
  while (open_.size() > most_open_) {
    closed.push_back(std::move(open_.at(by_use_.back()).handle));
    open_.erase(by_use_.back());
    by_use_.pop_back();
  }
  return handle;
}

void FilePool::close(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(key);
  if (found == open_.end()) return;
  by_use_.erase(found->second.place);
  open_.erase(found);
}

std::uint64_t FilePool::new_owner() {
  const std::lock_guard lock(mutex_);
  return ++last_owner_;
}

void FilePool::close_all(std::uint64_t owner) {
  const std::lock_guard lock(mutex_);
  auto at = open_.lower_bound({owner, 0});
  while (at != open_.end() && at->first.owner == owner) {
    by_use_.erase(at->second.place);
    at = open_.erase(at);
  }
}

}  // namespace podswarm::engine

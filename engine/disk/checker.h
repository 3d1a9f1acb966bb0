// Verifies data that is on disk already: some pieces of a torrent, read in large pieces and hashed on all workers at
// once. Network thread; the jobs run on the disk queue.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/core/bitfield.h"
#include "engine/disk/disk_queue.h"
#include "engine/disk/torrent_data.h"

namespace podswarm::engine {

class Checker {
 public:
  // The pieces that were found good, of those asked for; or why the disk could not be read.
  using Handler = std::function<void(DiskResult<Bitfield>)>;

  // Destroying it abandons the check: `on_done` is not called. It is called once otherwise, never from inside the
  // constructor, and may destroy the checker.
  Checker(DiskQueue& queue, TorrentDataRef data, Bitfield pieces, Handler on_done);
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  // Of the pieces asked for, how many have been looked at.
  [[nodiscard]] std::uint32_t checked() const { return checked_; }
  [[nodiscard]] const Bitfield& good() const { return good_; }

 private:
  void submit();
  void finish(DiskResult<Bitfield> result);

  DiskQueue& queue_;
  TorrentDataRef data_;
  Bitfield pieces_;
  Bitfield good_;
  Handler on_done_;
  std::uint32_t next_ = 0;
  std::uint32_t checked_ = 0;
  std::size_t jobs_ = 0;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace podswarm::engine

// Verifies data that is on disk already: some pieces of a torrent, in order, on all workers at once where the device is
// fast enough to feed them, behind what other torrents want of the disk. Network thread; the jobs run on the disk
// queue.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/core/bitfield.h"
#include "engine/disk/disk_queue.h"
#include "engine/disk/torrent_data.h"

namespace podswarm::engine {

class PieceBatch;

class Checker {
 public:
  // have() with all pieces looked at; or why the disk could not be read.
  using Handler = std::function<void(DiskResult<Bitfield>)>;

  // Looks at the pieces in `doubtful`; those in `have` are had whatever it finds. Destroying it abandons the check:
  // `on_done` is not called. It is called once otherwise, never from inside the constructor, and may destroy the
  // checker.
  Checker(DiskQueue& queue, TorrentDataRef data, Bitfield have, Bitfield doubtful, Handler on_done);
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  // What is had so far, and what is still to be looked at: a check may go on from there another day.
  [[nodiscard]] const Bitfield& have() const { return have_; }
  [[nodiscard]] const Bitfield& doubtful() const { return doubtful_; }

 private:
  // Another batch; false when there is none.
  bool submit();
  void run(std::shared_ptr<PieceBatch> batch);
  void on_batch(const PieceBatch& batch);
  void finish(DiskResult<Bitfield> result);

  DiskQueue& queue_;
  TorrentDataRef data_;
  Bitfield have_;
  Bitfield doubtful_;
  Handler on_done_;
  std::uint32_t next_ = 0;
  std::size_t batches_ = 0;  // under way
  bool fast_ = false;        // the device; not known at first
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace podswarm::engine

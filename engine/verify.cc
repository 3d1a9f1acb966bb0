#include "engine/verify.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "engine/disk/checker.h"
#include "engine/disk/disk_queue.h"
#include "engine/disk/file_pool.h"
#include "engine/disk/torrent_data.h"

namespace podswarm::engine {

DiskResult<Bitfield> verify_data(Metainfo metainfo, const std::filesystem::path& dir,
                                 const std::optional<Bitfield>& pieces, std::size_t threads) {
  if (threads == 0) threads = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
  boost::asio::io_context io{1};
  boost::asio::thread_pool workers(threads);
  const auto work = boost::asio::make_work_guard(io);
  DiskQueue queue(io, workers, threads);
  FilePool pool;
  auto data = std::make_shared<TorrentData>(std::move(metainfo), dir, pool);
  try {
    // Where no file is wanted, none is made of what the part file holds, which is read where it lies.
    data->storage.want(std::vector<bool>(data->layout.entries().size(), false));
    data->storage.arrange();
  } catch (const DiskError& error) {
    return base::fail(error.kind(), error.what());
  }
  std::optional<DiskResult<Bitfield>> result;
  {
    const std::uint32_t count = data->layout.piece_count();
    const Checker checker(queue, data, Bitfield(count), pieces ? *pieces : Bitfield(count, true),
                          [&](DiskResult<Bitfield> good) {
                            result = std::move(good);
                            io.stop();
                          });
    io.run();
  }
  workers.join();
  // What the last jobs have posted is destroyed with the io_context, after they are done with.
  io.restart();
  io.poll();
  return std::move(*result);
}

}  // namespace podswarm::engine

// What all downloads of an engine share. Made by the session, outlives every download. Network thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <random>

#include "engine/core/chunk.h"
#include "engine/core/external_address.h"
#include "engine/core/small_random.h"
#include "engine/disk/block_cache.h"
#include "engine/disk/disk_queue.h"
#include "engine/disk/file_pool.h"
#include "engine/engine.h"
#include "engine/net/dialer.h"
#include "engine/net/http_client.h"
#include "engine/net/throttle.h"
#include "engine/net/timer_queue.h"
#include "engine/net/tracker_client.h"
#include "engine/wake_list.h"

namespace podswarm::engine {

struct Services {
  boost::asio::io_context& io;
  const EngineOptions& options;
  DiskQueue& disk;
  FilePool& files;
  ChunkPool& chunks;  // payload on its way in
  BlockCache& cache;  // payload on its way out
  WakeList& unread;   // who waits for the cache to have something
  TimerQueue& timers;
  Dialer& dialer;
  HttpClient& http;
  TrackerClient& trackers;
  Throttle& up;  // limits over all torrents
  Throttle& down;
  SmallRandom& random;
  ExternalAddress& external;
  PeerId peer_id{};
  std::uint16_t listen_port = 0;
  std::size_t& connections;  // of all torrents, for EngineOptions::max_peers
};

}  // namespace podswarm::engine

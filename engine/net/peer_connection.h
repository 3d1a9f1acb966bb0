// A peer's state machine on a socket: receives into pooled chunks, sends messages and blocks with one writev, within
// the rate limits and the memory budget. It decides nothing about the exchange. Network thread.
#pragma once

#include <memory>
#include <string>

#include "engine/core/chunk.h"
#include "engine/core/peer_core.h"
#include "engine/disk/block_cache.h"
#include "engine/net/throttle.h"
#include "engine/net/transport.h"

namespace podswarm::engine {

class PeerConnection;

// What a connection needs of its torrent.
class PeerConnectionHost {
 public:
  virtual void on_received(PeerConnection& connection, base::ByteView bytes, const ChunkRef& chunk) = 0;
  virtual void on_sent(std::size_t payload) = 0;
  // The socket is closed or broken. The host destroys the connection, later.
  virtual void on_lost(PeerConnection& connection) = 0;
  // The host calls resume_reading() when there is memory again.
  virtual void on_no_memory(PeerConnection& connection) = 0;
  [[nodiscard]] virtual bool has_piece(std::uint32_t piece) const = 0;
  virtual BlockCache::State read_block(const BlockRef& block, std::vector<Slice>& out) = 0;
  virtual void read_ahead(const BlockRef& block) = 0;

 protected:
  ~PeerConnectionHost() = default;
};

// What all connections of a torrent share. All of it outlives them.
struct PeerResources {
  ChunkPool& chunks;
  Throttle& up_all;
  Throttle& down_all;
  Throttle& up;
  Throttle& down;
};

class PeerConnection : public std::enable_shared_from_this<PeerConnection> {
 public:
  PeerConnection(std::unique_ptr<Transport> transport, const PeerCore::Setup& setup, PeerHost& peer_host,
                 const PeerResources& resources, PeerConnectionHost& host);
  ~PeerConnection();

  // After the core was added to the exchange. `received`: the beginning of the peer's handshake, if it is here.
  void start(base::Bytes received);
  // Sends what there is to send.
  void flush();
  void resume_reading();
  // No call upwards is made afterwards.
  void close();

  [[nodiscard]] PeerCore& core() { return core_; }
  [[nodiscard]] const PeerCore& core() const { return core_; }

 private:
  void wait_readable();
  void read();
  [[nodiscard]] bool prepare_chunk();
  // Bytes that the limits let pass now; at 0 the connection is called again.
  [[nodiscard]] std::uint64_t may_receive(base::SteadyTime now);
  [[nodiscard]] std::uint64_t may_send(base::SteadyTime now);
  void lose(std::string reason);
  void wait_writable();
  void serve();
  // True when all was sent.
  bool write();

  std::unique_ptr<Transport> transport_;
  PeerCore core_;
  PeerResources resources_;
  PeerConnectionHost& host_;
  ChunkRef chunk_;        // what is received into; null while nothing comes
  std::size_t used_ = 0;  // of the chunk
  bool waits_readable_ = false;
  bool waits_writable_ = false;
  bool closed_ = false;
  Throttle::Waiter down_all_turn_;
  Throttle::Waiter down_turn_;
  Throttle::Waiter up_all_turn_;
  Throttle::Waiter up_turn_;
};

}  // namespace podswarm::engine

// A host that speaks the wire protocol by hand: a good handshake, and then whatever a test wants it to say. It reads
// nothing.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/core/small_random.h"
#include "tests/sim/network.h"
#include "tests/sim/torrent.h"

namespace podswarm::engine::sim {

class RawPeer {
 public:
  // What it says the nth time, from 0. It is asked again and again as long as the connection lasts and takes bytes.
  using Say = std::function<base::Bytes(SmallRandom&, std::size_t n)>;
  struct Options {
    bool fast = true;
    Say say;
    std::uint64_t seed = 1;
  };

  // Accepts every call.
  RawPeer(EventQueue& events, Host& host, const SimTorrent& torrent, Options options);
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  void call(const Endpoint& endpoint);

  [[nodiscard]] const Endpoint& endpoint() const { return host_.endpoint(); }
  [[nodiscard]] std::size_t calls() const { return calls_; }  // that it took
  [[nodiscard]] std::size_t open() const;                     // connections now
  // Of the connections that the others have ended.
  [[nodiscard]] double longest_seconds() const { return longest_; }

 private:
  struct Connection {
    StreamRef stream;
    base::Bytes unsent;
    std::size_t said = 0;
    double since = 0;
  };
  void add(const StreamRef& stream);
  void talk(const std::shared_ptr<Connection>& held);

  EventQueue& events_;
  Host& host_;
  Handshake handshake_;
  Options options_;
  SmallRandom random_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::size_t calls_ = 0;
  double longest_ = 0;
};

}  // namespace podswarm::engine::sim

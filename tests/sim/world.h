// A simulated swarm: the network, the torrent, its trackers and its nodes, made from a seed and the same each time.
#pragma once

#include <memory>
#include <vector>

#include "tests/sim/node.h"

namespace podswarm::engine::sim {

class World {
 public:
  struct Options {
    std::uint32_t pieces = 128;
    std::uint32_t piece_length = 64 * 1024;
    std::uint64_t seed = 1;
  };
  explicit World(Options options);
  // Whoever is still connected ends first.
  ~World();

  // Everybody knows one good tracker, unless `options` names others. Not started yet.
  Node& add(LinkSpeed speed, Node::Options options = {});
  // With everything from the start.
  Node& add_seed(LinkSpeed speed, Node::Options options = {});
  // Makes all that were added and not started announce themselves, in random order within a moment.
  void start();
  // Until `done`; false when that took longer than `most`.
  bool run_until(const std::function<bool()>& done, std::chrono::seconds most);
  // Until all of `nodes` are complete.
  bool run_until_complete(const std::vector<Node*>& nodes, std::chrono::seconds most);
  void run_for(std::chrono::milliseconds time);

  [[nodiscard]] EventQueue& events() { return events_; }
  [[nodiscard]] Network& network() { return network_; }
  [[nodiscard]] const SimTorrent& torrent() const { return torrent_; }
  [[nodiscard]] TrackerMap& trackers() { return trackers_; }
  [[nodiscard]] SmallRandom& random() { return random_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }
  [[nodiscard]] double copies(const Node& node) const {
    return static_cast<double>(node.sent()) / static_cast<double>(torrent_.size());
  }
  // An address that nobody has yet.
  [[nodiscard]] Endpoint new_endpoint();

  static constexpr const char* kTracker = "http://tracker.example/announce";

 private:
  SmallRandom random_;
  EventQueue events_;
  Network network_;
  SimTorrent torrent_;
  TrackerMap trackers_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::size_t started_ = 0;
  std::uint32_t addresses_ = 0;
};

}  // namespace podswarm::engine::sim

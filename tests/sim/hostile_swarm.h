// Swarms in which some peers mean ill, and what became of the honest ones.
#pragma once

#include <algorithm>
#include <cstdio>
#include <vector>

#include "tests/sim/world.h"

namespace podswarm::engine::sim {

// Seconds until they were complete.
inline double mean_end(const std::vector<Node*>& nodes) {
  double sum = 0;
  for (const Node* node : nodes) sum += node->completed_at();
  return sum / static_cast<double>(nodes.size());
}

// A swarm of a seed, honest peers, and others that seem to be seeds.
class HostileSwarm {
 public:
  using Answer = Node::Options::Answer;
  static constexpr LinkSpeed kSpeed{.up_bytes_per_s = 2e6};

  HostileSwarm(World::Options options, int count) : world(options) {
    seed = &world.add_seed(kSpeed);
    for (int i = 0; i < count; ++i) honest.push_back(&world.add(kSpeed));
  }
  void add_hostile(int count, const std::function<Answer(SmallRandom&)>& answer) {
    for (int i = 0; i < count; ++i) {
      Node::Options options;
      options.answer = [this, answer](const BlockRef&, const PeerCore&) { return answer(world.random()); };
      hostile.push_back(&world.add_seed(kSpeed, options));
    }
  }
  [[nodiscard]] bool run(std::chrono::seconds most) {
    world.start();
    return world.run_until_complete(honest, most);
  }
  [[nodiscard]] double waste() const {
    double received = 0;
    for (const Node* node : honest) received += static_cast<double>(node->received());
    return 1 - static_cast<double>(world.torrent().size()) * static_cast<double>(honest.size()) / received;
  }
  [[nodiscard]] bool is_banned_by_all(const Node& bad) const {
    return std::all_of(honest.begin(), honest.end(), [&](const Node* node) { return has_banned(*node, bad); });
  }
  [[nodiscard]] int honest_bans() const {
    int bans = 0;
    for (const Node* node : honest) {
      bans += has_banned(*node, *seed);
      for (const Node* other : honest) bans += has_banned(*node, *other);
    }
    return bans;
  }
  // Bans go by address, whatever the port.
  static bool has_banned(const Node& node, const Node& other) {
    return std::any_of(node.banned().begin(), node.banned().end(),
                       [&](const Endpoint& banned) { return banned.address == other.endpoint().address; });
  }
  void report(const char* what) const {
    double first = 0;
    std::size_t banned = 0;
    for (const Node* bad : hostile) banned += is_banned_by_all(*bad);
    for (const Node* node : honest) first = std::max(first, node->completed_at());
    std::printf("%s: %.1f s, %.2f %% waste, %zu of %zu banned by all, %d honest bans\n", what, first, waste() * 100,
                banned, hostile.size(), honest_bans());
  }

  World world;
  Node* seed = nullptr;
  std::vector<Node*> honest;
  std::vector<Node*> hostile;
};

}  // namespace podswarm::engine::sim

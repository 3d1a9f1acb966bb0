#include "tests/sim/world.h"

#include <algorithm>

namespace podswarm::engine::sim {

World::World(Options options)
    : random_(options.seed), network_(events_, random_()), torrent_(options.pieces, options.piece_length, random_()) {
  trackers_.emplace(kTracker, Tracker(random_()));
}

World::~World() {
  for (const auto& node : nodes_) node->leave();
}

Endpoint World::new_endpoint() {
  // Each in a network of its own.
  const std::uint32_t n = ++addresses_;
  return Endpoint::v4({20, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n), 1}, 6881);
}

Node& World::add(LinkSpeed speed, Node::Options options) {
  if (options.trackers.empty()) options.trackers = {{kTracker}};
  options.seed = random_();
  Host& host = network_.add(options.endpoint.value_or(new_endpoint()), speed);
  return *nodes_.emplace_back(std::make_unique<Node>(events_, host, torrent_, trackers_, std::move(options)));
}

Node& World::add_seed(LinkSpeed speed, Node::Options options) {
  options.have = Bitfield(torrent_.layout().piece_count(), true);
  return add(speed, std::move(options));
}

void World::start() {
  for (; started_ < nodes_.size(); ++started_) {
    Node& node = *nodes_[started_];
    events_.after(std::chrono::microseconds(random_() % 300'000), [&node] { node.start(); });
  }
}

bool World::run_until(const std::function<bool()>& done, std::chrono::seconds most) {
  const base::SteadyTime end = events_.now() + most;
  while (!done()) {
    if (!events_.step(end)) return false;
  }
  return true;
}

bool World::run_until_complete(const std::vector<Node*>& nodes, std::chrono::seconds most) {
  std::size_t complete = 0;
  return run_until(
      [&] {
        while (complete < nodes.size() && nodes[complete]->complete()) ++complete;
        return complete == nodes.size();
      },
      most);
}

void World::run_for(std::chrono::milliseconds time) {
  const base::SteadyTime end = events_.now() + time;
  while (events_.step(end)) {
  }
}

}  // namespace podswarm::engine::sim

// Places among the torrents that download or seed.
#include <boost/asio/post.hpp>
#include <utility>

#include "engine/session.h"

namespace podswarm::engine {

void Session::on_role(Torrent& torrent, TorrentQueue::Role role) {
  queue_.set_role(torrent.id(), role);
  // Not from within the torrent.
  if (std::exchange(turns_posted_, true)) return;
  boost::asio::post(io_, [this, alive = std::weak_ptr<char>(alive_)] {
    if (alive.expired()) return;
    turns_posted_ = false;
    give_turns();
  });
}

void Session::give_turns() {
  if (stopping_) return;
  for (const auto& [id, active] : queue_.settle(std::chrono::steady_clock::now())) {
    const auto at = downloads_.find(id);
    if (at != downloads_.end() && at->second.torrent) at->second.torrent->set_active(active);
  }
  if (const auto next = queue_.next()) {
    turn_alarm_.set(*next);
  } else {
    turn_alarm_.cancel();
  }
}

}  // namespace podswarm::engine

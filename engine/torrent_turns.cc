// When the torrent may exchange anything: the engine has places for so many that download, and for so many that seed.
// One that waits for a place is looked at, and checked, and then costs nothing.
#include "engine/torrent.h"

namespace podswarm::engine {

void Torrent::set_state(DownloadState state) {
  state_ = state;
  host_.on_role(*this, role());
}

TorrentQueue::Role Torrent::role() const {
  switch (state_) {
    case DownloadState::kMetadata:
    case DownloadState::kDownloading:
      return TorrentQueue::Role::kDownloads;
    case DownloadState::kSeeding:
      return TorrentQueue::Role::kSeeds;
    default:
      return TorrentQueue::Role::kNone;
  }
}

void Torrent::set_active(bool active) {
  if (active == active_ || stopping_ || failed_) return;
  active_ = active;
  if (active) {
    peers_.open();
    start_announcing();
    if (swarm_.ready() && !swarm_.satisfied()) start_web_seeds();
    if (state_ == DownloadState::kSeeding && finished_) begin_seeding();
    return peers_.connect();
  }
  end_seeding();
  if (announcer_) announcer_->stop();
  announcer_.reset();
  if (web_seeds_) web_seeds_->close();
  peers_.close();
  // What has come of pieces stays, but not in memory.
  flush();
  if (data_ && !store_) close_files();
}

void Torrent::close_files() {
  services_.disk.run([data = data_] { data->storage.release(); }, [](const DiskResult<void>&) {});
}

}  // namespace podswarm::engine

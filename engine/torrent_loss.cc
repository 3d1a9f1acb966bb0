// Data that was there and is not any more: found at the start, or when a peer asks for it.
#include <algorithm>
#include <utility>

#include "engine/torrent.h"

namespace podswarm::engine {

namespace {

base::SteadyTime clock_now() {
  return std::chrono::steady_clock::now();
}

bool is_there(const ResumeFile& file) {
  return file.exists && file.size > 0;
}

}  // namespace

bool Torrent::is_gone(const std::vector<ResumeFile>& before, const std::vector<ResumeFile>& now) {
  return std::any_of(before.begin(), before.end(), is_there) && std::none_of(now.begin(), now.end(), is_there);
}

void Torrent::fail_gone() {
  fail(FailureKind::kMissing, data_->storage.folder() + ": what was downloaded is gone; is its disk mounted?");
}

void Torrent::on_unreadable(std::uint32_t piece) {
  if (stopping_ || failed_ || checker_ || looking_ || !swarm_.have().test(piece)) return;
  looking_ = true;
  // Files are opened anew: what is open may be a file that has no name any more.
  services_.disk.run(
      [data = data_] {
        data->storage.release();
        return data->storage.look();
      },
      guarded([this, piece](DiskResult<std::vector<ResumeFile>> result) {
        looking_ = false;
        if (stopping_ || failed_ || checker_) return;
        if (!result) return fail(result.error().code, result.error().message);
        if (std::none_of(result->begin(), result->end(), is_there)) return fail_gone();
        recheck(piece);
      }));
}

void Torrent::recheck(std::uint32_t piece) {
  const FileLayout& layout = data_->layout;
  Bitfield have = swarm_.have();
  Bitfield doubtful(have.size());
  for (std::uint32_t i = 0; i < layout.entries().size(); ++i) {
    const auto [first, end] = layout.pieces_of(i);
    if (piece < first || piece >= end) continue;
    for (std::uint32_t other = first; other < end; ++other) {
      if (have.reset(other)) doubtful.set(other);
    }
  }
  services_.cache.forget(key_);
  // It keeps its place meanwhile.
  state_ = DownloadState::kChecking;
  checker_ = std::make_unique<Checker>(
      services_.disk, data_, std::move(have), doubtful, [this, doubtful](DiskResult<Bitfield> result) {
        checker_.reset();
        if (!result) return fail(result.error().code, result.error().message);
        Bitfield lost = doubtful;
        for (std::uint32_t i = result->next_set(0); i < result->size(); i = result->next_set(i + 1)) lost.reset(i);
        lose(lost);
        if (failed_) return;
        set_state(selection_->nothing() ? DownloadState::kPaused
                  : swarm_.satisfied()  ? DownloadState::kSeeding
                                        : DownloadState::kDownloading);
        // What came meanwhile is in no save yet.
        unsaved_ = true;
        if (!save_alarm_.is_set()) save_alarm_.set(clock_now() + services_.options.save_interval);
        const bool finish = std::exchange(finish_later_, false);
        if (!swarm_.satisfied() || selection_->nothing()) return;
        // The last piece may have come during the check.
        if (!finished_) return on_complete(true);
        if (finish) finished();
      });
}

void Torrent::lose(const Bitfield& pieces) {
  if (pieces.none() || failed_ || stopping_) return;
  // Also what could not be read in the meantime.
  services_.cache.forget(key_);
  for (std::uint32_t i = pieces.next_set(0); i < pieces.size(); i = pieces.next_set(i + 1)) {
    done_bytes_ -= data_->layout.piece_size(i);
  }
  PieceStoreHost& host = *this;
  const bool was_satisfied = swarm_.satisfied();
  if (!store_) store_ = std::make_unique<PieceStore>(services_.disk, data_, services_.chunks, host);
  swarm_.lose(pieces, clock_now());
  count_wanted();
  if (was_satisfied && !swarm_.satisfied()) start_web_seeds();
  unsaved_ = true;
  save({});
  // Who had nothing for a seed has something now.
  peers_.call_again();
  if (announcer_) announcer_->hurry();
}

}  // namespace podswarm::engine

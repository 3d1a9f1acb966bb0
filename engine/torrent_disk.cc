// A torrent at its start: what of it is on disk, and what of that is to be believed.
#include <algorithm>
#include <utility>

#include "engine/torrent.h"

namespace podswarm::engine {

void Torrent::look() {
  set_state(DownloadState::kChecking);
  services_.disk.run(
      [data = data_] {
        Storage& storage = data->storage;
        storage.arrange();
        return DiskLook{storage.look(), storage.look_at_part(), storage.pieces_in_part()};
      },
      guarded([this](DiskResult<DiskLook> result) {
        if (stopping_ || failed_) return;
        if (!result) return fail(result.error().code, result.error().message);
        on_look(std::move(*result));
      }));
}

void Torrent::on_look(DiskLook disk) {
  const std::vector<ResumeFile>& files = disk.files;
  const FileLayout& layout = data_->layout;
  const bool resumed = resume_ && resume_->have.size() == layout.piece_count() && resume_->files.size() == files.size();
  if (resumed && is_gone(resume_->files, files)) return fail_gone();
  Bitfield have = resumed ? resume_->have : Bitfield(layout.piece_count());
  // A check that was broken off goes on.
  const bool interrupted = resumed && resume_->doubtful.size() == layout.piece_count();
  Bitfield doubtful = interrupted ? resume_->doubtful : Bitfield(layout.piece_count());
  Bitfield absent(layout.piece_count());
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    const auto& entry = layout.entries()[i];
    if (!entry.on_disk || entry.length == 0) continue;
    const auto [first, end] = layout.pieces_of(i);
    const bool in_part = data_->storage.is_in_part(i);
    const bool unchanged = resumed && files[i] == resume_->files[i] && (!in_part || disk.part == resume_->part);
    // As it is after a crash: what was synced stands, the rest was being written. A file that had been whole was not,
    // and one that was not there was coming out of the part file.
    const bool grown = resumed && resume_->open && resume_->files[i].exists && have.next_clear(first) < end &&
                       files[i].size >= resume_->files[i].size && files[i].mtime_ns >= resume_->files[i].mtime_ns;
    for (std::uint32_t piece = first; piece < end; ++piece) {
      const bool there = in_part ? std::binary_search(disk.part_pieces.begin(), disk.part_pieces.end(), piece)
                                 : files[i].exists && files[i].size > 0;
      if (!there) {
        absent.set(piece);
      } else if (!unchanged && !(grown && resume_->have.test(piece))) {
        doubtful.set(piece);
      }
    }
  }
  for (std::uint32_t piece = 0; piece < layout.piece_count(); ++piece) {
    if (absent.test(piece)) doubtful.reset(piece);
    if (absent.test(piece) || doubtful.test(piece)) have.reset(piece);
  }
  const bool trusted = resumed && resume_->priorities == selection_->files();
  resume_.reset();
  if (doubtful.none()) {
    set_have(std::move(have), trusted);
  } else {
    check(std::move(have), std::move(doubtful));
  }
  host_.on_started(*this);
}

void Torrent::check(Bitfield have, Bitfield doubtful) {
  checker_ = std::make_unique<Checker>(services_.disk, data_, std::move(have), std::move(doubtful),
                                       [this](DiskResult<Bitfield> result) {
                                         checker_.reset();
                                         if (!result) return fail(result.error().code, result.error().message);
                                         set_have(std::move(*result), false);
                                       });
  unsaved_ = true;
  save_alarm_.set(std::chrono::steady_clock::now() + services_.options.save_interval);
}

}  // namespace podswarm::engine

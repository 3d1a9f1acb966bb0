// What of the torrent is wanted, and how long it is shared.
#include <algorithm>
#include <utility>

#include "engine/torrent.h"

namespace podswarm::engine {

namespace {

base::SteadyTime clock_now() {
  return std::chrono::steady_clock::now();
}

// So much of the goal is seeded anew at the most when the process was killed.
std::chrono::seconds time_between_saves(const SeedGoal& goal) {
  return std::max<std::chrono::seconds>(std::chrono::hours(1), goal.time / 8);
}

}  // namespace

// ---- files ----

void Torrent::choose_at_start() {
  selection_.emplace(data_->layout);
  const std::size_t count = data_->layout.entries().size();
  if (add_->choose_files) {
    selection_->set(std::vector<FilePriority>(count, FilePriority::kSkip));
  } else if (!add_->files.empty()) {
    selection_->set(std::move(add_->files));
  } else if (resume_ && resume_->priorities.size() == count) {
    selection_->set(resume_->priorities);
  } else if (!magnet_files_.empty()) {
    selection_->set(select_ranges(magnet_files_, count));
  }
  magnet_files_ = {};
  if (!selection_->files().empty()) data_->storage.want(selection_->wanted());
}

// Empty, as the exchange takes it, where all are normal.
std::vector<FilePriority> Torrent::piece_priorities() const {
  return selection_->files().empty() ? std::vector<FilePriority>() : selection_->pieces();
}

void Torrent::count_wanted() {
  wanted_bytes_ = selection_->bytes();
  wanted_done_ = 0;
  const std::vector<std::uint64_t> done = file_progress(data_->layout, swarm_.have());
  for (std::uint32_t i = 0; i < done.size(); ++i) {
    if (data_->layout.entries()[i].on_disk && selection_->wants(i)) wanted_done_ += done[i];
  }
}

void Torrent::set_files(std::vector<FilePriority> files) {
  if (stopping_ || failed_) return;
  if (!data_) {
    add_->files = std::move(files);
    add_->choose_files = false;
    return;
  }
  selection_->set(std::move(files));
  data_->storage.want(selection_->wanted());
  unsaved_ = true;
  if (!swarm_.ready()) {
    // It holds when what is on disk is known.
    choice_is_new_ = true;
    return;
  }
  swarm_.set_priorities(piece_priorities(), clock_now());
  follow_choice();
}

void Torrent::set_sequential(bool sequential) {
  swarm_.set_sequential(sequential);
}

void Torrent::follow_choice() {
  count_wanted();
  finished_ = false;
  if (!selection_->nothing() && swarm_.satisfied()) return on_complete(true);
  ++completion_;
  end_seeding();
  const bool rested = state_ == DownloadState::kFinished;
  if (selection_->nothing()) {
    if (!rested) set_state(DownloadState::kPaused);
  } else {
    const bool was_through = rested || state_ == DownloadState::kSeeding;
    set_state(DownloadState::kDownloading);
    if (was_through) start_web_seeds();
    if (rested && active_) {
      peers_.open();
      start_announcing();
    }
    peers_.call_again();
    if (announcer_) announcer_->hurry();
  }
  arrange([] {});
}

void Torrent::arrange(std::function<void()> then) {
  services_.disk.run([data = data_] { data->storage.arrange(); },
                     guarded([this, then = std::move(then)](DiskResult<void> result) {
                       if (stopping_ || failed_) return;
                       if (!result) return fail(result.error().code, result.error().message);
                       then();
                     }));
}

std::vector<FileStatus> Torrent::file_status() const {
  std::vector<FileStatus> files;
  if (!data_) return files;
  const auto& entries = data_->layout.entries();
  files.resize(entries.size());
  const bool ready = swarm_.ready();
  const std::vector<std::uint64_t> done =
      ready ? file_progress(data_->layout, swarm_.have()) : std::vector<std::uint64_t>();
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    files[i] = {selection_->of(i), entries[i].length, ready ? done[i] : 0};
  }
  return files;
}

// ---- sharing ----

std::chrono::seconds Torrent::seeded(base::SteadyTime now) const {
  auto seeded = seeded_before_;
  if (seeding_since_) seeded += now - *seeding_since_;
  return std::chrono::floor<std::chrono::seconds>(seeded);
}

void Torrent::begin_seeding() {
  if (!active_) return;
  if (!seeding_since_) {
    seeding_since_ = seeding_saved_ = clock_now();
    told_up_ = earlier_up_ + peers_.uploaded();
  }
  watch_goal();
}

void Torrent::end_seeding() {
  if (seeding_since_) seeded_before_ += clock_now() - *std::exchange(seeding_since_, std::nullopt);
  goal_alarm_.cancel();
  peers_.tell_when_uploaded(std::nullopt, nullptr);
}

void Torrent::set_seed_goal(const SeedGoal& goal) {
  seed_goal_ = goal;
  watch_goal();
}

void Torrent::watch_goal() {
  if (!seeding_since_ || stopping_ || failed_) return;
  const base::SteadyTime now = clock_now();
  const SeedGoal& goal = seed_goal_;
  const std::uint64_t uploaded = earlier_up_ + peers_.uploaded();
  goal_alarm_.cancel();
  // The alarm, as this may be called from within a connection that is to be closed then.
  const auto wake = [this] { goal_alarm_.set(clock_now()); };
  std::uint64_t mark = goal.bytes(wanted_bytes_).value_or(UINT64_MAX);
  if (uploaded >= told_up_ + kSeedStep) {
    goal_alarm_.set_no_later(told_at_ + kSeedPause);
  } else {
    mark = std::min(mark, told_up_ + kSeedStep);
  }
  peers_.tell_when_uploaded(mark - std::min(mark, earlier_up_), wake);
  if (goal.reached(uploaded, wanted_bytes_, seeded(now))) {
    wake();
  } else if (goal.time.count() > 0) {
    goal_alarm_.set_no_later(*seeding_since_ +
                             std::chrono::ceil<std::chrono::milliseconds>(goal.time - seeded_before_));
    // How long it has been seeded would be lost with the process otherwise.
    goal_alarm_.set_no_later(seeding_saved_ + time_between_saves(goal));
  }
}

void Torrent::look_at_goal() {
  if (!seeding_since_ || stopping_ || failed_) return;
  const std::uint64_t uploaded = earlier_up_ + peers_.uploaded();
  const base::SteadyTime now = clock_now();
  if (uploaded >= told_up_ + kSeedStep && now >= told_at_ + kSeedPause) {
    told_up_ = uploaded;
    told_at_ = now;
    host_.emit(SeedProgress{id_, uploaded});
  }
  const auto time = seeded(now);
  if (!seed_goal_.reached(uploaded, wanted_bytes_, time)) {
    if (seed_goal_.time.count() > 0 && now >= seeding_saved_ + time_between_saves(seed_goal_)) {
      seeding_saved_ = now;
      unsaved_ = true;
      save({});
    }
    return watch_goal();
  }
  rest();
  unsaved_ = true;
  save({});
  host_.emit(SeedGoalReached{id_, uploaded, time});
}

void Torrent::rest() {
  end_seeding();
  set_state(DownloadState::kFinished);
  if (announcer_) announcer_->stop();
  announcer_.reset();
  peers_.close();
  close_files();
}

}  // namespace podswarm::engine

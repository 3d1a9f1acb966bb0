// Whether there is room for one more download: on its disk, in its feed's quota, in the library's. What is under way
// counts as what it will be, what lies in unfinished files as what it is. Pure; all in bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace podswarm::scheduler {

class DiskBudget {
 public:
  // Bytes that stay free on each disk, and the library's bound (0 = none).
  DiskBudget(std::uint64_t min_free, std::uint64_t library_quota) : min_free_(min_free), library_{library_quota, 0} {}

  // Of a download of unknown size so much of the reserve is expected to come, but no more than that: without a reserve
  // it may try.
  static constexpr std::uint64_t kUnknownPart = 16;
  static constexpr std::uint64_t kMostUnknown = 64u << 20;

  // What is free on the disk of a library folder; unknown where it cannot be told.
  void set_disk(const std::filesystem::path& root, std::optional<std::uint64_t> free);
  [[nodiscard]] bool knows_disk(const std::filesystem::path& root) const { return free_.contains(root); }
  // A feed's bound (0 = none).
  void set_quota(std::int64_t feed, std::uint64_t quota) { feeds_[feed].limit = quota; }
  // In the library, or in the unfinished file of one that waits.
  void add_stored(std::int64_t feed, std::uint64_t bytes);
  void remove_stored(std::int64_t feed, std::uint64_t bytes);  // that were added

  struct Download {
    std::int64_t feed = 0;
    std::filesystem::path root;
    std::optional<std::uint64_t> size;  // whole
    std::uint64_t received = 0;
    bool received_counted = false;  // by add_stored()
  };
  // It is under way.
  void add_running(const Download& download);
  // Why it must wait, as a line for a person; "" where there is room.
  [[nodiscard]] std::string obstacle(const Download& download) const;
  // What is under way must stop, for a reserve or a quota has been touched, or what is to come has no room by far: why,
  // or "".
  [[nodiscard]] std::string overrun(std::int64_t feed, const std::filesystem::path& root) const;
  // So much more may come before that is so.
  [[nodiscard]] std::uint64_t margin(std::int64_t feed, const std::filesystem::path& root) const;

 private:
  struct Quota {
    std::uint64_t limit = 0;
    std::uint64_t used = 0;
  };
  [[nodiscard]] std::uint64_t rest_of(const Download& download) const;

  std::uint64_t min_free_;
  Quota library_;
  std::map<std::int64_t, Quota> feeds_;
  std::map<std::filesystem::path, std::optional<std::uint64_t>> free_;
  std::uint64_t to_come_ = 0;  // of what is under way; over all disks, for two folders may share one
  std::map<std::filesystem::path, std::uint64_t> to_come_below_;  // the same, of each folder
};

}  // namespace podswarm::scheduler

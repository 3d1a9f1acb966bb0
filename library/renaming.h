// Gives files and folders of the library other names. Nothing is ever written over: where a name is taken, the next one
// with the episode's tag is used, as by place().
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "library/library.h"

namespace podswarm::library {

struct RenameWish {
  std::int64_t id = 0;
  std::filesystem::path from;    // where it lies, absolute
  std::filesystem::path wanted;  // where it should
  std::string tag;               // PlaceRequest::collision_tag
};
struct Rename {
  std::int64_t id = 0;
  std::filesystem::path from;
  std::filesystem::path to;
  // A temporary name beside `from`, to which it goes first, so that others can move up; it goes on from there after the
  // last of those that belong together. "" where there is no need.
  std::filesystem::path via;
  bool with_next = false;  // it belongs together with the one behind it: they want each other's names in a circle
};

// In the order in which they can be done one by one: who leaves a name goes before who gets it. What stays is left out;
// so is one that has no free name. Where two want one name, somebody gets a tag. `taken` says what is there now. Pure
// but for that.
[[nodiscard]] std::vector<Rename> plan_renames(std::span<const RenameWish> wishes,
                                               const std::function<bool(const std::filesystem::path&)>& taken);

// "name (tag).ext", "name (tag 2).ext" ...: the n-th name to try for `wanted`; the 0th is itself.
[[nodiscard]] std::filesystem::path candidate_name(const std::filesystem::path& wanted, const std::string& tag, int n);
inline constexpr int kMaxCandidates = 100;

// Within one file system, synced; folders that are missing are made, and those below `root` that it leaves empty go.
// Blocking.
[[nodiscard]] base::Result<void, PlaceError> rename_placed(const std::filesystem::path& from,
                                                           const std::filesystem::path& to,
                                                           const std::filesystem::path& root);

}  // namespace podswarm::library

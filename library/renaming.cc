#include "library/renaming.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <map>
#include <set>

#include "base/file.h"
#include "library/name_fold.h"
#include "library/place_tree.h"
#include "library/portable_name.h"

namespace podswarm::library {

namespace fs = std::filesystem;

namespace {

// What the names will be after the renames that are planned so far.
class Names {
 public:
  explicit Names(const std::function<bool(const fs::path&)>& taken) : taken_(taken) {}

  void stays(const fs::path& path) { claimed_.insert(key(path)); }
  void moves(const fs::path& from, const fs::path& to) {
    released_.insert(key(from));
    claimed_.erase(key(from));
    stays(to);
  }
  [[nodiscard]] bool is_claimed(const fs::path& path) const { return claimed_.contains(key(path)); }
  [[nodiscard]] bool is_free(const fs::path& path, const fs::path& own) const {
    const auto name = key(path);
    if (claimed_.contains(name)) return false;
    return name == key(own) || released_.contains(name) || !taken_(path);
  }

 private:
  static std::string key(const fs::path& path) { return folded(path.string()); }

  const std::function<bool(const fs::path&)>& taken_;
  std::set<std::string> claimed_;
  std::set<std::string> released_;
};

using Waiting = std::vector<const RenameWish*>;

// Those who want each other's names in a circle, each followed by the one that wants its name; empty where there is no
// such circle.
Waiting circle_in(const Waiting& waiting, const Names& names) {
  std::map<std::string, const RenameWish*> holders;
  for (const auto* wish : waiting) holders.emplace(folded(wish->from.string()), wish);
  std::set<const RenameWish*> looked_at;
  for (const auto* start : waiting) {
    Waiting way;  // each wants the name of the one behind it
    const auto* at = start;
    while (at != nullptr && looked_at.insert(at).second) {
      way.push_back(at);
      const auto next = holders.find(folded(at->wanted.string()));
      at = next == holders.end() || names.is_claimed(at->wanted) ? nullptr : next->second;
    }
    const auto begin = std::find(way.begin(), way.end(), at);
    if (at == nullptr || begin == way.end() || way.end() - begin < 2) continue;
    return Waiting(std::make_reverse_iterator(way.end()), std::make_reverse_iterator(begin));
  }
  return {};
}

fs::path temporary_name(const RenameWish& wish) {
  return wish.from.parent_path() / (".podswarm-" + std::to_string(wish.id) + ".renaming");
}

// The same file under two spellings of one name, on a file system that takes them for one.
bool same_file(const fs::path& a, const fs::path& b) {
  struct stat one {};
  struct stat two {};
  return ::lstat(a.c_str(), &one) == 0 && ::lstat(b.c_str(), &two) == 0 && one.st_dev == two.st_dev &&
         one.st_ino == two.st_ino && folded(a.string()) == folded(b.string());
}

}  // namespace

fs::path candidate_name(const fs::path& wanted, const std::string& tag, int n) {
  if (n == 0) return wanted;
  std::string text = tag;
  if (n > 1 || tag.empty()) text += (tag.empty() ? "" : " ") + std::to_string(tag.empty() ? n + 1 : n);
  return wanted.parent_path() / with_tag(wanted.filename().string(), text);
}

std::vector<Rename> plan_renames(std::span<const RenameWish> wishes,
                                 const std::function<bool(const fs::path&)>& taken) {
  Waiting waiting;
  Names names(taken);
  for (const auto& wish : wishes) {
    if (wish.from == wish.wanted) {
      names.stays(wish.from);
    } else {
      waiting.push_back(&wish);
    }
  }
  std::sort(waiting.begin(), waiting.end(),
            [](const RenameWish* a, const RenameWish* b) { return std::pair(a->from, a->id) < std::pair(b->from, b->id); });
  std::vector<Rename> out;
  const auto move = [&](const RenameWish& wish, const fs::path& to) {
    names.moves(wish.from, to);
    out.push_back({wish.id, wish.from, to, {}, false});
  };
  const auto move_up = [&] {
    // Whoever leaves makes room for others.
    for (bool again = true; again;) {
      again = false;
      std::erase_if(waiting, [&](const RenameWish* wish) {
        if (!names.is_free(wish->wanted, wish->from)) return false;
        move(*wish, wish->wanted);
        again = true;
        return true;
      });
    }
  };
  move_up();
  for (auto circle = circle_in(waiting, names); !circle.empty(); circle = circle_in(waiting, names)) {
    for (const auto* wish : circle) move(*wish, wish->wanted);
    for (const auto* wish : circle) names.stays(wish->wanted);  // whoever had that name has let it go after
    const auto first = out.end() - static_cast<std::ptrdiff_t>(circle.size());
    first->via = temporary_name(*circle.front());
    std::for_each(first, out.end() - 1, [](Rename& rename) { rename.with_next = true; });
    std::erase_if(waiting, [&](const RenameWish* wish) {
      return std::find(circle.begin(), circle.end(), wish) != circle.end();
    });
    move_up();
  }
  for (const auto* wish : waiting) {
    for (int n = 1; n < kMaxCandidates; ++n) {
      const fs::path to = candidate_name(wish->wanted, wish->tag, n);
      if (!names.is_free(to, wish->from)) continue;
      if (to == wish->from) {
        names.stays(to);
      } else {
        move(*wish, to);
      }
      break;
    }
  }
  return out;
}

base::Result<void, PlaceError> rename_placed(const fs::path& from, const fs::path& to, const fs::path& root) {
  if (auto made = make_folders(to.parent_path()); !made) return made;
  if (same_file(from, to)) {
    if (::rename(from.c_str(), to.c_str()) != 0) return errno_failure(from, "rename", errno);
    base::sync_folder(to.parent_path());
  } else if (const auto renamed = base::rename_without_replacing(from, to); !renamed) {
    switch (renamed.error().code) {
      case base::FileError::kNotFound:
        return base::fail(PlaceError::kSourceMissing, renamed.error().message);
      case base::FileError::kExists:
        return base::fail(PlaceError::kCollision, renamed.error().message);
      case base::FileError::kNoSpace:
        return base::fail(PlaceError::kDiskFull, renamed.error().message);
      default:
        return base::fail(PlaceError::kIo, renamed.error().message);
    }
  }
  base::sync_folder(from.parent_path());
  remove_empty_folders(from.parent_path(), root);
  return {};
}

}  // namespace podswarm::library

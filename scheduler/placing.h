// Where a finished download goes, remembered in the database while it is on its way: a crash between moving the file
// and recording it is mended at the next start. Runs on the scheduler's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "library/library.h"
#include "library/name_template.h"
#include "scheduler/context.h"
#include "scheduler/naming.h"

namespace podswarm::scheduler {

// What came down, as the engine says.
struct Arrived {
  std::filesystem::path dir;            // the download's own folder
  std::vector<engine::FileInfo> files;  // below it
  std::string content_type;
  std::string suggested_name;
  std::string naming;        // of the download: what the deciding rule says (naming.h)
  bool keep_source = false;  // it goes on seeding
};

// From the feed's template, the episode and what the bytes say they are. Reads the head of the first file.
[[nodiscard]] library::PlaceRequest plan_place(Context& context, const db::EpisodeRow& episode,
                                               const config::FeedSettings& settings, const Arrived& arrived);

// What an episode's name is made of, as far as the database knows it: {ext} and {original} are the caller's. `added` is
// when it came.
[[nodiscard]] library::NameFields name_fields(Context& context, const db::EpisodeRow& episode, base::WallTime added);

// What the local clock is ahead of UTC at that moment.
[[nodiscard]] std::chrono::seconds utc_offset_at(base::WallTime time);

// The path below the library that the feed's template and the rule's give.
[[nodiscard]] std::filesystem::path name_for(const db::EpisodeRow& episode, const config::FeedSettings& settings,
                                             const Naming& naming, library::NameFields fields);

// {original} of what lies there: a folder's name, a file's without its extension.
[[nodiscard]] std::string original_name(const std::filesystem::path& source);

// Eight letters that tell this database from others over the same library; made when first asked for.
[[nodiscard]] std::string database_tag(Context& context);

struct Planned {
  std::int64_t download_id = 0;
  library::PlaceRequest request;
  std::uint64_t total_size = 0;
  bool adopted = false;  // it is in the library's books already, and only moves (adoption.h)
};
void remember_plan(Context& context, const Planned& plan);
void forget_plan(Context& context, std::int64_t download_id);
[[nodiscard]] std::vector<Planned> remembered_plans(Context& context);
[[nodiscard]] std::optional<Planned> remembered_plan(Context& context, std::int64_t download_id);

}  // namespace podswarm::scheduler

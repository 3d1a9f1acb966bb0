// The service's verb that takes over a folder. Reading it and moving its files is done on the caller's thread.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "scheduler/adoption.h"
#include "scheduler/service_impl.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

json::object episode_named(Context& context, std::int64_t id) {
  json::object out{{"episode", id}};
  if (const auto episode = context.episodes.find(id)) {
    out["title"] = episode->title;
    if (const auto feed = context.feeds.find(episode->feed_id)) out["feed"] = feed->name;
  }
  return out;
}

std::string_view list_of(Adoption::Kind kind) {
  switch (kind) {
    case Adoption::Kind::kAdopted:
      return "adopted";
    case Adoption::Kind::kAmbiguous:
      return "ambiguous";
    case Adoption::Kind::kAlreadyThere:
    case Adoption::Kind::kBusy:
      return "already_there";
    case Adoption::Kind::kUnknown:
      break;
  }
  return "unknown";
}

json::object document(Context& context, const std::vector<Adoption>& adoptions) {
  json::object out{{"adopted", json::array()},
                   {"ambiguous", json::array()},
                   {"unknown", json::array()},
                   {"already_there", json::array()},
                   {"failed", json::array()}};
  for (const auto& adoption : adoptions) {
    json::object entry;
    if (adoption.episode_id != 0) entry = episode_named(context, adoption.episode_id);
    entry["file"] = adoption.file.path.string();
    entry["reason"] = adoption.reason;
    if (!adoption.candidates.empty()) {
      json::array candidates;
      for (const auto id : adoption.candidates) candidates.push_back(episode_named(context, id));
      entry["candidates"] = std::move(candidates);
    }
    out[list_of(adoption.kind)].get_array().push_back(std::move(entry));
  }
  return out;
}

}  // namespace

Answer Service::adopt(const AdoptRequest& request) {
  const std::filesystem::path folder = request.folder;
  if (!folder.is_absolute()) {
    return base::fail(ServiceError::kInvalid, "\"" + request.folder + "\" is not an absolute path");
  }
  auto found = find_media(folder);
  if (!found) {
    const bool missing = found.error().code == library::PlaceError::kSourceMissing;
    return base::fail(missing ? ServiceError::kNotFound : ServiceError::kFailed, found.error().message);
  }
  std::vector<Adoption> adoptions;
  auto answer = impl_->call([&]() -> Answer {
    auto& scheduler = impl_->scheduler_;
    auto& context = scheduler.context();
    std::optional<std::int64_t> feed_id;
    if (!request.feed.empty()) {
      const auto feed = impl_->find_feed(request.feed);
      if (!feed) return base::fail(ServiceError::kNotFound, "there is no feed \"" + request.feed + "\"");
      feed_id = feed->id;
    }
    std::size_t known = 0;
    adoptions = plan_adoption(context, scheduler.queue(), std::move(found->files), feed_id, known);
    json::object out = document(context, adoptions);
    out["known"] = known;
    out["passed_over"] = json::array(found->passed_over.begin(), found->passed_over.end());
    out["dry_run"] = request.dry_run;
    if (!request.dry_run) record_adoption(context, adoptions);
    return json::value(std::move(out));
  });
  if (!answer || request.dry_run || !request.move) return answer;

  // They are recorded where they lie, and each move before it is made: a crash loses sight of none.
  auto& adopted = answer->get_object()["adopted"].get_array();
  std::size_t next = 0;
  for (const auto& adoption : adoptions) {
    if (adoption.kind != Adoption::Kind::kAdopted) continue;
    auto& entry = adopted[next++].get_object();
    std::optional<library::PlaceRequest> place;
    auto begun = impl_->call([&]() -> Answer {
      place = begin_move(impl_->scheduler_.context(), adoption);
      return json::value();
    });
    if (!begun) return begun;
    if (!place) continue;
    const auto placed = library::place(*place);
    auto ended = impl_->call([&]() -> Answer {
      end_move(impl_->scheduler_.context(), adoption, placed);
      return json::value();
    });
    if (!ended) return ended;
    if (!placed) {
      answer->get_object()["failed"].get_array().emplace_back(placed.error().message);
      continue;
    }
    library::remove_empty_folders(adoption.file.path.parent_path(), folder);
    entry["moved_to"] = placed->path.string();
  }
  return answer;
}

}  // namespace podswarm::scheduler

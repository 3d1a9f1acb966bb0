// The service's verb about episodes that wait for a person: a rule could not tell, or the flood brake holds them.

#include "scheduler/review.h"
#include "scheduler/service_impl.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {
constexpr std::size_t kMostAtOnce = 100'000;
}  // namespace

Answer Service::review(const std::string& reference, const std::string& verdict) {
  return impl_->call([&]() -> Answer {
    if (verdict != "accept" && verdict != "reject") {
      return base::fail(ServiceError::kInvalid, "\"" + verdict + "\" is no verdict: it is accept or reject");
    }
    auto& scheduler = impl_->scheduler_;
    auto& context = scheduler.context();
    db::EpisodeFilter held;
    held.decision = db::Decision::kHold;
    held.limit = kMostAtOnce;
    if (!reference.empty()) {
      const auto feed = impl_->find_feed(reference);
      if (!feed) return base::fail(ServiceError::kNotFound, "there is no feed \"" + reference + "\"");
      held.feed_id = feed->id;
    }
    json::array reviewed;
    std::size_t queued = 0;
    for (const auto& episode : context.episodes.list(held)) {
      if (verdict == "reject") {
        scheduler.skip(episode, "rejected at review");
      } else if (accept_held(context, episode, context.clock.now())) {
        ++queued;
      }
      reviewed.emplace_back(episode.id);
    }
    return json::value(json::object{{"reviewed", std::move(reviewed)}, {"queued", queued}});
  });
}

}  // namespace podswarm::scheduler

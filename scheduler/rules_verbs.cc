// The service's verbs that try the rules; none of them writes.

#include "scheduler/rules_trial.h"
#include "scheduler/service_impl.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

constexpr std::int64_t kMaxHistoryDays = 36'500;

}  // namespace

Answer Service::explain(std::int64_t episode_id) {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    const auto episode = context.episodes.find(episode_id);
    auto explanation = episode ? explain_episode(context, *episode, context.clock.now()) : std::nullopt;
    if (!explanation) {
      return base::fail(ServiceError::kNotFound, "there is no episode \"" + std::to_string(episode_id) + "\"");
    }
    return json::value(std::move(*explanation));
  });
}

Answer Service::test_condition(const std::string& where, std::int64_t history_days) {
  return impl_->call([&]() -> Answer {
    if (history_days < 1 || history_days > kMaxHistoryDays) {
      return base::fail(ServiceError::kInvalid, "the history is 1 to 36500 days");
    }
    auto& context = impl_->scheduler_.context();
    auto trial = try_condition(context, where, std::chrono::days(history_days), context.clock.now());
    if (!trial) return base::fail(ServiceError::kInvalid, trial.error().message);
    return json::value(std::move(*trial));
  });
}

}  // namespace podswarm::scheduler

// The service's verbs that try the rules; none of them writes.

#include "scheduler/rules_trial.h"
#include "scheduler/service_impl.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

constexpr std::int64_t kMaxHistoryDays = 36'500;

base::Result<std::chrono::days, ServiceError> history_of(std::int64_t days) {
  if (days < 1 || days > kMaxHistoryDays) return base::fail(ServiceError::kInvalid, "the history is 1 to 36500 days");
  return std::chrono::days(days);
}

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
    const auto history = history_of(history_days);
    if (!history) return history.error();
    auto& context = impl_->scheduler_.context();
    auto trial = try_condition(context, where, *history, context.clock.now());
    if (!trial) return base::fail(ServiceError::kInvalid, trial.error().message);
    return json::value(std::move(*trial));
  });
}

Answer Service::test_rules(const std::string& rules, std::int64_t history_days) {
  return impl_->call([&]() -> Answer {
    const auto history = history_of(history_days);
    if (!history) return history.error();
    const auto read = read_rules(rules, "rules");
    if (!read.rules) {
      std::string message;
      for (const auto& problem : read.problems) message += (message.empty() ? "" : "\n") + problem.to_string();
      return base::fail(ServiceError::kInvalid, std::move(message));
    }
    auto& context = impl_->scheduler_.context();
    return json::value(try_rules(context, *read.rules, *history, context.clock.now()));
  });
}

}  // namespace podswarm::scheduler

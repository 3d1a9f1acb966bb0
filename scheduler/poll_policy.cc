#include "scheduler/poll_policy.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include "base/text.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr seconds kLongest = hours(24);
constexpr seconds kLongestRetryAfter = hours(24 * 7);
constexpr std::array<std::string_view, 8> kKinds = {"interval",      "rhythm",   "max-age",     "ttl",
                                                    "update-period", "back-off", "retry-after", "skip"};

json::value parse_or_null(std::string_view text) {
  if (text.empty()) return nullptr;
  json::error_code error;
  auto value = json::parse(text, error);
  return error ? json::value(nullptr) : value;
}

std::string text_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<std::int64_t> number_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

bool is_skipped(const feeds::UpdateHints& hints, base::WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const auto hour = static_cast<int>(std::chrono::floor<hours>(time - day).count());
  if (std::find(hints.skip_hours.begin(), hints.skip_hours.end(), hour) != hints.skip_hours.end()) return true;
  static constexpr const char* kNames[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                           "Thursday", "Friday", "Saturday"};
  const auto* name = kNames[std::chrono::weekday(day).c_encoding()];
  return std::find(hints.skip_days.begin(), hints.skip_days.end(), name) != hints.skip_days.end();
}

// The end of the skipped hours that `time` falls in. A feed that skips the whole week is asked all the same.
base::WallTime after_skipped(const feeds::UpdateHints& hints, base::WallTime time) {
  base::WallTime candidate = time;
  for (int i = 0; i < 7 * 24 && is_skipped(hints, candidate); ++i) {
    candidate = std::chrono::floor<hours>(candidate) + hours(1);
  }
  return is_skipped(hints, candidate) ? time : candidate;
}

}  // namespace

std::string_view to_string(PollReason::Kind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

PollPlan plan_poll(const PollLimits& limits, const PollOutcome& outcome, base::WallTime now, double random) {
  using Kind = PollReason::Kind;
  PollPlan plan;
  const auto consider = [&](Kind kind, seconds wait, std::string text) {
    plan.reasons.push_back({kind, wait, std::move(text)});
    const auto jitter = std::chrono::duration_cast<seconds>(wait * (limits.jitter * random));
    plan.at = std::max(plan.at, now + wait + jitter);
  };
  consider(Kind::kInterval, limits.interval, "the configured interval");
  base::WallTime rhythmic = now + limits.interval;
  if (limits.max_interval > limits.interval) {
    rhythmic = next_look(outcome.rhythm, limits.interval, limits.max_interval, now, limits.jitter, random);
  }
  if (outcome.ok) {
    if (limits.max_interval > limits.interval) {
      // Its own jitter is in it: more would miss the usual time.
      plan.reasons.push_back({Kind::kRhythm, rhythmic - now, describe(outcome.rhythm, now)});
      plan.at = std::max(plan.at, rhythmic);
    }
    const auto wish = [&](Kind kind, seconds wait, const char* text) {
      consider(kind, std::min(wait, kLongest), text);
    };
    if (outcome.max_age) wish(Kind::kMaxAge, *outcome.max_age, "the server's max-age");
    if (outcome.hints.ttl_minutes) {
      wish(Kind::kTtl, std::chrono::minutes(std::min<std::uint64_t>(*outcome.hints.ttl_minutes, 1440)),
           "the feed's ttl");
    }
    if (outcome.hints.update_period && outcome.hints.update_period->count() > 0) {
      wish(Kind::kUpdatePeriod, *outcome.hints.update_period, "the feed's update period");
    }
  } else {
    const int doublings = std::clamp(outcome.failures - 1, 0, 16);
    const seconds most = std::max({limits.interval, kLongest, rhythmic - now});
    consider(Kind::kBackOff, std::min(seconds(limits.interval.count() << doublings), most),
             std::to_string(outcome.failures) + (outcome.failures == 1 ? " failure" : " failures in a row"));
  }
  if (outcome.retry_after) {
    const base::WallTime until = std::min(*outcome.retry_after, now + kLongestRetryAfter);
    plan.reasons.push_back({Kind::kRetryAfter, std::max(until - now, seconds(0)), "the server's Retry-After"});
    plan.at = std::max(plan.at, until);
  }
  if (const auto after = after_skipped(outcome.hints, plan.at); after != plan.at) {
    plan.at = after;
    plan.reasons.push_back({Kind::kSkip, after - now, "hours or days that the feed asks to skip"});
  }
  return plan;
}

std::string write_reasons(const std::vector<PollReason>& reasons) {
  json::array out;
  for (const auto& reason : reasons) {
    out.push_back(
        json::object{{"kind", to_string(reason.kind)}, {"seconds", reason.wait.count()}, {"text", reason.text}});
  }
  return json::serialize(out);
}

std::vector<PollReason> read_reasons(std::string_view text) {
  std::vector<PollReason> out;
  const json::value value = parse_or_null(text);
  if (!value.is_array()) return out;
  for (const auto& entry : value.get_array()) {
    if (!entry.is_object()) continue;
    const auto& object = entry.get_object();
    const auto kind = std::find(kKinds.begin(), kKinds.end(), text_in(object, "kind"));
    if (kind == kKinds.end()) continue;
    out.push_back({static_cast<PollReason::Kind>(kind - kKinds.begin()),
                   seconds(number_in(object, "seconds").value_or(0)), text_in(object, "text")});
  }
  return out;
}

std::string write_hints(const feeds::UpdateHints& hints) {
  json::object out;
  if (hints.ttl_minutes) out["ttl"] = std::min<std::uint64_t>(*hints.ttl_minutes, 1'000'000'000);
  if (hints.update_period) out["period"] = hints.update_period->count();
  if (!hints.skip_hours.empty()) out["skip_hours"] = json::value_from(hints.skip_hours);
  if (!hints.skip_days.empty()) out["skip_days"] = json::value_from(hints.skip_days);
  if (!hints.update_rrule.empty()) out["rrule"] = base::repair_utf8(hints.update_rrule);
  if (hints.complete) out["complete"] = true;
  return out.empty() ? std::string() : json::serialize(out);
}

feeds::UpdateHints read_hints(std::string_view text) {
  feeds::UpdateHints hints;
  const json::value value = parse_or_null(text);
  if (!value.is_object()) return hints;
  const auto& object = value.get_object();
  if (const auto ttl = number_in(object, "ttl"); ttl && *ttl >= 0) hints.ttl_minutes = static_cast<std::uint64_t>(*ttl);
  if (const auto period = number_in(object, "period")) hints.update_period = seconds(*period);
  if (const auto* list = object.if_contains("skip_hours"); list != nullptr && list->is_array()) {
    for (const auto& hour : list->get_array()) {
      if (hour.is_int64())
        hints.skip_hours.push_back(static_cast<int>(std::clamp<std::int64_t>(hour.get_int64(), -1, 24)));
    }
  }
  if (const auto* list = object.if_contains("skip_days"); list != nullptr && list->is_array()) {
    for (const auto& day : list->get_array()) {
      if (day.is_string()) hints.skip_days.emplace_back(day.get_string());
    }
  }
  hints.update_rrule = text_in(object, "rrule");
  const auto* complete = object.if_contains("complete");
  hints.complete = complete != nullptr && complete->is_bool() && complete->get_bool();
  return hints;
}

}  // namespace podswarm::scheduler

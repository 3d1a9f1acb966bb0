// What hooks are told. An event is a JSON document (docs/hooks.md), written into the outbox in the transaction that
// brings it about, where any hook of the settings in force wants to hear of it. Runs on the scheduler's thread.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <string_view>

#include "scheduler/context.h"

namespace podswarm::scheduler {

enum class Event {
  kNew,            // an episode that was not known before, and whatever was decided about it
  kNotify,         // a rule's decision
  kDone,           // in the library
  kFailed,         // given up
  kNightFinished,  // the queue is done, or its window has ended
};
[[nodiscard]] std::string_view to_string(Event event);  // as in [[hook]] on

// `event` of an episode, as the database has it now.
void announce(Context& context, Event event, std::int64_t episode_id);
// The night is over: `summary` becomes a member of the document.
void announce_night(Context& context, boost::json::object summary);

// Whether the hook is to be told; `feed` is null for events of no feed.
[[nodiscard]] bool wants(const config::HookEntry& hook, std::string_view event, const db::FeedRow* feed,
                         const std::vector<std::string>& tags);

// The main values of a document, as a command finds them in its environment.
[[nodiscard]] std::map<std::string, std::string> environment_of(const boost::json::object& document);

}  // namespace podswarm::scheduler

// A [[hook]] table: whom to tell what. Plain data.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/located.h"

namespace podswarm::config {

struct HookEntry {
  base::SourcePos pos;             // of the table
  std::vector<std::string> on;     // names of events (kHookEvents)
  std::string command;             // for /bin/sh -c; either this
  std::string url;                 // or this: the document is sent there
  std::vector<std::string> feeds;  // names, URLs, "tag:NAME"; none: all
  std::chrono::seconds timeout{30};
};

inline constexpr std::string_view kHookEvents[] = {"new", "notify", "done", "failed", "night-finished"};

}  // namespace podswarm::config

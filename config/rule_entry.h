// A [[rule]] table as it was written: texts with their places, for the rule compiler to read and to point at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/located.h"

namespace podswarm::config {

// The place of a text is that of its first character, inside the quotes. Absent keys are nullopt or empty.
struct RuleEntry {
  using Text = std::optional<base::Located<std::string>>;
  using Texts = std::vector<base::Located<std::string>>;
  using Flag = std::optional<base::Located<bool>>;

  std::string file;     // where it stands
  base::SourcePos pos;  // of the table

  Text id;
  Texts feeds;  // names, URLs, "tag:NAME", "*"
  std::optional<base::Located<std::int64_t>> priority;
  Texts any;
  Texts all;
  Texts none;
  Text where;
  Flag match_all;
  Text action;
  Text dest;
  Text name;
  Texts tags;
  Text once_per;
  Text repack;
  Text cooldown;
  Text limit;
  Text wait;
  Texts prefer;
  Text on_unknown;
  Flag continue_;  // "continue"
  Flag enabled;
  Flag paused;  // what it queues starts paused
  Text queue;
};

}  // namespace podswarm::config

// One rule as a person wrote it: the keys of a [[rule]] table, unchecked. Strings carry the place of their first
// character, so that an error inside an expression can be pointed at (docs/rules.md has the language). Plain values.
#pragma once

#include <string>
#include <vector>

#include "base/located.h"

namespace podswarm::rules {

using Text = base::Located<std::string>;

// An empty Text or list means that the key was not given; compile() (rule_set.h) checks everything.
struct RuleSpec {
  std::string file;     // where it stands; "" = the file that compile() is told
  base::SourcePos pos;  // of the table, for errors about what is missing

  Text id;
  std::vector<Text> feeds;  // feed names, feed URLs, "tag:NAME", or "*"
  int priority = 0;         // higher first, then file order

  std::vector<Text> any;   // expressions: at least one holds
  std::vector<Text> all;   // expressions: each holds
  std::vector<Text> none;  // expressions: not one holds
  Text where;              // one expression more
  bool match_all = false;  // needed where a rule has no condition at all
  Text on_unknown;         // "reject" (default), "hold", "accept"

  Text action;  // "download" (default), "skip", "notify", "mark-seen"
  Text dest;    // folder template, ours to hand on
  Text name;    // file name template, ours to hand on
  std::vector<Text> tags;
  Text queue;              // "bottom" (default), "top"
  bool paused = false;     // queued, but started by hand
  bool continue_ = false;  // lets a later rule have the last word
  bool enabled = true;

  Text once_per;             // "episode", "title", "day"
  Text repack;               // "none" (default), "same-group", "any"; implies once_per = "episode"
  Text cooldown;             // duration
  Text limit;                // "N/DURATION", rolling
  Text wait;                 // duration
  std::vector<Text> prefer;  // expressions: where all hold, `wait` is not waited out
};

}  // namespace podswarm::rules

// Rules asked about a past, as if it happened: earlier acceptances are history for later items, each at its own date;
// of the copies that wait under a rule the preferred one is taken when the first one's wait is over; and what a limit
// defers is taken when there is room. Not synchronised.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "feeds/rules/candidate.h"
#include "feeds/rules/decision.h"
#include "feeds/rules/history.h"
#include "feeds/rules/rule_set.h"
#include "feeds/rules/seen_items.h"

namespace podswarm::rules {

class Replay {
 public:
  // `tell` hears what was decided on an item, again when what it was deferred for is over. `rules` must outlive this.
  using Tell = std::function<void(std::size_t number, const Decision& decision)>;
  // `seen`: where the items are not known to differ. One that was decided on is not asked about under another number;
  // one that is deferred has not been.
  Replay(const RuleSet& rules, Tell tell, std::optional<SeenItems> seen = std::nullopt)
      : rules_(rules), tell_(std::move(tell)), seen_(std::move(seen)) {}

  struct Asked {
    std::size_t number = 0;  // the caller's
    Candidate candidate;
    std::shared_ptr<const void> owner;  // keeps alive what `candidate` looks at
    bool fails = false;                 // its download, if accepted, fails for good
  };
  // The next item. Its date is its moment, where that is not after the candidate's `now`; time does not go back.
  void ask(Asked item);
  // It was downloaded before: under the rule that would have taken it, so that cooldown and limit know of it.
  void hold(const Asked& item);
  // The last call: lets time pass until then, and tells of those that are still deferred how long they are.
  void finish(base::WallTime until);

 private:
  struct Waiting {
    Asked item;
    std::string rule;
    std::vector<std::string> keys;
    bool first_in_line = false;  // of those that the rule's limit defers
  };
  using Waits = std::multimap<base::WallTime, Waiting>;  // by when they are decided on again
  using Line = std::list<Waiting>;
  void decide(Asked item);
  // Lets time pass: who is deferred is decided on when that is over.
  void pass(base::WallTime until);
  void settle(Waits::iterator first);
  void decide_again(Waiting one, base::WallTime moment, bool waited);
  [[nodiscard]] std::optional<Waiting> take_preferred_to(const Waiting& one);

  const RuleSet& rules_;
  Tell tell_;
  std::optional<SeenItems> seen_;
  MemoryHistory history_;
  Waits waiting_;
  // Those that a rule's limit defers besides the first, which is in waiting_: as long as there is no room for that one,
  // there is none for them, and a long past would be asked about over and over.
  std::map<std::string, Line> lines_;
  base::WallTime clock_ = base::WallTime::min();
};

}  // namespace podswarm::rules

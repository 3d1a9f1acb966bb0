// Rules asked about a past, as if it happened: earlier acceptances are history for later items, each at its own date,
// and of the copies that wait under a rule the preferred one is taken when the first one's wait is over. Not
// synchronised.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feeds/rules/candidate.h"
#include "feeds/rules/decision.h"
#include "feeds/rules/history.h"
#include "feeds/rules/rule_set.h"

namespace podswarm::rules {

class Replay {
 public:
  // `tell` hears what was decided on an item, again when its wait is over. `rules` must outlive this.
  using Tell = std::function<void(std::size_t number, const Decision& decision)>;
  Replay(const RuleSet& rules, Tell tell) : rules_(rules), tell_(std::move(tell)) {}

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
  // Lets time pass until then: who waits is decided on when the wait is over.
  void pass(base::WallTime until);

 private:
  struct Waiting {
    Asked item;
    std::string rule;
    std::vector<std::string> keys;
  };
  void decide(Asked item);
  using Waits = std::multimap<base::WallTime, Waiting>;  // by the end of the wait
  void settle(Waits::iterator first);
  [[nodiscard]] Waits::iterator preferred_to(Waits::iterator first);

  const RuleSet& rules_;
  Tell tell_;
  MemoryHistory history_;
  Waits waiting_;
  base::WallTime clock_ = base::WallTime::min();
};

}  // namespace podswarm::rules

// Which items of a list are ones that came before: what was seen is not asked about again. By guid, by the address of
// an enclosure and by info-hash, within one feed. The program does so before it asks its rules; a list that the rules
// are tried on has nobody else to do it. Not synchronised.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "feeds/rules/candidate.h"

namespace podswarm::rules {

class SeenItems {
 public:
  enum class Source {
    kList,      // items as they came, one after the other
    kDocument,  // the items of one document, which may list two things under one address
  };
  explicit SeenItems(Source source) : source_(source) {}

  // What the item has in common with which earlier one, for a person; "" where it is new.
  [[nodiscard]] std::string reason(const Candidate& candidate) const;
  void add(const Candidate& candidate);

 private:
  struct Item {
    std::string title;
    std::optional<base::WallTime> published;
  };
  [[nodiscard]] bool is_same(const Candidate& candidate, const Item& earlier) const;

  Source source_;
  std::unordered_map<std::string, Item> by_key_;  // the latest of each
};

}  // namespace podswarm::rules

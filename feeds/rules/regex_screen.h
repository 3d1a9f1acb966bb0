// Which of many regular expressions can match a text at all, told from the words that each of them needs. "Cannot" is
// certain. Immutable after seal(); may be asked from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "feeds/rules/gram_filter.h"
#include "feeds/rules/text_match.h"

namespace re2 {
class FilteredRE2;
}

namespace podswarm::rules {

class RegexScreen {
 public:
  RegexScreen();
  RegexScreen(RegexScreen&&) noexcept;
  RegexScreen& operator=(RegexScreen&&) noexcept;
  ~RegexScreen();

  // The number by which possible() knows the expression.
  [[nodiscard]] std::uint32_t add(const Regex& regex);
  // After the last add().
  void seal();
  [[nodiscard]] std::size_t size() const { return count_; }

  // One flag an expression; `folded` holds the case-folded texts.
  [[nodiscard]] std::vector<bool> possible(const GramFilter& folded) const;

 private:
  std::unique_ptr<re2::FilteredRE2> filter_;
  std::vector<Grams> words_;               // what the filter asks about
  std::vector<std::uint32_t> numbers_;     // ours, by the filter's
  std::vector<std::uint32_t> unfiltered_;  // those that the filter does not take
  std::uint32_t count_ = 0;
};

}  // namespace podswarm::rules

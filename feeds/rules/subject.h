// A candidate as predicates see it: every field by its type, computed when first asked for and kept. One per decision,
// on the stack; not for sharing between threads.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/rules/candidate.h"
#include "feeds/rules/fields.h"
#include "feeds/rules/literal.h"
#include "feeds/rules/numbering.h"
#include "feeds/rules/truth.h"

namespace podswarm::rules {

// What the item and its title say together. The feed's own numbers come first; the title's are a guess.
struct Facts {
  std::string show;  // as the title names it, else the feed's name
  Numbering numbering;
  std::optional<int> season;
  std::optional<int> quality;
  std::string group;
  int revision = 1;
};

class Subject {
 public:
  // `candidate` must outlive the subject.
  explicit Subject(const Candidate& candidate) : candidate_(candidate) {}
  explicit Subject(Candidate&&) = delete;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  [[nodiscard]] const Candidate& candidate() const { return candidate_; }
  [[nodiscard]] const Facts& facts();

  // kText fields: their texts, as they are and case-folded. A field with no text has an empty list, and contains
  // nothing; only the language can be unknown.
  [[nodiscard]] const std::vector<std::string_view>& texts(Field field);
  [[nodiscard]] const std::vector<std::string>& folded(Field field);
  [[nodiscard]] bool text_unknown(Field field);

  [[nodiscard]] Truth flag(Field field);  // kBool fields
  // Ordered fields; nothing is unknown.
  [[nodiscard]] const std::optional<Span>& value(Field field) {
    const auto index = static_cast<std::size_t>(field);
    if ((valued_ >> index & 1u) == 0) {
      valued_ |= 1u << index;
      values_[index] = find_value(field);
    }
    return values_[index];
  }
  [[nodiscard]] bool has(Field field);

  // Whether a regular expression has come to its limits since this was last cleared.
  [[nodiscard]] bool gave_up() const { return gave_up_; }
  void set_gave_up(bool value) { gave_up_ = value; }

  // The value for a person, on one line of at most about 120 bytes and without credentials; "" where there is none.
  [[nodiscard]] std::string display(Field field);

 private:
  struct Cached {
    bool filled = false;
    bool folded_filled = false;
    std::vector<std::string_view> texts;
    std::vector<std::string> folded;
  };
  void fill(Field field, std::vector<std::string_view>& out);
  [[nodiscard]] std::optional<Span> find_value(Field field);
  [[nodiscard]] std::optional<double> size() const;
  [[nodiscard]] std::optional<double> age() const;
  void read_numbers(Facts& facts, const Numbering& from_title) const;

  const Candidate& candidate_;
  std::optional<Facts> facts_;
  std::string description_;
  std::array<Cached, kFieldCount> cache_;
  std::array<std::optional<Span>, kFieldCount> values_;
  bool gave_up_ = false;
  std::uint32_t valued_ = 0;  // one bit a field: whether its value has been found
  static_assert(kFieldCount <= 32);
};

// For a message: control characters become blanks, what goes past 120 bytes is cut off.
[[nodiscard]] std::string one_line(std::string_view text);

// Whether the enclosure leads to a BitTorrent download.
[[nodiscard]] bool is_torrent(const feeds::Enclosure& enclosure);

// The keys under which the item is found again (History), whichever rule accepts it.
[[nodiscard]] std::vector<std::string> title_keys(const Candidate& candidate);
[[nodiscard]] std::vector<std::string> day_keys(const Candidate& candidate);

}  // namespace podswarm::rules

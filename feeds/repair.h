// What had to be mended to read a document, for a person, and where. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace podswarm::feeds {

// A character of a text, counted from 1; line 0 = no place is known.
struct Place {
  std::size_t line = 0;
  std::size_t column = 0;

  bool operator==(const Place&) const = default;
};

// Where a reader has come to who starts at `start` and reads all of `text`, which is UTF-8.
[[nodiscard]] Place behind(Place start, std::string_view text);
[[nodiscard]] inline Place place_of(std::string_view text, std::size_t offset) {
  return behind({1, 1}, text.substr(0, offset));
}

struct Repair {
  std::string what;  // "a bare <"
  Place place{};

  bool operator==(const Repair&) const = default;
};

// "line 12, column 5: a bare <"
[[nodiscard]] std::string to_text(const Repair& repair);

// Repairs as they are found; of too many the first are kept.
class RepairNotes {
 public:
  [[nodiscard]] bool full() const { return notes_.size() >= kMaxNotes; }
  void add(Repair repair) {
    if (!full()) notes_.push_back(std::move(repair));
  }
  [[nodiscard]] const std::vector<Repair>& all() const { return notes_; }

 private:
  static constexpr std::size_t kMaxNotes = 20;
  std::vector<Repair> notes_;
};

}  // namespace podswarm::feeds

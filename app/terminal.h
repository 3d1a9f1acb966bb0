// What the command line shows: tables, colours and progress lines, which are there only on a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace podswarm::app {

enum class Colour { kNone, kBold, kDim, kRed, kGreen, kYellow, kCyan };

// Colours on standard output: on a terminal, and never under NO_COLOR (no-color.org) or TERM=dumb.
[[nodiscard]] bool colours_wanted();
[[nodiscard]] std::string coloured(Colour colour, std::string_view text);

// How many columns `text` (UTF-8) takes on a terminal.
[[nodiscard]] std::size_t display_width(std::string_view text);
// Cut to `columns`, with "…" where something is missing. Control characters are replaced: text from feeds is hostile.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);
// One line that is safe to print: control characters become blanks.
[[nodiscard]] std::string printable(std::string_view text);

// Columns of text, as wide as they need to be; the widest is cut where the terminal is narrower.
class Table {
 public:
  explicit Table(std::vector<std::string> heads) : rows_{std::move(heads)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.size() < 2; }
  void print() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// A line on standard error that is rewritten in place; nothing at all where standard error is no terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void show(std::string_view text);
  void clear();
  [[nodiscard]] bool active() const { return active_; }

 private:
  bool active_;
  bool shown_ = false;
};

// "[######----]  61%"; nothing known is "[ ?  ]".
[[nodiscard]] std::string progress_bar(std::uint64_t done, std::optional<std::uint64_t> total);

}  // namespace podswarm::app

#include "app/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"

namespace podswarm::app {

namespace {

std::size_t terminal_columns(int fd) {
  winsize size{};
  if (::isatty(fd) && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 0;
}

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
};

// `text` is valid UTF-8 (printable() has repaired it).
Character decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (length > text.size()) return {0xFFFD, 1};
  char32_t code = first & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = (code << 6) | (byte(i) & 0x3F);
  return {code, length};
}

// East Asian wide and emoji take two columns, combining marks and joiners none.
std::size_t columns_of(char32_t c) {
  if (c < 0x300) return 1;
  if ((c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200F) || (c >= 0xFE00 && c <= 0xFE0F)) return 0;
  if ((c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
      (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
      (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD)) {
    return 2;
  }
  return 1;
}

}  // namespace

bool colours_wanted() {
  static const bool wanted = [] {
    const char* no_color = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) && !(no_color && *no_color) && !(term && std::string_view(term) == "dumb");
  }();
  return wanted;
}

std::string coloured(Colour colour, std::string_view text) {
  if (!colours_wanted() || colour == Colour::kNone) return std::string(text);
  static constexpr const char* kCodes[] = {"0", "1", "2", "31", "32", "33", "36"};
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(colour)], text);
}

std::string printable(std::string_view text) {
  std::string out = base::repair_utf8(text);
  std::string clean;
  clean.reserve(out.size());
  for (std::string_view rest = out; !rest.empty();) {
    const auto [code, bytes] = decode(rest);
    // C0, C1 and the bidirectional controls could rewrite what stands around them.
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
                         (code >= 0x2066 && code <= 0x2069);
    if (control) {
      clean += ' ';
    } else {
      clean.append(rest.substr(0, bytes));
    }
    rest.remove_prefix(bytes);
  }
  return clean;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto [code, bytes] = decode(text);
    width += columns_of(code);
    text.remove_prefix(bytes);
  }
  return width;
}

std::string fit(std::string_view text, std::size_t columns) {
  const std::string clean = printable(text);
  if (display_width(clean) <= columns) return clean;
  std::string out;
  std::size_t width = 0;
  for (std::string_view rest = clean; !rest.empty();) {
    const auto [code, bytes] = decode(rest);
    if (width + columns_of(code) + 1 > columns) break;
    width += columns_of(code);
    out.append(rest.substr(0, bytes));
    rest.remove_prefix(bytes);
  }
  return out + "…";
}

void Table::print() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows_) {
    auto& clean = cells.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      clean.push_back(printable(row[i]));
      widths[i] = std::max(widths[i], display_width(clean.back()));
    }
  }
  std::size_t total = 2 * (widths.size() - 1);
  for (const std::size_t width : widths) total += width;
  if (const std::size_t columns = terminal_columns(STDOUT_FILENO); columns != 0 && total > columns) {
    auto widest = std::max_element(widths.begin(), widths.end());
    *widest = std::max<std::size_t>(12, *widest - std::min(*widest, total - columns));
  }
  for (std::size_t r = 0; r < cells.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < cells[r].size(); ++i) {
      const std::string cell = fit(cells[r][i], widths[i]);
      line += cell;
      if (i + 1 < cells[r].size()) line.append(widths[i] - std::min(widths[i], display_width(cell)) + 2, ' ');
    }
    fmt::print("{}\n", r == 0 ? coloured(Colour::kBold, line) : line);
  }
}

ProgressLine::ProgressLine(bool wanted) : active_(wanted && ::isatty(STDERR_FILENO)) {}

void ProgressLine::show(std::string_view text) {
  if (!active_) return;
  // A terminal that does not know its width is taken to be an ordinary one.
  const std::size_t known = terminal_columns(STDERR_FILENO);
  const std::size_t columns = known == 0 ? 80 : std::max<std::size_t>(known, 20);
  fmt::print(stderr, "\r\x1b[K{}", fit(text, columns - 1));
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  shown_ = false;
}

std::string progress_bar(std::uint64_t done, std::optional<std::uint64_t> total) {
  constexpr std::size_t kWidth = 24;
  if (!total || *total == 0) return "[" + std::string(kWidth, ' ') + "]   ?%";
  const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(*total));
  const auto filled = static_cast<std::size_t>(part * kWidth);
  return fmt::format("[{}{}] {:3.0f}%", std::string(filled, '#'), std::string(kWidth - filled, '-'),
                     std::max(0.0, part * 100 - 0.5));
}

}  // namespace podswarm::app

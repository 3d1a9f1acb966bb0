#include "feeds/rules/html_text.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "base/text.h"

namespace podswarm::rules {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kEntities = {{{"amp", "&"},
                                                                                      {"lt", "<"},
                                                                                      {"gt", ">"},
                                                                                      {"quot", "\""},
                                                                                      {"apos", "'"},
                                                                                      {"nbsp", " "},
                                                                                      {"hellip", "…"},
                                                                                      {"ndash", "–"},
                                                                                      {"mdash", "—"},
                                                                                      {"lsquo", "‘"},
                                                                                      {"rsquo", "’"},
                                                                                      {"ldquo", "“"},
                                                                                      {"rdquo", "”"},
                                                                                      {"shy", ""}}};

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

class Stripper {
 public:
  explicit Stripper(std::string_view html) : rest_(html) {}

  std::string run() {
    while (!rest_.empty()) {
      if (rest_.front() == '<' && starts_tag()) {
        skip_tag();
        space();
      } else if (rest_.front() == '&') {
        entity();
      } else {
        put(rest_.substr(0, 1));
        rest_.remove_prefix(1);
      }
    }
    if (out_.ends_with(' ')) out_.pop_back();
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool starts_tag() const {
    if (rest_.size() < 2) return false;
    const char c = rest_[1];
    return c == '/' || c == '!' || c == '?' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  void skip_past(std::string_view mark) {
    const auto at = rest_.find(mark);
    rest_ = at == std::string_view::npos ? std::string_view() : rest_.substr(at + mark.size());
  }

  void skip_tag() {
    if (rest_.starts_with("<!--")) return skip_past("-->");
    const bool script = base::istarts_with(rest_, "<script");
    const bool style = base::istarts_with(rest_, "<style");
    skip_past(">");
    // Up to the closing tag; its own '<' is looked for, so that letter case does not matter.
    while ((script || style) && !rest_.empty() && !base::istarts_with(rest_, script ? "</script" : "</style")) {
      const auto at = rest_.find('<', 1);
      rest_ = at == std::string_view::npos ? std::string_view() : rest_.substr(at);
    }
  }

  void space() {
    if (!out_.empty() && out_.back() != ' ') out_ += ' ';
  }

  void put(std::string_view text) {
    for (const char c : text) {
      if (is_space(c)) {
        space();
      } else {
        out_ += c;
      }
    }
  }

  void entity() {
    const auto end = rest_.substr(0, 12).find(';');
    const std::string_view name = end == std::string_view::npos ? "" : rest_.substr(1, end - 1);
    if (name.size() > 1 && name[0] == '#') {
      const bool hex = name[1] == 'x' || name[1] == 'X';
      const std::string_view digits = name.substr(hex ? 2 : 1);
      std::uint32_t code = 0;
      const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
      const bool valid = code > 0 && code < 0x110000 && !(code >= 0xD800 && code < 0xE000);
      if (error == std::errc{} && stop == digits.data() + digits.size() && valid) {
        std::string character;
        base::append_utf8(character, code == 0xA0 ? U' ' : static_cast<char32_t>(code));
        put(character);
        rest_.remove_prefix(end + 1);
        return;
      }
    }
    for (const auto& [entity_name, text] : kEntities) {
      if (name != entity_name) continue;
      put(text);
      rest_.remove_prefix(end + 1);
      return;
    }
    put("&");
    rest_.remove_prefix(1);
  }

  std::string_view rest_;
  std::string out_;
};

}  // namespace

std::string html_text(std::string_view html) {
  return Stripper(html).run();
}

}  // namespace podswarm::rules

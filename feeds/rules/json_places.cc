#include "feeds/rules/json_places.h"

#include <boost/json/parse.hpp>

namespace podswarm::rules {

namespace {

// Walks over valid JSON by its brackets and strings alone, keeping count of lines and columns.
class PlaceScanner {
 public:
  explicit PlaceScanner(std::string_view text) : text_(text) {}

  JsonPlaces run() {
    std::size_t depth = 0;
    std::string keys[2];     // the key last read at depth 1 and 2
    bool wants_key = false;  // a string here is a key
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        base::SourcePos inside = pos_;
        ++inside.column;
        const std::string value = take_string();
        if (wants_key && (depth == 1 || depth == 2)) {
          keys[depth - 1] = value;
          wants_key = false;
        } else {
          note(keys, depth, inside);
        }
        continue;
      }
      if (c == ':') {
        expecting_value_ = true;
      } else if (c == ',') {
        expecting_value_ = false;
        wants_key = !in_array_;
      } else if (c == '{' || c == '[') {
        note(keys, depth, pos_);
        ++depth;
        if (depth == 1 && c == '[') return std::move(places_);  // not an object of objects
        if (depth <= 2) in_array_ = c == '[';
        wants_key = c == '{' && depth <= 2;
        if (depth > 2) skip_nested(depth);
      } else if (c == '}' || c == ']') {
        if (depth > 0) --depth;
        in_array_ = false;
      } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
        note(keys, depth, pos_);
      }
      step();
    }
    return std::move(places_);
  }

 private:
  void note(const std::string (&keys)[2], std::size_t depth, base::SourcePos where) {
    if (!expecting_value_ || depth == 0 || depth > 2 || in_array_) return;
    places_[{keys[0], depth == 2 ? keys[1] : std::string()}] = where;
    expecting_value_ = false;
  }

  void step() {
    if (text_[at_] == '\n') {
      ++pos_.line;
      pos_.column = 1;
    } else if ((static_cast<unsigned char>(text_[at_]) & 0xC0) != 0x80) {
      ++pos_.column;
    }
    ++at_;
  }

  // Leaves the cursor behind the closing quote; the result is decoded.
  std::string take_string() {
    const std::size_t begin = at_;
    step();
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) step();
      step();
    }
    if (at_ < text_.size()) step();
    boost::system::error_code error;
    const auto value = boost::json::parse(boost::json::string_view(text_.data() + begin, at_ - begin), error);
    return !error && value.is_string() ? std::string(value.get_string()) : std::string();
  }

  // From the bracket that opened level 3 to the one that closes it, which is left to be stepped over.
  void skip_nested(std::size_t& depth) {
    std::size_t open = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        (void)take_string();
        continue;
      }
      if (c == '{' || c == '[') ++open;
      if ((c == '}' || c == ']') && --open == 0) break;
      step();
    }
    if (depth > 0) --depth;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  base::SourcePos pos_{1, 1};
  bool expecting_value_ = false;
  bool in_array_ = false;
  JsonPlaces places_;
};

}  // namespace

JsonPlaces find_json_places(std::string_view text) {
  return PlaceScanner(text).run();
}

}  // namespace podswarm::rules

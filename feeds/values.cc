#include "feeds/values.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "base/url.h"
#include "feeds/document.h"

namespace podswarm::feeds {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  text = base::trim(text);
  for (const auto word : words) {
    if (base::iequals(text, word)) return std::string(word);
  }
  return {};
}

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) {
  text = base::trim(text);
  std::uint64_t value = 0;
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto value = parse_count(text);
  return value && *value > 0 ? value : std::nullopt;
}

std::optional<double> parse_decimal(std::string_view text) {
  text = base::trim(text);
  if (text.empty() || text.size() > 32 || !is_digit(text.front())) return std::nullopt;
  if (text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> parse_explicit(std::string_view text) {
  if (!one_of(text, {"yes", "true", "explicit"}).empty()) return true;
  if (!one_of(text, {"no", "false", "clean"}).empty()) return false;
  return std::nullopt;
}

std::string parse_episode_type(std::string_view text) {
  return one_of(text, {"full", "trailer", "bonus"});
}

std::string parse_show_type(std::string_view text) {
  return one_of(text, {"episodic", "serial"});
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '=') continue;
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> count) & 0xFF);
    }
  }
  return out;
}

void add_category(std::vector<std::string>& categories, std::string_view value) {
  value = base::trim(value);
  if (value.empty() || categories.size() >= kMaxListEntries) return;
  if (std::find(categories.begin(), categories.end(), value) == categories.end()) categories.emplace_back(value);
}

void add_keywords(std::vector<std::string>& categories, std::string_view list) {
  while (!list.empty() && categories.size() < kMaxListEntries) {
    const auto comma = list.find(',');
    add_category(categories, list.substr(0, comma));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

bool has_scheme(std::string_view url) {
  const auto colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto is_alpha = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!is_alpha(url.front())) return false;
  return std::all_of(url.begin(), url.begin() + static_cast<std::ptrdiff_t>(colon),
                     [&](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; });
}

bool is_http_url(std::string_view url) {
  return base::istarts_with(url, "http://") || base::istarts_with(url, "https://");
}

bool is_magnet(std::string_view url) {
  return base::istarts_with(url, "magnet:");
}

LinkKind link_kind(std::string_view url, std::string_view type) {
  url = base::trim(url);
  if (is_magnet(url)) return LinkKind::kMagnet;
  type = base::trim(type.substr(0, type.find(';')));
  if (base::iequals(type, "application/x-bittorrent")) return LinkKind::kTorrent;
  const std::string_view path = base::url_path(url);
  static constexpr std::string_view kExtension = ".torrent";
  if (path.size() > kExtension.size() && base::iequals(path.substr(path.size() - kExtension.size()), kExtension)) {
    return LinkKind::kTorrent;
  }
  return is_http_url(url) ? LinkKind::kHttp : LinkKind::kOther;
}

}  // namespace podswarm::feeds

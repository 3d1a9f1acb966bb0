// Small readings of text that several formats share: numbers, flags, lists, media kinds. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace podswarm::feeds {

// A whole number, digits only, white space around it allowed. Nothing for a sign, junk, or more than 64 bits hold.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);

// parse_count, and nothing for 0: sizes of which 0 says "unknown".
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

// Digits with at most one decimal point ("12", "315.5"); no sign, no exponent.
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text);

// yes, true, explicit; no, false, clean; else nothing. Case does not matter.
[[nodiscard]] std::optional<bool> parse_explicit(std::string_view text);

// "full", "trailer", "bonus" in lower case, else "".
[[nodiscard]] std::string parse_episode_type(std::string_view text);

// "episodic" or "serial" in lower case, else "".
[[nodiscard]] std::string parse_show_type(std::string_view text);

// RFC 4648 base64 with white space and missing padding forgiven; nothing for other characters.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

// Adds `value`, trimmed, unless it is empty, there already, or the list is full.
void add_category(std::vector<std::string>& categories, std::string_view value);
// Each part of a comma-separated list.
void add_keywords(std::vector<std::string>& categories, std::string_view list);

// Whether the text has a URL scheme ("http:", "magnet:", "urn:").
[[nodiscard]] bool has_scheme(std::string_view url);
[[nodiscard]] bool is_http_url(std::string_view url);
[[nodiscard]] bool is_magnet(std::string_view url);

// How many entries one list of one item may have (categories, enclosures, transcripts): beyond lies no honest feed.
inline constexpr std::size_t kMaxListEntries = 256;

}  // namespace podswarm::feeds

#include "scheduler/media_key.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"
#include "base/text.h"
#include "base/url.h"

namespace podswarm::scheduler {

namespace {

// Hosts whose paths end in the address that they lead to.
constexpr std::array<std::string_view, 27> kCounters = {
    "podtrac.com",   "chtbl.com",     "chrt.fm",        "pdst.fm",         "blubrry.com",  "mgln.ai",
    "arttrk.com",    "pscrb.fm",      "podscribe.com",  "claritaspod.com", "clrtpod.com",  "prfx.byspotify.com",
    "op3.dev",       "gum.fm",        "podkite.com",    "vpixl.com",       "swap.fm",      "podderapp.com",
    "veritonic.com", "podsights.com", "magellan.ai",    "backtracks.fm",   "adbarker.com", "podroll.fm",
    "voxnest.com",   "podcorn.com",   "rss.plinkhq.com"};

constexpr int kMaxCounters = 12;  // of one address; six have been seen

// Parameters that say who asks, until when, or when the file was last cut; none says which file.
constexpr std::array<std::string_view, 30> kPassing = {
    "token",       "access_token", "auth",  "auth_token", "sig",   "signature", "expires",   "expiry", "exp", "policy",
    "key-pair-id", "hdnts",        "hdnea", "hmac",       "hash",  "session",   "sessionid", "sid",    "jwt", "st",
    "se",          "sp",           "sv",    "sr",         "nonce", "timestamp", "updated",   "_",      "cb",  "verify"};

bool is_within(std::string_view host, std::string_view domain) {
  return host == domain || (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

bool is_counter(std::string_view host) {
  return std::any_of(kCounters.begin(), kCounters.end(),
                     [&](std::string_view counter) { return is_within(host, counter); });
}

bool is_passing(std::string_view name) {
  const std::string lower = base::ascii_lower(name);
  if (lower.starts_with("utm_") || lower.starts_with("x-amz-") || lower.starts_with("x-goog-")) return true;
  return std::find(kPassing.begin(), kPassing.end(), lower) != kPassing.end();
}

// "media.example" and "media.example:8080", but not "redirect.mp3".
bool looks_like_host(std::string_view segment) {
  segment = segment.substr(0, segment.find(':'));
  const auto dot = segment.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || segment.size() - dot < 3) return false;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const std::string top = base::ascii_lower(segment.substr(dot + 1));
  if (!std::all_of(top.begin(), top.end(), is_letter)) return false;
  for (const std::string_view ending :
       {"mp", "mpeg", "ogg", "oga", "ogv", "opus", "aac", "wav", "flac", "mov", "webm", "html", "php", "xml", "rss"}) {
    if (top == ending) return false;
  }
  return std::all_of(segment.begin(), segment.begin() + static_cast<std::ptrdiff_t>(dot),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}

// Where the path of a counter's address leads; nothing where it names no host.
std::optional<std::string> inner_address(const base::Url& url) {
  std::string_view rest = url.target;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the slash
    const std::string decoded = base::percent_decode(rest.substr(0, 16));
    if (base::istarts_with(decoded, "http://") || base::istarts_with(decoded, "https://")) {
      // Some counters take the address encoded, as one segment.
      const bool encoded = !base::istarts_with(rest, "http:") && !base::istarts_with(rest, "https:");
      return encoded ? base::percent_decode(rest) : std::string(rest);
    }
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) break;
    if (looks_like_host(rest.substr(0, slash))) return "http://" + std::string(rest);
    rest.remove_prefix(slash);
  }
  return std::nullopt;
}

// The target without its passing parameters.
std::string lasting(const std::string& target) {
  const auto question = target.find('?');
  if (question == std::string::npos) return target;
  std::string out = target.substr(0, question);
  char separator = '?';
  for (const auto parameter : base::split(std::string_view(target).substr(question + 1), '&')) {
    if (parameter.empty() || is_passing(parameter.substr(0, parameter.find('=')))) continue;
    out += separator;
    out += parameter;
    separator = '&';
  }
  return out;
}

}  // namespace

std::string media_key(std::string_view address) {
  auto url = base::parse_url(base::canonical_url(address));
  if (!url) return std::string(base::trim(address));
  for (int i = 0; i < kMaxCounters && is_counter(url->host); ++i) {
    const auto inner = inner_address(*url);
    auto next = inner ? base::parse_url(base::canonical_url(*inner)) : std::nullopt;
    if (!next) break;
    url = std::move(next);
  }
  if (url->scheme != "http" && url->scheme != "https") return base::canonical_url(address);
  return url->authority() + lasting(url->target);
}

}  // namespace podswarm::scheduler

#include "engine/core/http_failure.h"

#include <algorithm>

#include "base/http_date.h"
#include "base/text.h"

namespace podswarm::engine {

namespace {

constexpr std::chrono::seconds kMaxRetryAfter = std::chrono::hours(24 * 365);

std::string_view usual_reason(int status) {
  switch (status) {
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 410:
      return "Gone";
    case 429:
      return "Too Many Requests";
    case 451:
      return "Unavailable For Legal Reasons";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

FailureKind kind_of(int status) {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return FailureKind::kAccess;
    case 408:
    case 409:
    case 416:  // to a request without a range: the server is confused, not the episode gone
    case 421:
    case 423:
    case 425:
    case 429:
      return FailureKind::kTemporary;
    default:
      return status >= 400 && status < 500 ? FailureKind::kPermanent : FailureKind::kTemporary;
  }
}

}  // namespace

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, base::WallTime now) {
  text = base::trim(text);
  if (text.empty()) return std::nullopt;
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    std::chrono::seconds::rep seconds = 0;
    for (const char c : text) {
      seconds = seconds * 10 + (c - '0');
      if (seconds > kMaxRetryAfter.count()) return kMaxRetryAfter;
    }
    return std::chrono::seconds(seconds);
  }
  const auto date = base::parse_http_date(text);
  if (!date) return std::nullopt;
  return std::clamp<std::chrono::seconds>(*date - now, std::chrono::seconds(0), kMaxRetryAfter);
}

StatusFailure judge_status(const HttpHead& head, const std::string& host, base::WallTime now) {
  StatusFailure out;
  out.kind = kind_of(head.status);
  const std::string_view reason = head.reason.empty() ? usual_reason(head.status) : std::string_view(head.reason);
  out.message = host + ": " + std::to_string(head.status);
  if (!reason.empty()) out.message += " " + std::string(base::utf8_prefix(reason, 100));
  if (out.kind == FailureKind::kTemporary) out.retry_after = parse_retry_after(head.field("Retry-After"), now);
  return out;
}

}  // namespace podswarm::engine

#include "engine/core/web_answer.h"

#include <algorithm>

#include "base/text.h"
#include "engine/core/http_failure.h"
#include "engine/core/http_range.h"

namespace podswarm::engine {

namespace {

// Of a whole file, thrown away before the range in any case.
constexpr std::uint64_t kSkipAlways = 16u << 20;

WebAnswer bad(std::string problem) {
  WebAnswer answer;
  answer.problem = std::move(problem);
  return answer;
}

WebAnswer body(std::uint64_t first, std::uint64_t end) {
  WebAnswer answer;
  answer.kind = WebAnswer::Kind::kBody;
  answer.first = first;
  answer.end = end;
  return answer;
}

WebAnswer judge_part(const HttpHead& head, const WebRange& asked) {
  const auto range = parse_content_range(head.field("Content-Range"));
  if (!range || !range->first || !range->last) return bad("a part without saying which");
  if (*range->first != asked.first || *range->last < *range->first || *range->last >= asked.file_size) {
    return bad("another part than was asked for");
  }
  if (range->total && *range->total != asked.file_size) return bad("a file of another size");
  if (head.content_length && *head.content_length != *range->last - *range->first + 1) {
    return bad("a part whose length is not what it says");
  }
  return body(*range->first, *range->last + 1);
}

WebAnswer judge_whole(const HttpHead& head, const WebRange& asked) {
  if (head.content_length && *head.content_length != asked.file_size) return bad("a file of another size");
  // Half of the transfer for nothing at the most, or little.
  if (asked.first > std::max(kSkipAlways, asked.file_size - asked.first)) return bad("no parts of files");
  return body(0, asked.file_size);
}

}  // namespace

WebAnswer judge_web_answer(const HttpHead& head, const WebRange& asked, base::WallTime now) {
  const int status = head.status;
  const std::string_view encoding = head.field("Content-Encoding");
  if (status == 200 || status == 206) {
    if (!encoding.empty() && !base::iequals(encoding, "identity")) return bad("a compressed file");
    return status == 206 ? judge_part(head, asked) : judge_whole(head, asked);
  }
  WebAnswer answer;
  answer.problem = std::to_string(status) + (head.reason.empty() ? "" : " " + head.reason);
  if (status >= 500 || status == 408 || status == 425 || status == 429) {
    answer.kind = WebAnswer::Kind::kBusy;
    answer.retry_after = parse_retry_after(head.field("Retry-After"), now);
  }
  return answer;
}

}  // namespace podswarm::engine

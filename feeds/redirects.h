// Follows a chain of redirects (RFC 9110 §15.4) on paper: where next, whether what was given for the first URL may go
// along, and whether the feed has moved for good. Pure; one chain is used by one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/url.h"
#include "feeds/fetcher.h"

namespace podswarm::feeds {

// 301, 302, 303, 307 and 308.
[[nodiscard]] bool is_redirect(int status);

class RedirectChain {
 public:
  // kBadUrl unless `url` is http or https and its host is a name or an address.
  [[nodiscard]] static FetchResult<RedirectChain> start(std::string_view url, int max_redirects);

  // `location` is relative to the current URL. kRedirect: one too many, a URL seen before (nothing that is sent could
  // make the answer another one), no target, or not http(s).
  [[nodiscard]] FetchResult<void> follow(int status, std::string_view location);

  [[nodiscard]] const base::Url& current() const { return current_; }
  // Without userinfo and fragment: it becomes the base of links, and links are shown and stored.
  [[nodiscard]] const std::string& current_text() const { return visited_.back(); }
  // Every hop so far had the first URL's scheme, host and port. Once left, a way back does not count: the host between
  // has chosen what is asked for there.
  [[nodiscard]] bool stayed_at_origin() const { return stayed_at_origin_; }
  [[nodiscard]] bool all_permanent() const { return all_permanent_; }
  // Where the feed has moved for good: "" unless there were hops and all were 301 or 308. The first URL's userinfo goes
  // along while at its origin, as the moved feed wants it too; a Location's own is never taken.
  [[nodiscard]] std::string permanent_url() const;

 private:
  RedirectChain() = default;

  base::Url first_;
  base::Url current_;
  std::vector<std::string> visited_;
  std::size_t max_redirects_ = 0;
  bool stayed_at_origin_ = true;
  bool all_permanent_ = true;
};

}  // namespace podswarm::feeds

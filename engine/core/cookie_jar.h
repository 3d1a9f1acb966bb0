// The cookies of one download (RFC 6265, without persistence): some hosts hand out the file only to who carries the
// cookie from the redirect before. Sans-IO; one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/url.h"

namespace podswarm::engine {

class CookieJar {
 public:
  static constexpr std::size_t kMaxCookies = 50;
  static constexpr std::size_t kMaxCookieBytes = 4096;

  // One Set-Cookie field of an answer from `url`. Refused: cookies for other hosts, for a whole top-level domain, over
  // the limits, or with control characters. Expired ones remove what they name.
  void store(const base::Url& url, std::string_view set_cookie, base::WallTime now);

  // The Cookie field for a request to `url`; "" = none.
  [[nodiscard]] std::string header_for(const base::Url& url, base::WallTime now) const;

  [[nodiscard]] std::size_t size() const { return cookies_.size(); }

 private:
  struct Cookie {
    std::string name;
    std::string value;
    std::string domain;
    std::string path;
    bool host_only = true;
    bool secure = false;
    base::WallTime expires = base::WallTime::max();
  };
  std::vector<Cookie> cookies_;
};

}  // namespace podswarm::engine

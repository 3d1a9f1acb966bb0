#include "engine/core/web_seed_url.h"

#include <algorithm>
#include <string_view>

#include "base/bytes.h"
#include "base/text.h"
#include "base/url.h"

namespace podswarm::engine {

WebSeedUrl::WebSeedUrl(const std::string& url, const Metainfo& metainfo) {
  std::string clean = base::sanitize_url(url);
  clean.resize(std::min(clean.find('#'), clean.size()));
  const std::size_t query = std::min(clean.find('?'), clean.size());
  before_ = clean.substr(0, query);
  after_ = clean.substr(query);
  const std::size_t authority = before_.find("//");
  const bool has_path = authority != std::string::npos && before_.find('/', authority + 2) != std::string::npos;
  if (!has_path) before_ += '/';
  whole_ = metainfo.single_file && !before_.ends_with('/');
  if (!whole_ && !before_.ends_with('/')) before_ += '/';
}

std::string WebSeedUrl::of_file(const Metainfo& metainfo, std::uint32_t index) const {
  if (whole_) return before_ + after_;
  std::string path;
  for (const std::string_view element : base::split(metainfo.files[index].path, '/')) {
    if (!path.empty()) path += '/';
    path += base::percent_encode(element);
  }
  return before_ + path + after_;
}

}  // namespace podswarm::engine

// Where a web seed keeps each file of a torrent (BEP 19, "url-list"): a single file at the URL itself, or below it
// under its name where the URL ends in a slash; several files below it under the torrent's name and their paths.
// A pure value.
#pragma once

#include <cstdint>
#include <string>

#include "engine/core/metainfo.h"

namespace podswarm::engine {

class WebSeedUrl {
 public:
  // `url` is an absolute http or https URL. A query stays behind the path, a fragment goes.
  WebSeedUrl(const std::string& url, const Metainfo& metainfo);

  // Of metainfo.files[index], each element of its path percent-encoded.
  [[nodiscard]] std::string of_file(const Metainfo& metainfo, std::uint32_t index) const;

 private:
  std::string before_;  // the path
  std::string after_;   // it
  bool whole_ = false;  // before_ names the one file
};

}  // namespace podswarm::engine

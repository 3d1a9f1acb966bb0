#include "engine/core/inspect.h"

#include <boost/json.hpp>
#include <optional>

#include "base/bytes.h"
#include "base/text.h"

namespace podswarm::engine {

namespace json = boost::json;

namespace {

template <class Hash>
json::value hex(const std::optional<Hash>& hash) {
  return hash ? json::value(base::to_hex(*hash)) : json::value(nullptr);
}

json::value text(std::string_view value) {
  return json::value(base::repair_utf8(value));
}

json::array list(const std::vector<std::string>& values) {
  json::array out;
  for (const std::string& value : values) out.push_back(text(value));
  return out;
}

json::array trackers(const TorrentSources& sources) {
  json::array out;
  for (const auto& tier : sources.tiers) {
    for (const std::string& url : tier) out.push_back(text(url));
  }
  return out;
}

}  // namespace

std::string to_json(const Metainfo& metainfo) {
  json::array files;
  files.reserve(metainfo.files.size());
  for (const MetainfoFile& file : metainfo.files) {
    files.push_back(json::object{{"path", text(file.path)}, {"length", file.length}});
  }
  json::object out;
  out["format"] = "torrent";
  out["name"] = text(metainfo.name);
  out["info_hash"] = hex(metainfo.info_hash_v1);
  out["info_hash_v2"] = hex(metainfo.info_hash_v2);
  out["total_size"] = metainfo.total_size;
  out["piece_length"] = metainfo.piece_length;
  out["private"] = metainfo.is_private;
  out["comment"] = text(metainfo.comment);
  out["creation_date"] = metainfo.creation_date ? json::value(*metainfo.creation_date) : json::value(nullptr);
  out["files"] = std::move(files);
  out["trackers"] = trackers(metainfo.sources);
  out["web_seeds"] = list(metainfo.sources.web_seeds);
  return json::serialize(out);
}

std::string to_json(const Magnet& magnet) {
  json::object out;
  out["format"] = "magnet";
  out["name"] = text(magnet.name);
  out["info_hash"] = hex(magnet.info_hash_v1);
  out["info_hash_v2"] = hex(magnet.info_hash_v2);
  out["trackers"] = trackers(magnet.sources);
  out["web_seeds"] = list(magnet.sources.web_seeds);
  return json::serialize(out);
}

}  // namespace podswarm::engine

#include "config/extras.h"

#include "config/toml_reader.h"

namespace podswarm::config {

namespace {

constexpr TagPolicy kPolicies[] = {TagPolicy::kOff, TagPolicy::kMissing, TagPolicy::kOverwrite};

template <class T>
void take(T& target, const std::optional<T>& value) {
  if (value) target = *value;
}

std::optional<TagPolicy> read_policy(TableReader& reader, std::string_view key) {
  const auto written = reader.text(key);
  if (!written) return std::nullopt;
  for (const auto policy : kPolicies) {
    if (*written == to_string(policy)) return policy;
  }
  reader.problem(key, "\"" + *written + "\" is not \"off\", \"missing\" or \"overwrite\"");
  return std::nullopt;
}

}  // namespace

std::string_view to_string(TagPolicy policy) {
  switch (policy) {
    case TagPolicy::kMissing:
      return "missing";
    case TagPolicy::kOverwrite:
      return "overwrite";
    case TagPolicy::kOff:
      break;
  }
  return "off";
}

void apply(Extras& extras, const ExtrasOverride& table) {
  take(extras.tags, table.tags);
  take(extras.embed_cover, table.embed_cover);
  take(extras.cover, table.cover);
  take(extras.nfo, table.nfo);
  take(extras.info_json, table.info_json);
  take(extras.chapters, table.chapters);
  take(extras.transcripts, table.transcripts);
}

ExtrasOverride read_extras(TableReader& reader, std::string_view tags_key) {
  ExtrasOverride out;
  out.tags = read_policy(reader, tags_key);
  out.embed_cover = reader.flag("embed_cover");
  out.cover = reader.flag("cover");
  out.nfo = reader.flag("nfo");
  out.info_json = reader.flag("info_json");
  out.chapters = reader.flag("chapters");
  out.transcripts = reader.flag("transcripts");
  return out;
}

}  // namespace podswarm::config

#include "feeds/rules/fields.h"

namespace podswarm::rules {

namespace {

constexpr FieldInfo kFields[] = {
    {Field::kFeed, "feed", FieldType::kText, false},
    {Field::kTag, "tag", FieldType::kText, false},
    {Field::kTitle, "title", FieldType::kText, false},
    {Field::kDescription, "description", FieldType::kText, false},
    {Field::kAuthor, "author", FieldType::kText, false},
    {Field::kGuid, "guid", FieldType::kText, true},
    {Field::kLink, "link", FieldType::kText, true},
    {Field::kPublished, "published", FieldType::kTime, false},
    {Field::kAge, "age", FieldType::kDuration, false},
    {Field::kCategory, "category", FieldType::kText, false},
    {Field::kLanguage, "language", FieldType::kText, false},
    {Field::kExplicit, "explicit", FieldType::kBool, false},
    {Field::kDuration, "duration", FieldType::kDuration, false},
    {Field::kSize, "size", FieldType::kSize, false},
    {Field::kEnclosureType, "enclosure.type", FieldType::kText, false},
    {Field::kEnclosureUrl, "enclosure.url", FieldType::kText, true},
    {Field::kTorrent, "torrent", FieldType::kBool, false},
    {Field::kShow, "show", FieldType::kText, false},
    {Field::kEp, "ep", FieldType::kEp, false},
    {Field::kEpType, "ep_type", FieldType::kText, false},
    {Field::kSeason, "season", FieldType::kNumber, false},
    {Field::kEpisode, "episode", FieldType::kNumber, false},
    {Field::kQuality, "quality", FieldType::kQuality, false},
    {Field::kGroup, "group", FieldType::kText, false},
    {Field::kRevision, "revision", FieldType::kNumber, false},
    {Field::kPack, "pack", FieldType::kBool, false},
};
static_assert(std::size(kFields) == kFieldCount);

}  // namespace

const FieldInfo& info(Field field) {
  return kFields[static_cast<std::size_t>(field)];
}

std::optional<Field> field_by_name(std::string_view name) {
  for (const FieldInfo& row : kFields) {
    if (row.name == name) return row.field;
  }
  return std::nullopt;
}

std::span<const FieldInfo> all_fields() {
  return kFields;
}

std::string_view describe(FieldType type) {
  switch (type) {
    case FieldType::kText:
      return "a text in quotes";
    case FieldType::kBool:
      return "true or false";
    case FieldType::kNumber:
      return "a number";
    case FieldType::kDuration:
      return "a duration such as 20m or 7d";
    case FieldType::kSize:
      return "a size such as 500MB or 2GiB";
    case FieldType::kTime:
      return "a date such as 2026-01-31";
    case FieldType::kEp:
      return "an episode such as S01E05, a number or a date";
    case FieldType::kQuality:
      return "a quality such as 720p";
  }
  return "";
}

}  // namespace podswarm::rules

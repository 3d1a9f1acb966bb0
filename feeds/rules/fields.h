// The fields a rule may look at, and their types. Constants only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace podswarm::rules {

enum class Field : std::uint8_t {
  kFeed,
  kTag,
  kTitle,
  kDescription,
  kAuthor,
  kGuid,
  kLink,
  kPublished,
  kAge,
  kCategory,
  kLanguage,
  kExplicit,
  kDuration,
  kSize,
  kEnclosureType,
  kEnclosureUrl,
  kTorrent,
  kShow,
  kEp,
  kEpType,
  kSeason,
  kEpisode,
  kQuality,
  kGroup,
  kRevision,
  kPack,
};
inline constexpr std::size_t kFieldCount = static_cast<std::size_t>(Field::kPack) + 1;

enum class FieldType : std::uint8_t {
  kText,  // one text or several: a predicate holds where it holds for one of them
  kBool,
  // The rest are ordered.
  kNumber,
  kDuration,
  kSize,
  kTime,
  kEp,
  kQuality,
};

struct FieldInfo {
  Field field;
  std::string_view name;
  FieldType type;
  bool exact_case;  // kText: `=` and `in` tell letter case apart, as befits identifiers
};

[[nodiscard]] const FieldInfo& info(Field field);
[[nodiscard]] std::optional<Field> field_by_name(std::string_view name);
// In the order of the enum.
[[nodiscard]] std::span<const FieldInfo> all_fields();

// "a duration such as 20m": for messages.
[[nodiscard]] std::string_view describe(FieldType type);
[[nodiscard]] inline bool is_ordered(FieldType type) {
  return type != FieldType::kText && type != FieldType::kBool;
}

}  // namespace podswarm::rules

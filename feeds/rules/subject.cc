#include "feeds/rules/subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "base/units.h"
#include "base/url.h"
#include "feeds/content_length.h"
#include "feeds/rules/case_fold.h"
#include "feeds/rules/html_text.h"
#include "feeds/rules/title_parser.h"

namespace podswarm::rules {

namespace {

constexpr std::size_t kMaxDisplayBytes = 120;

Span point(double value) {
  return {value, value, Scale::kPlain};
}

std::string display_number(FieldType type, const Span& value) {
  const auto one = [&](double number) {
    switch (type) {
      case FieldType::kDuration:
        return base::format_duration(std::chrono::seconds(static_cast<std::int64_t>(number)));
      case FieldType::kSize:
        return base::format_bytes(static_cast<std::uint64_t>(number));
      case FieldType::kTime:
        return base::format_rfc3339(std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(number))));
      case FieldType::kQuality:
        return fmt::format("{:g}p", number);
      default:
        return fmt::format("{:.15g}", number);
    }
  };
  return value.lo == value.hi ? one(value.lo) : one(value.lo) + ".." + one(value.hi);
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string out(base::utf8_prefix(text, kMaxDisplayBytes));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  if (out.size() < text.size()) out += "…";
  return out;
}

bool is_torrent(const feeds::Enclosure& enclosure) {
  return enclosure.kind == feeds::LinkKind::kTorrent || enclosure.kind == feeds::LinkKind::kMagnet;
}

const Facts& Subject::facts() {
  if (facts_) return *facts_;
  TitleInfo title = parse_title(candidate_.item.title);
  Facts& facts = facts_.emplace();
  read_numbers(facts, title.numbering);
  // An item that brings its own numbers belongs to its feed; a title may name another show only along with numbers.
  const bool own_numbers = candidate_.item.episode.has_value();
  facts.show = own_numbers || title.show.empty() ? std::string(candidate_.feed_name) : std::move(title.show);
  facts.quality = title.quality;
  facts.group = std::move(title.group);
  facts.revision = title.revision;
  return facts;
}

void Subject::read_numbers(Facts& facts, const Numbering& from_title) const {
  const feeds::Item& item = candidate_.item;
  const auto sane = [](const std::optional<double>& number, double limit) {
    return number && std::isfinite(*number) && *number >= 0 && *number < limit;
  };
  facts.numbering = from_title;
  if (sane(item.episode, 1e6)) {
    const bool title_agrees = from_title.kind == Numbering::Kind::kEpisode && from_title.first == *item.episode;
    if (sane(item.season, 1e4)) {
      facts.numbering = {Numbering::Kind::kEpisode, static_cast<int>(*item.season), *item.episode, *item.episode, {}};
    } else if (!title_agrees) {
      facts.numbering = {Numbering::Kind::kAbsolute, 0, *item.episode, *item.episode, {}};
    }
  }
  if (sane(item.season, 1e4)) {
    facts.season = static_cast<int>(*item.season);
  } else if (facts.numbering.kind == Numbering::Kind::kEpisode ||
             (facts.numbering.kind == Numbering::Kind::kSeasonPack && facts.numbering.season != kAllSeasons)) {
    facts.season = facts.numbering.season;
  }
}

void Subject::fill(Field field, std::vector<std::string_view>& out) {
  const feeds::Item& item = candidate_.item;
  const auto put = [&](std::string_view text) {
    if (!text.empty()) out.push_back(text);
  };
  switch (field) {
    case Field::kFeed:
      put(candidate_.feed_name);
      put(candidate_.feed_url);
      break;
    case Field::kTag:
      for (const auto& tag : candidate_.feed_tags) put(tag);
      break;
    case Field::kTitle:
      put(item.title);
      break;
    case Field::kDescription:
      description_ = html_text(item.description.empty() ? item.content : item.description);
      put(description_);
      break;
    case Field::kAuthor:
      put(item.author);
      break;
    case Field::kGuid:
      put(item.guid);
      break;
    case Field::kLink:
      put(item.link);
      break;
    case Field::kCategory:
      for (const auto& category : item.categories) put(category);
      break;
    case Field::kLanguage:
      put(candidate_.feed_language);
      break;
    case Field::kEnclosureType:
      for (const auto& enclosure : item.enclosures) put(enclosure.type);
      break;
    case Field::kEnclosureUrl:
      for (const auto& enclosure : item.enclosures) put(enclosure.url);
      break;
    case Field::kShow:
      put(facts().show);
      break;
    case Field::kEpType:
      put(item.episode_type.empty() ? std::string_view("full") : item.episode_type);
      break;
    case Field::kGroup:
      put(facts().group);
      break;
    default:
      break;
  }
}

const std::vector<std::string_view>& Subject::texts(Field field) {
  Cached& cached = cache_[static_cast<std::size_t>(field)];
  if (!cached.filled) {
    cached.filled = true;
    fill(field, cached.texts);
  }
  return cached.texts;
}

const std::vector<std::string>& Subject::folded(Field field) {
  Cached& cached = cache_[static_cast<std::size_t>(field)];
  if (!cached.folded_filled) {
    cached.folded_filled = true;
    for (const auto text : texts(field)) cached.folded.push_back(fold(text));
  }
  return cached.folded;
}

bool Subject::text_unknown(Field field) {
  return field == Field::kLanguage && texts(field).empty();
}

Truth Subject::flag(Field field) {
  const feeds::Item& item = candidate_.item;
  switch (field) {
    case Field::kExplicit:
      return item.is_explicit ? truth_of(*item.is_explicit) : Truth::kUnknown;
    case Field::kTorrent:
      return truth_of(item.torrent.has_value() ||
                      std::any_of(item.enclosures.begin(), item.enclosures.end(), is_torrent));
    case Field::kPack:
      return truth_of(facts().numbering.kind == Numbering::Kind::kSeasonPack);
    default:
      return Truth::kUnknown;
  }
}

std::optional<double> Subject::size() const {
  const feeds::Item& item = candidate_.item;
  if (candidate_.size_bytes.value_or(0) > 0) return static_cast<double>(*candidate_.size_bytes);
  if (item.torrent && item.torrent->content_length.value_or(0) > 0) {
    return static_cast<double>(*item.torrent->content_length);
  }
  for (const auto& enclosure : item.enclosures) {
    if (const auto length = feeds::content_length(enclosure.kind, enclosure.length))
      return static_cast<double>(*length);
  }
  return std::nullopt;
}

std::optional<double> Subject::age() const {
  const auto since = candidate_.item.published ? candidate_.item.published : candidate_.first_seen;
  if (!since) return std::nullopt;
  return std::max(0.0, static_cast<double>((candidate_.now - *since).count()));
}

std::optional<Span> Subject::find_value(Field field) {
  const feeds::Item& item = candidate_.item;
  const auto maybe = [](auto number) {
    return number ? std::optional<Span>(point(static_cast<double>(*number))) : std::nullopt;
  };
  switch (field) {
    case Field::kPublished:
      if (!item.published) return std::nullopt;
      return point(static_cast<double>(item.published->time_since_epoch().count()));
    case Field::kAge:
      return maybe(age());
    case Field::kDuration:
      return item.duration_seconds.value_or(0) > 0 ? maybe(item.duration_seconds) : std::nullopt;
    case Field::kSize:
      return maybe(size());
    case Field::kEp:
      return span_of(facts().numbering);
    case Field::kSeason:
      return maybe(facts().season);
    case Field::kEpisode: {
      const Numbering& numbering = facts().numbering;
      if (numbering.kind != Numbering::Kind::kEpisode && numbering.kind != Numbering::Kind::kAbsolute) {
        return std::nullopt;
      }
      return Span{numbering.first, numbering.last, Scale::kPlain};
    }
    case Field::kQuality:
      return maybe(facts().quality);
    case Field::kRevision:
      return point(facts().revision);
    default:
      return std::nullopt;
  }
}

bool Subject::has(Field field) {
  switch (info(field).type) {
    case FieldType::kText:
      return field == Field::kEpType ? !candidate_.item.episode_type.empty() : !texts(field).empty();
    case FieldType::kBool:
      // torrent and pack are never unknown: to have one is to be one.
      return field == Field::kExplicit ? flag(field) != Truth::kUnknown : flag(field) == Truth::kTrue;
    default:
      return value(field).has_value();
  }
}

std::string Subject::display(Field field) {
  const FieldType type = info(field).type;
  if (type == FieldType::kText) {
    std::string out;
    const bool is_url = field == Field::kLink || field == Field::kEnclosureUrl;
    for (const auto text : texts(field)) {
      if (!out.empty()) out += ", ";
      out += is_url ? base::redact_url(text) : std::string(text.substr(0, 2 * kMaxDisplayBytes));
      if (out.size() > kMaxDisplayBytes || field == Field::kFeed) break;  // a feed is shown by its name
    }
    return one_line(out);
  }
  if (type == FieldType::kBool) {
    const Truth truth = flag(field);
    return truth == Truth::kUnknown ? "" : std::string(to_string(truth));
  }
  if (field == Field::kEp) return to_string(facts().numbering);
  const auto known = value(field);
  return known ? display_number(type, *known) : "";
}

std::vector<std::string> title_keys(const Candidate& candidate) {
  const std::string title = normalise_title(candidate.item.title);
  if (title.empty()) return {};
  return {"title:" + normalise_name(candidate.feed_name) + "|" + title};
}

std::vector<std::string> day_keys(const Candidate& candidate) {
  if (!candidate.item.published) return {};
  return {"day:" + normalise_name(candidate.feed_name) + "|" +
          base::format_rfc3339(*candidate.item.published).substr(0, 10)};
}

}  // namespace podswarm::rules

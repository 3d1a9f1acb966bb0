// Which of several elements that say the same wins: the earlier rank that is not empty, and of one rank the first
// (docs/parse.md lists the sources of each field).
#pragma once

#include <string>
#include <utility>

namespace podswarm::feeds {

enum class TitleFrom { kOwn, kItunes, kMedia, kDublinCore, kAtom, kNone };
enum class LinkFrom { kText, kHref, kAlternate, kExternal, kGuid, kNone };
enum class DescriptionFrom {
  kOwn,
  kAtom,
  kSummary,
  kMedia,
  kSubtitle,
  kBareSubtitle,
  kDublinCore,
  kItunesSubtitle,
  kGooglePlay,
  kNone
};
enum class ContentFrom { kEncoded, kBareEncoded, kAtom, kFullItem, kBody, kNone };
enum class AuthorFrom { kItunes, kOwn, kDcCreator, kDcAuthor, kBare, kAtom, kGooglePlay, kNone };
enum class ImageFrom { kItunes, kMediaThumbnail, kOwn, kLogo, kIcon, kThumbnail, kMediaContent, kGooglePlay, kNone };
enum class DateFrom { kOwn, kAtom, kModified, kIssued, kDcTerms, kBare, kDublinCore, kNone };
enum class LanguageFrom { kOwn, kDublinCore, kXmlLang, kNone };
enum class DurationFrom { kItunes, kMedia, kAttachment, kNone };
enum class NumberFrom { kItunes, kPodcast, kNone };
enum class PlainFrom { kFirst, kSecond, kThird, kNone };

// A field that takes the best of what is offered.
template <class From, class Value = std::string>
class Choice {
 public:
  // Whether an offer of that rank would be taken: ask before making an expensive value.
  [[nodiscard]] bool wants(From from) const { return from < from_; }

  void offer(From from, Value value) {
    if (!wants(from) || is_empty(value)) return;
    value_ = std::move(value);
    from_ = from;
  }

  [[nodiscard]] const Value& value() const { return value_; }
  [[nodiscard]] Value take() { return std::move(value_); }

 private:
  static bool is_empty(const Value& value) {
    if constexpr (requires { value.empty(); }) {
      return value.empty();
    } else {
      return !value;
    }
  }

  Value value_{};
  From from_ = From::kNone;
};

}  // namespace podswarm::feeds

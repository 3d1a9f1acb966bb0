// Names in XML: which vocabulary an element belongs to, by its namespace's URI with forgiveness, and what is in force
// around it (xml:base, xml:lang). A Scope follows a walk through one document; use it from one thread.
#pragma once

#include <array>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace podswarm::feeds {

enum class Vocabulary : unsigned char {
  kOwn,  // the format's own elements
  kAtom,
  kItunes,
  kContent,
  kDublinCore,
  kDcTerms,
  kMedia,
  kPodcast,
  kPodlove,
  kTorrent,  // ezRSS, BEP 36
  kTorznab,
  kNyaa,
  kShowRss,
  kSyndication,
  kEnclosure,  // RSS 1.0's mod_enclosure
  kGooglePlay,
  kXhtml,
  kRdf,
  kOther,
};

// A vocabulary and the local name in lower case. A name too long to be a known one is kOther and "".
class Name {
 public:
  Name() = default;
  Name(Vocabulary vocabulary, std::string_view local);
  [[nodiscard]] Vocabulary vocabulary() const { return vocabulary_; }
  [[nodiscard]] std::string_view local() const { return {text_.data(), size_}; }
  [[nodiscard]] bool is(Vocabulary vocabulary, std::string_view local) const {
    return vocabulary_ == vocabulary && this->local() == local;
  }

 private:
  Vocabulary vocabulary_ = Vocabulary::kOther;
  unsigned char size_ = 0;
  std::array<char, 30> text_{};
};

enum class RootKind { kRss, kAtom };

class Scope {
 public:
  // `base_url` is the document's own URL, or "". Of RSS, which has no namespace, the elements are its own whatever
  // default namespace the root or the channel declares; Atom's are those of Atom's or the root's namespace, or of none.
  Scope(RootKind kind, std::string_view base_url) : kind_(kind), document_url_(base_url) {}

  // What `element` declares is in force until the matching leave(). Elements nest.
  void enter(pugi::xml_node element);
  void leave();

  // The name of the element entered last.
  [[nodiscard]] Name name(pugi::xml_node element) const;

  // A reference against xml:base, else the document's URL, else as it stands; trimmed. Absolute URLs stand.
  [[nodiscard]] std::string resolve(std::string_view reference) const;
  // Whether relative references can be resolved here.
  [[nodiscard]] bool has_base() const { return !base().empty(); }
  // xml:base alone, resolved; "" if there is none in force.
  [[nodiscard]] std::string_view xml_base() const { return bases_.empty() ? std::string_view{} : bases_.back(); }
  [[nodiscard]] std::string_view language() const {
    return languages_.empty() ? std::string_view{} : languages_.back();
  }

 private:
  struct Binding {
    std::string_view prefix;
    Vocabulary vocabulary;
  };
  struct Frame {
    std::size_t bindings;
    std::size_t bases;
    std::size_t languages;
  };

  [[nodiscard]] std::string_view base() const {
    return bases_.empty() ? std::string_view(document_url_) : bases_.back();
  }
  [[nodiscard]] Vocabulary classify(std::string_view prefix, std::string_view uri, bool is_root) const;
  void bind(std::string_view prefix, std::string_view uri, bool is_root);

  RootKind kind_;
  std::string document_url_;
  std::string root_uri_;  // of the root element's own name
  std::vector<Binding> bindings_;
  std::vector<Frame> frames_;
  std::vector<std::string> bases_;
  std::vector<std::string> languages_;
};

// The namespace's URI as it is compared: no scheme, no blanks, lower case, no trailing slash or number sign.
[[nodiscard]] std::string comparable_uri(std::string_view uri);

// The name without its prefix.
[[nodiscard]] std::string_view local_part(std::string_view name);

// The first attribute of that name whatever its case; for a name without a prefix one without a prefix. Raw, "" if
// there is none.
[[nodiscard]] pugi::xml_attribute find_attribute(pugi::xml_node element, std::string_view name);

}  // namespace podswarm::feeds

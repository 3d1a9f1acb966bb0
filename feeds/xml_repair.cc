#include "feeds/xml_repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "base/text.h"
#include "feeds/xml_names.h"
#include "feeds/xml_tag.h"

namespace podswarm::feeds {

namespace {

using Words = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view word, Words words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Names are compared in lower case, without the prefix.
bool is_root(std::string_view n) {
  return is_one_of(n, {"rss", "rdf", "feed", "opml"});
}
bool is_item(std::string_view n) {
  return is_one_of(n, {"item", "entry"});
}
bool is_container(std::string_view n) {
  return is_root(n) || n == "channel";
}

// What a stray end tag does not close.
bool is_structure(std::string_view n) {
  return is_container(n) || is_item(n) || is_one_of(n, {"head", "body", "outline", "image", "textinput"});
}

// Elements of plain text, which an element that stands beside them ends.
bool is_plain(std::string_view n) {
  return is_one_of(
      n,
      {"title",     "link",     "guid",      "pubdate",   "lastbuilddate", "category",    "comments", "managingeditor",
       "webmaster", "language", "copyright", "generator", "ttl",           "docs",        "id",       "updated",
       "published", "duration", "explicit",  "episode",   "season",        "episodetype", "keywords", "subtitle",
       "creator",   "date"});
}

// Elements of a feed that are none of HTML's, so that they cannot stand in a text.
bool is_sibling(std::string_view n) {
  return is_one_of(n, {"guid",           "pubdate",   "lastbuilddate", "enclosure", "category",  "comments",
                       "managingeditor", "webmaster", "language",      "copyright", "generator", "ttl",
                       "docs",           "id",        "updated",       "published", "duration",  "explicit",
                       "episode",        "season",    "episodetype",   "keywords",  "subtitle",  "creator",
                       "description",    "encoded",   "author",        "content",   "image",     "owner"});
}

bool is_html(std::string_view n) {
  return is_one_of(
      n, {"a",      "b",     "i",     "u",     "p",      "s",      "em",  "strong", "span",    "div",    "font",
          "br",     "hr",    "img",   "ul",    "ol",     "li",     "dl",  "dt",     "dd",      "table",  "tr",
          "td",     "th",    "tbody", "thead", "h1",     "h2",     "h3",  "h4",     "h5",      "h6",     "blockquote",
          "pre",    "code",  "small", "big",   "center", "strike", "sub", "sup",    "script",  "style",  "iframe",
          "object", "embed", "form",  "input", "tt",     "cite",   "q",   "figure", "section", "article"});
}

bool is_void_html(std::string_view n) {
  return is_one_of(n, {"br", "hr", "img", "input", "meta", "wbr"});
}

// Finds the next place of a word, going forward through the text; what was found, or not found, is not sought again.
class Seeker {
 public:
  explicit Seeker(std::string_view word) : word_(word) {}
  std::size_t next(std::string_view text, std::size_t from) {
    if (!known_ || found_ < from) {
      found_ = text.find(word_, from);
      known_ = true;
    }
    return found_;
  }

 private:
  std::string_view word_;
  std::size_t found_ = 0;
  bool known_ = false;
};

class Repairer {
 public:
  Repairer(std::string_view text, std::size_t max_depth, RepairNotes& notes, Place start)
      : text_(text), max_depth_(max_depth), notes_(notes), start_(start) {
    out_.reserve(text.size() + text.size() / 16);
  }

  std::string run() {
    while (at_ < text_.size() && !done_) {
      const auto next = std::min(text_.find('<', at_), text_.size());
      emit_text(text_.substr(at_, next - at_));
      at_ = next;
      if (at_ < text_.size()) markup();
    }
    finish();
    return std::move(out_);
  }

 private:
  struct Open {
    std::string_view name;
    std::string local;
    std::size_t offset;  // of its start tag in the output
    std::size_t source;  // and in the text
  };

  void markup() {
    mark_ = at_;
    const auto rest = text_.substr(at_);
    if (rest.rfind("<!--", 0) == 0) return comment();
    if (rest.rfind("<![CDATA[", 0) == 0) return cdata();
    if (rest.rfind("<?", 0) == 0) return skip_behind(instruction_end_, 2);
    if (rest.rfind("<!", 0) == 0) return declaration(rest);
    if (rest.rfind("</", 0) == 0) return end_tag(rest);
    if (rest.size() > 1 && starts_name(rest[1])) return start_tag(rest);
    bare_less_than();
  }

  // Behind the mark, or if there is none behind the next '>'.
  void skip_behind(Seeker& mark, std::size_t length) {
    auto end = mark.next(text_, at_);
    if (end == std::string_view::npos) {
      end = text_.find('>', at_);
      length = 1;
    }
    at_ = end == std::string_view::npos ? text_.size() : end + length;
  }

  void comment() {
    const auto end = comment_end_.next(text_, at_ + 4);
    if (end != std::string_view::npos) {
      at_ = end + 3;
      return;
    }
    note("a comment is not closed");
    at_ += 4;
  }

  // A section without its end, or one whose end is another section's, ends with the element it is in.
  void cdata() {
    static constexpr std::string_view kOpen = "<![CDATA[";
    const auto start = at_ + kOpen.size();
    const auto end = cdata_end_.next(text_, start);
    const bool closed = end != std::string_view::npos;
    auto content = text_.substr(start, closed ? end - start : end);
    const auto nested = closed ? content.find(kOpen) : content.size();
    std::size_t length = content.size() + kOpen.size() + (closed ? 3 : 0);
    if (!open_.empty() && nested != std::string_view::npos) {
      const std::string closing = "</" + std::string(open_.back().name);
      const auto stop = content.substr(0, nested).find(closing);
      if (stop != std::string_view::npos) {
        note("a CDATA section is not closed");
        content = content.substr(0, stop);
        length = kOpen.size() + stop;
      }
    }
    if (!open_.empty()) {
      out_ += kOpen;
      out_ += content;
      out_ += "]]>";
    }
    at_ += length;
  }

  void declaration(std::string_view rest) {
    const auto open = rest.find_first_of("[>");
    if (open != std::string_view::npos && rest[open] == '[') return skip_behind(subset_end_, 2);
    at_ = open == std::string_view::npos ? text_.size() : at_ + open + 1;
  }

  void bare_less_than() {
    note("a bare <");
    emit_text("&lt;");
    ++at_;
  }

  void end_tag(std::string_view rest) {
    std::size_t end = 2;
    while (end < rest.size() && continues_name(rest[end])) ++end;
    const auto name = rest.substr(2, end - 2);
    const auto stop = rest.find_first_of("<>", end);
    if (stop == std::string_view::npos) {
      at_ = text_.size();
    } else {
      at_ += rest[stop] == '>' ? stop + 1 : stop;
    }
    if (name.empty()) return;
    for (auto i = open_.size(); i > 0; --i) {
      if (!base::iequals(open_[i - 1].name, name)) continue;
      if (i != open_.size()) note_unclosed();
      close_down_to(i - 1);
      done_ = open_.empty() && root_seen_;
      return;
    }
    note(fmt::format("</{}> closes nothing", base::utf8_prefix(name, 40)));
    const std::string local = base::ascii_lower(local_part(name));
    if (!open_.empty() && !is_html(local) && !is_structure(local) && !is_structure(open_.back().local)) {
      close_down_to(open_.size() - 1);
    }
  }

  void start_tag(std::string_view rest) {
    StartTag tag;
    // Where quotes are never closed, each tag seems to reach to the end: after some of those, none is read so far.
    const bool patient = truncated_ < kMostTruncated;
    switch (read_start_tag(patient ? rest : rest.substr(0, kShortTag), tag)) {
      case TagReading::kText:
        return bare_less_than();
      case TagReading::kTruncated:
        ++truncated_;
        // The rest is no tag's; but it may hold tags behind a quote that is never closed.
        if (rest.find('<', 1) != std::string_view::npos) return bare_less_than();
        at_ = text_.size();
        return;
      case TagReading::kTag:
        break;
    }
    at_ += tag.length;
    std::string local = base::ascii_lower(local_part(tag.name));
    close_before(local);
    if (open_.size() >= max_depth_) {
      if (!too_deep_) note(fmt::format("elements more than {} deep", max_depth_));
      too_deep_ = true;
      return;
    }
    root_seen_ = root_seen_ || (open_.empty() && is_root(local));
    const std::size_t offset = out_.size();
    out_ += '<';
    out_ += tag.name;
    out_ += tag.attributes;
    if (tag.self_closing || is_void_html(local)) {
      out_ += "/>";
      done_ = open_.empty() && is_root(local);
      return;
    }
    out_ += '>';
    open_.push_back({tag.name, std::move(local), offset, mark_});
  }

  // What must be closed for an element to start where only it can stand.
  void close_before(const std::string& local) {
    if (open_.empty()) return;
    if (is_root(local) && !root_seen_) return close_down_to(0);
    if (is_item(local) || local == "channel") {
      for (auto i = open_.size(); i > 0; --i) {
        if (!is_container(open_[i - 1].local)) continue;
        if (i != open_.size()) note_unclosed();
        return close_down_to(i);
      }
      return;
    }
    const auto& top = open_.back().local;
    const bool ends_plain = is_plain(top) && (is_sibling(local) || is_plain(local)) && !is_html(local);
    const bool ends_html =
        is_one_of(top, {"description", "encoded"}) && is_one_of(local, {"guid", "pubdate", "enclosure"});
    // Atom's category and the like may nest in themselves.
    if ((ends_plain && top != local) || ends_html) {
      note_unclosed();
      close_down_to(open_.size() - 1);
    }
  }

  void close_down_to(std::size_t size) {
    while (open_.size() > size) {
      out_ += "</";
      out_ += open_.back().name;
      out_ += '>';
      open_.pop_back();
    }
  }

  void finish() {
    for (std::size_t i = 0; i < open_.size(); ++i) {
      if (!is_item(open_[i].local)) continue;
      note("the document ends within an item, which is left out", open_[i].source);
      out_.resize(open_[i].offset);
      open_.resize(i);
      break;
    }
    if (!open_.empty()) note_unclosed();
    close_down_to(0);
  }

  void emit_text(std::string_view text) {
    if (!open_.empty()) out_ += text;
  }

  // Of the markup that is being read.
  void note(std::string what) { note(std::move(what), mark_); }
  // Reads the text up to there once more, which is why only the first few get that far.
  void note(std::string what, std::size_t offset) {
    if (!notes_.full()) notes_.add({std::move(what), behind(start_, text_.substr(0, offset))});
  }
  // Where it begins is where to look for what is missing.
  void note_unclosed() {
    const Open& last = open_.back();
    note(fmt::format("<{}> is not closed", base::utf8_prefix(last.name, 40)), last.source);
  }

  std::string_view text_;
  std::size_t max_depth_;
  RepairNotes& notes_;
  Place start_;  // of the text
  std::string out_;
  std::vector<Open> open_;
  static constexpr std::size_t kMostTruncated = 8;
  static constexpr std::size_t kShortTag = 128;
  std::size_t truncated_ = 0;  // tags that the text ended within
  std::size_t at_ = 0;
  std::size_t mark_ = 0;  // where the markup that is being read begins
  bool root_seen_ = false;
  bool done_ = false;
  bool too_deep_ = false;
  Seeker comment_end_{"-->"};
  Seeker cdata_end_{"]]>"};
  Seeker instruction_end_{"?>"};
  Seeker subset_end_{"]>"};
};

}  // namespace

std::string repair_xml(std::string_view text, std::size_t max_depth, RepairNotes& notes, Place start) {
  return Repairer(text, max_depth, notes, start).run();
}

}  // namespace podswarm::feeds

#include "feeds/rules/qbittorrent_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "feeds/rules/evaluate.h"
#include "feeds/rules/json_places.h"
#include "feeds/rules/text_match.h"

namespace podswarm::rules {

namespace {

namespace json = boost::json;

constexpr std::size_t kMaxFileBytes = 16u << 20;
constexpr std::size_t kMaxRules = 10'000;

// A string literal of the rule language.
std::string literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

std::string raw_literal(std::string_view text) {
  if (text.find('"') == std::string_view::npos) return "r\"" + std::string(text) + "\"";
  if (text.find('\'') == std::string_view::npos) return "r'" + std::string(text) + "'";
  return literal(text);
}

// "" for a pattern with both kinds of quotes, which such a string cannot hold.
std::string pcre_literal(std::string_view text) {
  if (text.find('"') == std::string_view::npos) return "pcre\"" + std::string(text) + "\"";
  if (text.find('\'') == std::string_view::npos) return "pcre'" + std::string(text) + "'";
  return "";
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  for (text = base::trim(text); !text.empty(); text = base::trim(text)) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n\f\v"), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

// The words of one alternative, each to be found anywhere.
std::string all_words(std::string_view alternative) {
  std::string out;
  for (const std::string_view word : words(alternative)) {
    if (!out.empty()) out += " and ";
    const bool wild = word.find_first_of("*?") != std::string_view::npos;
    out += wild ? "title like " + literal(fmt::format("*{}*", word)) : "title : " + literal(word);
  }
  return out;
}

// One rule under translation.
class RuleTranslator {
 public:
  RuleTranslator(const std::string& name, const json::object& rule, const JsonPlaces& places, const std::string& file,
                 std::vector<base::Diagnostic>& notes)
      : name_(name), rule_(rule), places_(places), file_(file), notes_(notes) {
    if (const json::value* params = rule.if_contains("torrentParams"); params != nullptr && params->is_object()) {
      params_ = &params->get_object();
    }
  }

  RuleSpec run() {
    out_.file = file_;
    out_.pos = place("");
    out_.id = {name_, place("")};
    out_.enabled = flag(rule_, "enabled", true);
    out_.priority = -static_cast<int>(std::clamp<std::int64_t>(integer(rule_, "priority"), -1'000'000, 1'000'000));
    if (out_.priority != 0)
      note("priority", "qBittorrent asks lower numbers first: the sign of the priority is turned");
    feeds();
    const bool regex = flag(rule_, "useRegex", false);
    pattern("mustContain", regex, out_.any);
    pattern("mustNotContain", regex, out_.none);
    episode_filter();
    history();
    destination();
    left_out();
    if (out_.any.empty() && out_.all.empty() && out_.none.empty() && out_.where.value.empty()) {
      out_.match_all = true;
      block("mustContain", "the rule has no condition and took everything");
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] base::SourcePos place(const std::string& key) const {
    const auto found = places_.find({name_, key});
    return found == places_.end() ? base::SourcePos{} : found->second;
  }
  void note_at(base::SourcePos pos, std::string message, std::string hint = "") {
    notes_.push_back({file_, pos, fmt::format("rule \"{}\": {}", name_, message), std::move(hint)});
  }
  void note(const std::string& key, std::string message, std::string hint = "") {
    note_at(place(key), std::move(message), std::move(hint));
  }
  // The rule cannot be carried over as it was meant: it stays, and stays off.
  void block(const std::string& key, std::string message) { block_at(place(key), std::move(message)); }
  // Enabling it alone must not make it take more than it did: a condition that nothing meets stands in for the lost
  // one.
  void lose_condition(const std::string& key, base::SourcePos pos, std::string message) {
    out_.all.push_back({"title = " + literal("(" + key + " could not be imported)"), place(key)});
    block_at(pos, key + ": " + std::move(message));
  }
  void block_at(base::SourcePos pos, std::string message) {
    note_at(pos, std::move(message), "imported disabled: mend it, then set enabled = true");
    out_.enabled = false;
  }

  static bool flag(const json::object& object, const char* key, bool default_value) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_bool() ? value->get_bool() : default_value;
  }
  static std::string text(const json::object& object, const char* key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? base::repair_utf8(value->get_string()) : std::string();
  }
  static std::int64_t integer(const json::object& object, const char* key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
  }
  // Newer files keep what concerns the torrent in an object of its own.
  [[nodiscard]] std::string either(const char* param, const char* old_key) const {
    const std::string value = params_ != nullptr ? text(*params_, param) : std::string();
    return value.empty() ? text(rule_, old_key) : value;
  }

  void feeds() {
    const json::value* value = rule_.if_contains("affectedFeeds");
    if (value != nullptr && value->is_string() && !value->get_string().empty()) {
      out_.feeds.push_back({base::repair_utf8(value->get_string()), place("affectedFeeds")});
    } else if (value != nullptr && value->is_array()) {
      for (const json::value& feed : value->get_array()) {
        if (feed.is_string() && !feed.get_string().empty()) {
          out_.feeds.push_back({base::repair_utf8(feed.get_string()), place("affectedFeeds")});
        }
      }
    }
    if (out_.feeds.empty()) {
      // A name that no feed has: without a feed the rule never matched, and must not begin to.
      out_.feeds.push_back({"(no feed was chosen)", place("affectedFeeds")});
      block("affectedFeeds", "the rule names no feed, so it never matched");
    }
  }

  void pattern(const std::string& key, bool regex, std::vector<Text>& list) {
    const std::string value = text(rule_, key.c_str());
    if (base::trim(value).empty()) return;
    if (regex) {
      const std::string insensitive = "(?i)" + value;
      SyntaxError problem;
      SyntaxError pcre_problem;
      if (Regex::compile(value, problem) && Regex::compile(insensitive, problem)) {
        list.push_back({"title ~ " + raw_literal(insensitive), place(key)});
      } else if (const auto pcre = pcre_literal(insensitive); Regex::compile_pcre(value, pcre_problem) &&
                                                              !pcre.empty() &&
                                                              Regex::compile_pcre(insensitive, pcre_problem)) {
        list.push_back({"title ~ " + pcre, place(key)});
        note(key, "look-around or a reference back: matched by PCRE2 within limits; what comes to them is held");
      } else {
        // PCRE2's syntax is the wider one: what it says is what the pattern suffers from.
        if (!pcre_problem.message.empty()) problem = pcre_problem;
        const std::size_t offset = std::min(problem.offset, value.size());
        lose_condition(key, position_in(value, place(key), offset), problem.message);
      }
      return;
    }
    std::size_t offset = 0;
    for (const std::string_view alternative : base::split(value, '|')) {
      if (base::trim(alternative).empty()) {
        const std::size_t bar = std::min(offset, value.size() - 1);  // a trailing one is the bar itself
        lose_condition(key, position_in(value, place(key), bar), "an empty alternative matches everything");
      } else {
        list.push_back({all_words(alternative), place(key)});
      }
      offset += alternative.size() + 1;
    }
  }

  void episode_filter() {
    const std::string filter = text(rule_, "episodeFilter");
    if (filter.empty()) return;
    const auto expression = translate_episode_filter(filter);
    if (expression) {
      out_.where = {*expression, place("episodeFilter")};
      return;
    }
    const auto pos = position_in(filter, place("episodeFilter"), expression.error().offset);
    lose_condition("episodeFilter", pos, expression.error().message);
  }

  void history() {
    const std::int64_t days = integer(rule_, "ignoreDays");
    if (days > 0 && days < 100'000) {
      out_.cooldown = {fmt::format("{}d", days), place("ignoreDays")};
      if (!text(rule_, "lastMatch").empty()) note("lastMatch", "the time of the last match is not carried over");
    }
    if (flag(rule_, "smartFilter", false)) {
      out_.once_per = {"episode", place("smartFilter")};
      out_.repack = {"any", place("smartFilter")};
      note("smartFilter", "became once_per = \"episode\" with repack = \"any\"",
           "set repack = \"none\" if you had REPACK and PROPER episodes turned off");
    }
    const json::value* episodes = rule_.if_contains("previouslyMatchedEpisodes");
    if (episodes != nullptr && episodes->is_array() && !episodes->get_array().empty()) {
      note("previouslyMatchedEpisodes",
           fmt::format("{} episodes matched before are not carried over: they are kept without the name of the show",
                       episodes->get_array().size()));
    }
  }

  void destination() {
    const std::string folder = either("save_path", "savePath");
    if (!folder.empty()) {
      const auto parts = base::split(folder, '/');
      const bool leads_out =
          std::any_of(parts.begin(), parts.end(), [](std::string_view part) { return base::trim(part) == ".."; });
      const bool plain = !leads_out && folder.front() != '/' && folder.find_first_of("{}\\:") == std::string::npos;
      if (plain) {
        out_.dest = {folder, place("savePath")};
      } else {
        note(params_ != nullptr ? "torrentParams" : "savePath",
             fmt::format("the folder \"{}\" is not carried over", folder), "dest is a folder within the library");
      }
    }
    const std::string category = either("category", "assignedCategory");
    if (!category.empty()) out_.tags.push_back({category, place("assignedCategory")});
    if (params_ == nullptr) {
      out_.paused = flag(rule_, "addPaused", false);
      return;
    }
    if (const json::value* tags = params_->if_contains("tags"); tags != nullptr && tags->is_array()) {
      for (const json::value& tag : tags->get_array()) {
        if (tag.is_string()) out_.tags.push_back({base::repair_utf8(tag.get_string()), place("torrentParams")});
      }
    }
    out_.paused = flag(*params_, "stopped", flag(rule_, "addPaused", false));
    if (flag(*params_, "add_to_top_of_queue", false)) out_.queue = {"top", place("torrentParams")};
  }

  // Whether a setting says nothing: off, empty, zero or below, or the name of what is usual.
  static bool is_usual(const json::value& value) {
    static constexpr std::array<std::string_view, 4> kUsual = {"Original", "None", "Default", "AutoManaged"};
    if (value.is_string()) {
      const std::string_view text = value.get_string();
      return text.empty() || std::find(kUsual.begin(), kUsual.end(), text) != kUsual.end();
    }
    if (value.is_array()) return value.get_array().empty();
    if (value.is_object()) return value.get_object().empty();
    if (value.is_number()) return !(value.to_number<double>() > 0);
    return !value.is_bool() || !value.get_bool();
  }

  // Whatever else the file says of the rule is named, so that nothing is lost in silence.
  void left_out() {
    static constexpr std::array<std::string_view, 15> kRead = {"enabled",         "priority",
                                                               "useRegex",        "mustContain",
                                                               "mustNotContain",  "episodeFilter",
                                                               "affectedFeeds",   "lastMatch",
                                                               "ignoreDays",      "smartFilter",
                                                               "torrentParams",   "savePath",
                                                               "addPaused",       "previouslyMatchedEpisodes",
                                                               "assignedCategory"};
    static constexpr std::array<std::string_view, 5> kReadParams = {"category", "tags", "save_path", "stopped",
                                                                    "add_to_top_of_queue"};
    const auto rest = [&](const json::object& object, const auto& read, const std::string& place_of) {
      for (const auto& member : object) {
        const std::string_view key = member.key();
        if (std::find(read.begin(), read.end(), key) != read.end() || is_usual(member.value())) continue;
        note(place_of.empty() ? std::string(key) : place_of,
             base::repair_utf8(key) + " has no counterpart in a rule and is left out");
      }
    };
    rest(rule_, kRead, "");
    if (params_ != nullptr) rest(*params_, kReadParams, "torrentParams");
  }

  const std::string& name_;
  const json::object& rule_;
  const json::object* params_ = nullptr;
  const JsonPlaces& places_;
  const std::string& file_;
  std::vector<base::Diagnostic>& notes_;
  RuleSpec out_;
};

// A number at `at`, which moves behind it; nothing where there is none or it has more than four digits.
std::optional<int> take_number(std::string_view text, std::size_t& at) {
  int value = 0;
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (error != std::errc{} || end - begin > 4 || *begin == '-') return std::nullopt;
  at += static_cast<std::size_t>(end - begin);
  return value;
}

}  // namespace

boost::system::result<std::string, EpisodeFilterProblem> translate_episode_filter(std::string_view filter) {
  const auto syntax = [](std::size_t offset, std::string message) {
    return EpisodeFilterProblem{EpisodeFilterError::kSyntax, offset, std::move(message)};
  };
  std::size_t at = 0;
  const auto season = take_number(filter, at);
  if (!season) return syntax(at, "a season was expected, as in 1x5;");
  if (at >= filter.size() || (filter[at] != 'x' && filter[at] != 'X')) {
    return syntax(at, "an x was expected after the season, as in 1x5;");
  }
  ++at;
  std::string out;
  while (at < filter.size()) {
    const std::size_t begin = at;
    const auto first = take_number(filter, at);
    if (!first) return syntax(at, "an episode was expected");
    std::string term = fmt::format("ep = S{:02}E{:02}", *season, *first);
    if (at < filter.size() && filter[at] == '-') {
      ++at;
      if (at < filter.size() && filter[at] != ';') {
        const auto last = take_number(filter, at);
        if (!last) return syntax(at, "an episode or ; was expected after the -");
        if (*last < *first) {
          return EpisodeFilterProblem{EpisodeFilterError::kInverted, begin,
                                      fmt::format("the range {}-{} is upside down", *first, *last)};
        }
        term = fmt::format("ep in S{0:02}E{1:02}..S{0:02}E{2:02}", *season, *first, *last);
      } else {
        term = fmt::format("ep >= S{:02}E{:02}", *season, *first);
      }
    }
    if (at >= filter.size()) return syntax(at, "the final ; is missing, and without it the filter matched nothing");
    if (filter[at] != ';') return syntax(at, fmt::format("unexpected \"{}\"", filter[at]));
    ++at;
    if (!out.empty()) out += " or ";
    out += term;
  }
  if (out.empty()) return syntax(at, "an episode was expected, as in 1x5;");
  return out;
}

base::Result<QbittorrentImport, ImportError> import_qbittorrent(std::string_view text, std::string_view file) {
  if (text.size() > kMaxFileBytes) return base::fail(ImportError::kTooLarge, "more than 16 MiB of rules");
  if (text.substr(0, 64).find('\0') != std::string_view::npos) {
    return base::fail(ImportError::kBinary,
                      "this is qBittorrent's binary export; choose the JSON format (.json) there, or take "
                      "download_rules.json from its configuration");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return base::fail(ImportError::kNotJson, "not JSON: " + error.message());
  if (!value.is_object()) return base::fail(ImportError::kNotRules, "an object of rules was expected");
  if (value.get_object().size() > kMaxRules) return base::fail(ImportError::kTooLarge, "more than 10,000 rules");
  const JsonPlaces places = find_json_places(text);
  const std::string file_name(file);
  QbittorrentImport out;
  for (const auto& member : value.get_object()) {
    const std::string name = base::repair_utf8(member.key());
    if (!member.value().is_object()) {
      return base::fail(ImportError::kNotRules, fmt::format("rule \"{}\" is not an object", name));
    }
    if (base::trim(name).empty()) {
      out.notes.push_back({file_name, {}, "a rule without a name is left out", ""});
      continue;
    }
    out.rules.push_back(RuleTranslator(name, member.value().get_object(), places, file_name, out.notes).run());
  }
  return out;
}

}  // namespace podswarm::rules

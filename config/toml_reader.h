// Reads a TOML table key by key, collecting every problem with its place: wrong types, bad values, keys that nobody
// asked for. For this folder's own sources: the door to toml++.
#pragma once

#include <toml++/toml.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/located.h"
#include "config/config.h"

namespace podswarm::config {

// The text that is being read, and what is wrong with it.
class Source {
 public:
  Source(std::string_view text, std::string filename);

  void problem(base::SourcePos pos, std::string message, std::string hint = {});
  [[nodiscard]] const std::string& filename() const { return filename_; }
  [[nodiscard]] std::vector<base::Diagnostic> take_problems() { return std::move(problems_); }
  [[nodiscard]] bool ok() const { return problems_.empty(); }

  [[nodiscard]] static base::SourcePos pos_of(const toml::node& node);
  // Where a string's first character stands: behind the quotes.
  [[nodiscard]] base::SourcePos content_pos(const toml::node& node) const;

 private:
  std::string filename_;
  std::vector<std::string_view> lines_;
  std::vector<base::Diagnostic> problems_;
};

// Parses; nothing, and a problem in `source`, where the text is no TOML.
[[nodiscard]] std::optional<toml::table> parse_toml(std::string_view text, Source& source);

// Each reader returns nothing where the key is absent or its value wrong (then the problem is noted).
class TableReader {
 public:
  // `path` is what messages call it: "poll", "rule".
  TableReader(const toml::table& table, std::string path, Source& source)
      : table_(table), path_(std::move(path)), source_(source) {}

  [[nodiscard]] std::optional<base::Located<std::string>> located_text(std::string_view key);
  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  // One text or an array of them.
  [[nodiscard]] std::vector<base::Located<std::string>> located_texts(std::string_view key);
  [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key);
  [[nodiscard]] std::optional<base::Located<bool>> located_flag(std::string_view key);
  [[nodiscard]] std::optional<bool> flag(std::string_view key);
  [[nodiscard]] std::optional<base::Located<std::int64_t>> located_integer(std::string_view key, std::int64_t least,
                                                                           std::int64_t most);
  [[nodiscard]] std::optional<int> integer(std::string_view key, int least, int most);
  [[nodiscard]] std::optional<std::uint16_t> port(std::string_view key);
  [[nodiscard]] std::optional<double> number(std::string_view key, double least, double most);
  [[nodiscard]] std::optional<std::chrono::seconds> duration(std::string_view key, std::chrono::seconds least,
                                                             std::chrono::seconds most);
  // A number of bytes, or a text such as "500KiB".
  [[nodiscard]] std::optional<std::uint64_t> bytes(std::string_view key);
  // The same, where "" is a value too: nullopt inside.
  [[nodiscard]] std::optional<std::optional<std::uint64_t>> bytes_or_empty(std::string_view key);
  [[nodiscard]] std::optional<int> percent(std::string_view key);
  [[nodiscard]] std::optional<Window> window(std::string_view key);
  // One of `values`, by the name that to_string() gives it.
  template <class Values, class Enum = typename Values::value_type>
  [[nodiscard]] std::optional<Enum> choice(std::string_view key, const Values& values) {
    std::vector<std::string_view> names;
    for (const auto value : values) names.push_back(to_string(value));
    const auto index = index_of(key, names);
    return index ? std::optional<Enum>(values[*index]) : std::nullopt;
  }
  [[nodiscard]] std::optional<DoneBy> done_by(std::string_view key);
  [[nodiscard]] std::optional<std::string> backlog(std::string_view key);
  // A table of its own, or nullptr.
  [[nodiscard]] const toml::table* table(std::string_view key);
  // Each table of an array of tables.
  [[nodiscard]] std::vector<const toml::table*> tables(std::string_view key);

  // A key that is read elsewhere or may be there unread.
  const toml::node* node(std::string_view key);
  void problem(std::string_view key, const std::string& message, std::string hint = {});

  // Reports the keys that nobody asked for. Last.
  void finish();

 private:
  void wrong_type(std::string_view key, const toml::node& node, const std::string& wanted);
  [[nodiscard]] std::optional<std::size_t> index_of(std::string_view key, const std::vector<std::string_view>& names);
  [[nodiscard]] std::string name(std::string_view key) const;

  const toml::table& table_;
  std::string path_;
  Source& source_;
  std::vector<std::string> known_;
};

// [[rule]] tables (rule_entry.cc).
[[nodiscard]] RuleEntry read_rule(const toml::table& table, Source& source);
// [[hook]] tables (hook_entry.cc).
[[nodiscard]] HookEntry read_hook(const toml::table& table, Source& source);
// The keys of Extras in [library] or in a feed's table, where "tags" are the feed's own (extras.cc).
[[nodiscard]] ExtrasOverride read_extras(TableReader& reader, std::string_view tags_key);

}  // namespace podswarm::config

// The documentation and the command line name the same verbs and options. Reads the sources: app/cli.cc is the truth.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"

namespace podswarm {
namespace {

const std::filesystem::path kRoot = PODSWARM_SOURCE_DIR;

std::string read(const std::string& file) {
  const auto text = base::read_file(kRoot / file, 1u << 20);
  if (!text) ADD_FAILURE() << text.error().message;
  return text ? *text : std::string();
}

// The first string literal behind each place where `call` stands.
std::vector<std::string> first_literals(const std::string& source, const std::string& call) {
  std::vector<std::string> out;
  for (auto at = source.find(call); at != std::string::npos; at = source.find(call, at + 1)) {
    const auto open = source.find('"', at + call.size());
    const auto close = source.find('"', open + 1);
    if (close != std::string::npos) out.push_back(source.substr(open + 1, close - open - 1));
  }
  return out;
}

// "add", "rules check": as they are typed. The variable of a verb that has others below it is called as the verb is.
std::set<std::string> verbs() {
  const std::string source = read("app/cli.cc");
  std::set<std::string> out;
  for (const std::string call : {" verb(", "(verb("}) {
    for (auto at = source.find(call); at != std::string::npos; at = source.find(call, at + 1)) {
      const auto parent = at + call.size();
      const auto names = first_literals(source.substr(parent, 200), "line,");
      if (source.compare(parent, 4, "app,") == 0 && !names.empty()) out.insert(names.front());
      if (source[parent] == '*' && !names.empty()) {
        out.insert(source.substr(parent + 1, source.find(',', parent) - parent - 1) + " " + names.front());
      }
    }
  }
  return out;
}

// "--name" for each option; those written "-h,--help" give their long form.
std::set<std::string> options() {
  const std::string source = read("app/cli.cc");
  std::set<std::string> out{"--help", "--version"};
  for (const std::string call : {"add_option(", "add_flag(", "rate_option("}) {
    for (const auto& literal : first_literals(source, call)) {
      const auto dashes = literal.find("--");
      if (dashes != std::string::npos) out.insert(literal.substr(dashes));
    }
  }
  return out;
}

bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
}

bool has_word(const std::string& text, const std::string& word) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    const bool begins = at == 0 || !is_word_character(text[at - 1]);
    const bool ends = end == text.size() || !is_word_character(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

// A man page without its escaped hyphens and font changes.
std::string plain_roff(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
    } else if (text[i + 1] == 'f') {
      i += 2;
      out += ' ';
    } else if (text[i + 1] == '-') {
      ++i;
      out += '-';
    }
  }
  return out;
}

TEST(Documentation, FindsTheVerbsAndOptionsOfTheCommandLine) {
  // Where this fails, cli.cc is written in another way than this test reads it.
  const auto found = verbs();
  for (const char* verb : {"add", "run", "status", "rules test", "config path", "torrent verify", "demo"}) {
    EXPECT_TRUE(found.contains(verb)) << verb;
  }
  EXPECT_GE(found.size(), 22u);
  for (const char* option : {"--json", "--quiet", "--config", "--latest", "--up-limit", "--on-done"}) {
    EXPECT_TRUE(options().contains(option)) << option;
  }
}

// Whether the man page has an entry for the verb: a line in bold that begins with it.
bool has_entry(const std::string& man, const std::string& verb) {
  for (const std::string macro : {".B ", ".BI ", ".BR ", ".BI \"", ".BR \""}) {
    const std::string entry = "\n" + macro + verb;
    for (auto at = man.find(entry); at != std::string::npos; at = man.find(entry, at + 1)) {
      if (!is_word_character(man[at + entry.size()])) return true;
    }
  }
  return false;
}

TEST(Documentation, ReadmeAndManPageNameEveryVerbAndOption) {
  const std::string readme = read("README.md");
  const std::string man = plain_roff(read("docs/podswarm.1"));
  for (const auto& verb : verbs()) {
    const bool in_table = readme.find("\n| `" + verb + "`") != std::string::npos ||
                          readme.find("\n| `" + verb + " ") != std::string::npos;
    EXPECT_TRUE(in_table) << "README.md lacks " << verb;
    EXPECT_TRUE(has_entry(man, verb)) << "docs/podswarm.1 lacks " << verb;
  }
  for (const auto& option : options()) {
    EXPECT_TRUE(has_word(readme, option)) << "README.md lacks " << option;
    EXPECT_TRUE(has_word(man, option)) << "docs/podswarm.1 lacks " << option;
  }
}

TEST(Documentation, CompletionsKnowEveryVerbAndOption) {
  for (const std::string shell : {"podswarm.bash", "_podswarm", "podswarm.fish"}) {
    const std::string text = read("packaging/completions/" + shell);
    for (const auto& verb : verbs()) {
      const std::string word = verb.substr(verb.find(' ') + 1);
      EXPECT_TRUE(has_word(text, word)) << shell << " lacks " << verb;
    }
    for (const auto& option : options()) {
      // fish names options without their dashes: -l name.
      const std::string written = shell == "podswarm.fish" ? "-l " + option.substr(2) : option;
      EXPECT_TRUE(has_word(text, written)) << shell << " lacks " << option;
    }
  }
}

TEST(Documentation, NamesNoOptionThatDoesNotExist) {
  const auto known = options();
  const std::string man = plain_roff(read("docs/podswarm.1"));
  for (auto at = man.find("--"); at != std::string::npos; at = man.find("--", at + 2)) {
    if (at > 0 && is_word_character(man[at - 1])) continue;
    auto end = at + 2;
    while (end < man.size() && is_word_character(man[end])) ++end;
    const std::string option = man.substr(at, end - at);
    EXPECT_TRUE(known.contains(option)) << "docs/podswarm.1 has " << option;
  }
}

TEST(Documentation, EveryRouteOfTheInterfaceIsDescribed) {
  const std::string source = read("web/api.cc");
  const std::string document = read("docs/api.md");
  std::size_t routes = 0;
  for (const std::string call : {"path == ", "below("}) {
    for (auto name : first_literals(source, call)) {
      if (name.empty()) continue;
      if (name.back() == '/') name.pop_back();
      EXPECT_TRUE(has_word(document, "/" + name)) << "docs/api.md lacks /" << name;
      ++routes;
    }
  }
  EXPECT_GE(routes, 14u);
}

TEST(Documentation, ReadmeNamesEveryTableOfTheConfiguration) {
  const std::string example = "\n" + read("config.example.toml");
  const std::string readme = read("README.md");
  std::size_t tables = 0;
  for (auto at = example.find("\n["); at != std::string::npos; at = example.find("\n[", at + 1)) {
    const std::string table = example.substr(at + 1, example.find('\n', at + 1) - at - 1);
    EXPECT_NE(readme.find("| `" + table + "` |"), std::string::npos) << "README.md lacks " << table;
    ++tables;
  }
  EXPECT_GE(tables, 7u);
}

TEST(Documentation, LinksLeadToFilesThatExist) {
  for (const std::string file : {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/api.md", "docs/architecture.md",
                                 "docs/hooks.md", "docs/parse.md", "docs/rules.md", "docs/serving.md"}) {
    const std::string text = read(file);
    for (auto at = text.find("]("); at != std::string::npos; at = text.find("](", at + 2)) {
      std::string target = text.substr(at + 2, text.find(')', at) - at - 2);
      target = target.substr(0, target.find('#'));
      if (target.empty() || target.find("://") != std::string::npos) continue;
      EXPECT_TRUE(std::filesystem::exists((kRoot / file).parent_path() / target)) << file << " → " << target;
    }
  }
}

}  // namespace
}  // namespace podswarm

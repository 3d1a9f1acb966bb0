// Reads qBittorrent's RSS rules (download_rules.json, its JSON export) into rules of ours, and says what could not be
// carried over. Nothing is guessed in silence: a rule that would take more than it did is imported disabled. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/located.h"
#include "base/result.h"
#include "feeds/rules/rule_spec.h"

namespace podswarm::rules {

enum class ImportError {
  kNotJson,
  kBinary,    // the other export format, a Qt binary stream
  kNotRules,  // JSON, but not an object of rules
  kTooLarge,
};

struct QbittorrentImport {
  std::vector<RuleSpec> rules;          // in the file's order; their positions are in that file
  std::vector<base::Diagnostic> notes;  // what was left out or changed
};

// `file` is named in the notes.
[[nodiscard]] base::Result<QbittorrentImport, ImportError> import_qbittorrent(std::string_view text,
                                                                              std::string_view file);

// qBittorrent's episode filter ("1x5;8-15;30-;") as an expression over `ep`. The filter means what it says: one season,
// then terms, each closed by `;`: one episode, a range, or one episode and all that follow, later seasons included.
enum class EpisodeFilterError { kSyntax, kInverted };
struct EpisodeFilterProblem {
  EpisodeFilterError code{};
  std::size_t offset = 0;
  std::string message;
};
[[nodiscard]] boost::system::result<std::string, EpisodeFilterProblem> translate_episode_filter(
    std::string_view filter);

}  // namespace podswarm::rules

#include "scheduler/adopt_match.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "base/text.h"
#include "base/units.h"
#include "library/name_fold.h"
#include "library/portable_name.h"
#include "scheduler/adopt_clues.h"

namespace podswarm::scheduler {

namespace {

using std::chrono::days;
using std::chrono::seconds;

// What is enough, and by how much the best must lead.
constexpr int kEnough = 6;
constexpr int kLead = 2;

// What each clue counts.
constexpr int kGuid = 12;
constexpr int kWholeName = 8;    // nothing else stands in the name but date, number and show
constexpr int kTitleInName = 6;  // a title of some length, among other words
constexpr int kShortTitle = 2;
constexpr int kMostWords = 3;
constexpr int kOtherWords = -4;
constexpr int kTagTitle = 6;
constexpr int kDay = 5;
constexpr int kOtherDay = -4;
constexpr int kNumber = 4;
constexpr int kOtherNumber = -6;
constexpr int kFileName = 6;
constexpr int kSize = 4;
constexpr int kDuration = 2;
constexpr int kSizeAndDuration = 4;  // besides: together they are no accident, whatever the name says
constexpr int kOtherDuration = -3;
constexpr int kShow = 3;
constexpr int kOtherShow = -3;
constexpr int kOtherAlbum = -3;  // which is no show's

// Songs and films have titles of a word or two as well, and in folders that name no show also longer ones: those say
// nothing by themselves.
constexpr std::size_t kShortWords = 2;
constexpr std::size_t kShortWordsElsewhere = 4;

constexpr std::array<std::string_view, 8> kNumberWords = {"episode", "ep", "e", "no", "nr", "folge", "season", "s"};

constexpr std::uint64_t kLeastTellingSize = 16 * 1024;

struct EpisodeClues {
  const KnownItem* item = nullptr;
  Words title;
  std::vector<Words> shows;
  std::optional<rules::Numbering> number;  // of the title
};

struct FileClues {
  const FoundFile* file = nullptr;
  std::string name;  // folded, with the extension
  Words words;       // of the name without it
  Words tag_title;
  std::vector<Words> places;  // its folders and its album
  Words album;
  std::optional<NameDate> date;
  std::optional<std::chrono::sys_days> tag_day;
  std::optional<rules::Numbering> number;
  bool show_known = false;  // some episode's show is among the places
};

struct Score {
  const EpisodeClues* episode = nullptr;
  int points = 0;
  std::string clues;
  std::optional<std::size_t> title_at;  // where the title stands in the name
  bool whole = false;                   // nothing else stands there
  bool sure = false;                    // more speaks for it than a short title
};

class Weighing {
 public:
  Weighing(const FileClues& file, const EpisodeClues& episode, bool show_told)
      : file_(file), episode_(episode), show_told_(show_told) {
    score_.episode = &episode;
    score_.sure = show_told;
  }

  Score run(bool name_tells, bool size_tells) {
    const auto& file = *file_.file;
    const auto& item = *episode_.item;
    add_if(!file.guid.empty() && file.guid == item.guid, kGuid, "the guid in its tags", true);
    add_if(name_tells, kFileName, "the enclosure's file name", is_telling_name());
    weigh_title();
    // A name that is made of the tags says no more than they do.
    add_if(!file_.tag_title.empty() && file_.tag_title == episode_.title, score_.title_at ? 0 : kTagTitle,
           "the title in its tags", is_long_title());
    weigh_day();
    weigh_number();
    add_if(size_tells, kSize, "the size", true);
    const bool same_duration = weigh_duration();
    if (size_tells && same_duration) score_.points += kSizeAndDuration;
    weigh_show();
    return std::move(score_);
  }

 private:
  void add(int points, std::string_view clue, bool sure) {
    score_.points += points;
    score_.sure = score_.sure || (points >= 0 && sure);
    score_.clues += (score_.clues.empty() ? "" : ", ") + std::string(points < 0 ? "not " : "") + std::string(clue);
  }
  void add_if(bool holds, int points, std::string_view clue, bool sure) {
    if (holds) add(points, clue, sure);
  }

  [[nodiscard]] bool is_long_title() const {
    const bool elsewhere = !file_.places.empty() && !file_.show_known;
    return episode_.title.size() > (elsewhere ? kShortWordsElsewhere : kShortWords);
  }

  // "a83hf72" and "the-long-interview" are one episode's; "trailer", "track01" and "s01e02" may be anybody's.
  [[nodiscard]] bool is_telling_name() const {
    std::size_t digits = 0;
    for (const auto& word : file_.words) {
      digits += static_cast<std::size_t>(std::count_if(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; }));
    }
    return file_.words.size() > kShortWords || (digits >= 4 && !file_.number);
  }

  // The words of the name that are neither this title's nor the date's nor the show's.
  std::size_t other_words(std::size_t at, std::size_t count) const {
    std::vector<bool> explained(file_.words.size(), false);
    const auto explain = [&](std::size_t first, std::size_t number) {
      for (std::size_t i = first; i < std::min(first + number, explained.size()); ++i) explained[i] = true;
    };
    explain(at, count);
    if (file_.date) explain(file_.date->first, file_.date->count);
    for (const auto& show : episode_.shows) {
      if (const auto found = find_words(file_.words, show)) explain(*found, show.size());
    }
    std::size_t others = 0;
    for (std::size_t i = 0; i < explained.size(); ++i) {
      // Numbers are weighed as such, with the words that announce them.
      const bool digits = file_.words[i].find_first_of("0123456789") != std::string::npos;
      const bool announces = std::find(kNumberWords.begin(), kNumberWords.end(), file_.words[i]) != kNumberWords.end();
      if (!explained[i] && !digits && !announces) ++others;
    }
    return others;
  }

  void weigh_title() {
    const auto& title = episode_.title;
    auto at = find_words(file_.words, title);
    std::size_t count = title.size();
    if (!at) {
      at = find_cut_words(file_.words, title);
      if (at) count = file_.words.size() - *at;
    }
    if (at) {
      std::size_t letters = 0;
      for (const auto& word : title) letters += word.size();
      score_.title_at = at;
      score_.whole = other_words(*at, count) == 0;
      for (const auto& show : episode_.shows) {
        const auto found = find_words(file_.words, show);
        score_.sure = score_.sure || (found && (*found + show.size() <= *at || *found >= *at + count));
      }
      if (score_.whole) return add(kWholeName, "the title", is_long_title());
      return add(title.size() >= 2 && letters >= 8 ? kTitleInName : kShortTitle, "the title in its name", is_long_title());
    }
    const std::set<std::string> name(file_.words.begin(), file_.words.end());
    const std::set<std::string> wanted(title.begin(), title.end());
    const auto common = std::count_if(wanted.begin(), wanted.end(), [&](const auto& word) { return name.contains(word); });
    const std::size_t others = other_words(0, 0);
    if (common >= 3 && static_cast<std::size_t>(common) * 10 >= std::max(wanted.size(), others) * 7) {
      add(kMostWords, "most words of the title", false);
    } else if (others >= 2 || (others == 1 && common == 0)) {
      add(kOtherWords, "the title", false);
    }
  }

  void weigh_day() {
    const auto& published = episode_.item->days;
    const auto day = file_.date ? std::optional(file_.date->day) : file_.tag_day;
    if (!day || published.empty()) return;
    auto nearest = days::max();
    for (const auto one : published) nearest = std::min(nearest, days(std::abs((one - *day).count())));
    // A day more or less is another time zone.
    if (nearest == days(0)) add(kDay, "the date", true);
    if (nearest > days(1)) add(kOtherDay, "the date", false);
  }

  void weigh_number() {
    using Kind = rules::Numbering::Kind;
    if (!file_.number) return;
    const auto& item = *episode_.item;
    const auto& of_file = *file_.number;
    bool comparable = false;
    bool same = false;
    if (of_file.kind == Kind::kEpisode && item.season && item.episode) {
      comparable = true;
      same = of_file.season == static_cast<int>(*item.season) && of_file.first == *item.episode;
    } else if (episode_.number && episode_.number->kind == of_file.kind) {
      comparable = true;
      same = of_file.season == episode_.number->season && of_file.first == episode_.number->first;
    } else if (of_file.kind == Kind::kAbsolute && item.episode) {
      comparable = true;
      same = of_file.first == *item.episode;
    }
    // A title's own number is no second clue beside the title, and a song's track has a running number too.
    const bool sure = of_file.kind == Kind::kEpisode && !episode_.number;
    if (comparable) add(same ? kNumber : kOtherNumber, "the number", sure);
  }

  bool weigh_duration() {
    const auto& of_file = file_.file->duration;
    const auto& of_item = episode_.item->duration;
    if (!of_file || !of_item || of_item->count() <= 0) return false;
    const auto apart = std::chrono::abs(*of_file - *of_item);
    const bool same = apart <= std::max(seconds(2), *of_item / 200);
    // Advertisements are longer for some.
    const bool other = apart > std::max(seconds(300), *of_item / 4);
    if (same || other) add(same ? kDuration : kOtherDuration, "the duration", true);
    return same;
  }

  void weigh_show() {
    const bool here = std::any_of(episode_.shows.begin(), episode_.shows.end(), [&](const Words& show) {
      return std::find(file_.places.begin(), file_.places.end(), show) != file_.places.end();
    });
    if (here || file_.show_known) return add(here ? kShow : kOtherShow, "the show", true);
    if (file_.album.empty() || show_told_) return;
    // "Night Waves Podcast" may still be Night Waves.
    const bool alike = std::any_of(episode_.shows.begin(), episode_.shows.end(), [&](const Words& show) {
      return find_words(file_.album, show) || find_words(show, file_.album);
    });
    if (!alike) add(kOtherAlbum, "the album", false);
  }

  const FileClues& file_;
  const EpisodeClues& episode_;
  bool show_told_;
  Score score_;
};

// Finds the episodes that are worth weighing against a file, in time that does not grow with their number.
class Index {
 public:
  explicit Index(std::span<const EpisodeClues> episodes) {
    std::map<std::string, std::size_t> frequency;
    for (const auto& episode : episodes) {
      for (const auto& word : episode.title) ++frequency[word];
    }
    for (const auto& episode : episodes) {
      const auto& item = *episode.item;
      const auto rarest = std::min_element(episode.title.begin(), episode.title.end(), [&](const auto& a, const auto& b) {
        return frequency[a] < frequency[b];
      });
      if (rarest != episode.title.end()) by_word_.emplace(*rarest, &episode);
      // Of a title that was cut the rarest word may be missing.
      if (episode.title.size() >= 6) by_word_.emplace(beginning(episode.title), &episode);
      for (const auto day : std::set(item.days.begin(), item.days.end())) by_day_.emplace(day, &episode);
      if (item.size && *item.size >= kLeastTellingSize) by_size_.emplace(*item.size, &episode);
      if (!item.guid.empty()) by_guid_.emplace(item.guid, &episode);
      std::set<std::string> names;
      for (const auto& name : item.file_names) names.insert(library::folded(name));
      for (const auto& name : names) by_name_.emplace(name, &episode);
      shows_.insert(episode.shows.begin(), episode.shows.end());
      std::set<std::string> numbers;
      if (item.season && item.episode) numbers.insert(number_key(static_cast<int>(*item.season), *item.episode));
      if (item.episode) numbers.insert(number_key(0, *item.episode));
      if (episode.number) numbers.insert(number_key(episode.number->season, episode.number->first));
      for (const auto& number : numbers) by_number_.emplace(number, &episode);
    }
  }

  [[nodiscard]] bool is_show(const Words& words) const { return shows_.contains(words); }
  [[nodiscard]] bool name_tells(const FileClues& file) const { return by_name_.count(file.name) == 1; }
  [[nodiscard]] bool size_tells(const FileClues& file) const { return by_size_.count(file.file->size) == 1; }

  [[nodiscard]] std::set<const EpisodeClues*> near(const FileClues& file) const {
    std::set<const EpisodeClues*> out;
    const auto take = [&](const auto& index, const auto& key) {
      const auto [first, last] = index.equal_range(key);
      for (auto it = first; it != last; ++it) out.insert(it->second);
    };
    for (const auto& words : {file.words, file.tag_title}) {
      for (std::size_t i = 0; i < words.size(); ++i) {
        take(by_word_, words[i]);
        if (i + 3 <= words.size()) take(by_word_, beginning({words.begin() + static_cast<std::ptrdiff_t>(i), words.end()}));
      }
    }
    if (file.date) take(by_day_, file.date->day);
    if (file.tag_day) take(by_day_, *file.tag_day);
    take(by_size_, file.file->size);
    take(by_guid_, file.file->guid);
    take(by_name_, file.name);
    if (file.number) take(by_number_, number_key(file.number->season, file.number->first));
    return out;
  }

 private:
  static std::string number_key(int season, double episode) {
    return std::to_string(season) + "/" + std::to_string(episode);
  }
  static std::string beginning(const Words& words) { return words[0] + " " + words[1] + " " + words[2]; }

  std::multimap<std::string, const EpisodeClues*> by_word_;
  std::multimap<std::chrono::sys_days, const EpisodeClues*> by_day_;
  std::multimap<std::uint64_t, const EpisodeClues*> by_size_;
  std::multimap<std::string, const EpisodeClues*> by_guid_;
  std::multimap<std::string, const EpisodeClues*> by_name_;
  std::multimap<std::string, const EpisodeClues*> by_number_;
  std::set<Words> shows_;
};

EpisodeClues clues_of(const KnownItem& item) {
  EpisodeClues clues;
  clues.item = &item;
  clues.title = words_of(item.title);
  for (const auto& name : item.feed_names) {
    if (auto words = words_of(name); !words.empty()) clues.shows.push_back(std::move(words));
  }
  clues.number = number_in(item.title);
  return clues;
}

FileClues clues_of(const FoundFile& file, const Index& index) {
  FileClues clues;
  clues.file = &file;
  const std::string name = base::repair_utf8(file.path.filename().string(), " ");
  const std::string stem = name.substr(0, library::extension_offset(name));
  clues.name = library::folded(name);
  clues.words = words_of(stem);
  clues.tag_title = words_of(file.title);
  for (const auto& folder : file.path.parent_path()) clues.places.push_back(words_of(folder.string()));
  clues.album = words_of(file.album);
  clues.places.push_back(clues.album);
  std::erase_if(clues.places, [](const Words& words) { return words.empty(); });
  clues.date = date_among(clues.words);
  if (const auto tagged = date_among(words_of(file.date))) clues.tag_day = tagged->day;
  clues.number = number_in(stem);
  clues.show_known =
      std::any_of(clues.places.begin(), clues.places.end(), [&](const Words& place) { return index.is_show(place); });
  return clues;
}

// "The interview" is no clue where "The interview, part 2" stands in the name as well.
void overrule_shorter_titles(std::vector<Score>& scores) {
  for (auto& shorter : scores) {
    if (!shorter.title_at || shorter.whole) continue;
    const bool overruled = std::any_of(scores.begin(), scores.end(), [&](const Score& longer) {
      return longer.episode->title.size() > shorter.episode->title.size() && longer.points > 0 &&
             find_words(longer.episode->title, shorter.episode->title) && longer.title_at &&
             *longer.title_at <= *shorter.title_at;
    });
    if (overruled) shorter.points -= kTitleInName;
  }
}

FileMatch judge(const FileClues& file, const Index& index, bool show_told) {
  std::vector<Score> scores;
  const bool name_tells = index.name_tells(file);
  const bool size_tells = index.size_tells(file);
  for (const auto* episode : index.near(file)) {
    const auto& names = episode->item->file_names;
    const bool same_name = name_tells && std::any_of(names.begin(), names.end(), [&](const auto& name) {
                             return library::folded(name) == file.name;
                           });
    scores.push_back(Weighing(file, *episode, show_told).run(same_name, size_tells && episode->item->size == file.file->size));
  }
  overrule_shorter_titles(scores);
  std::sort(scores.begin(), scores.end(), [](const Score& a, const Score& b) {
    return std::pair(-a.points, a.episode->item->id) < std::pair(-b.points, b.episode->item->id);
  });
  FileMatch match;
  if (scores.empty() || scores.front().points < kEnough) {
    match.reason = "looks like no known episode";
    return match;
  }
  match.reason = scores.front().clues;
  for (const auto& score : scores) {
    if (score.points > scores.front().points - kLead) match.candidates.push_back(score.episode->item->id);
  }
  if (match.candidates.size() > 1) {
    match.kind = FileMatch::Kind::kAmbiguous;
    match.reason = "looks like several episodes";
    return match;
  }
  if (!scores.front().sure) {
    match.kind = FileMatch::Kind::kAmbiguous;
    match.reason = "only a short title speaks for it: " + match.reason;
    return match;
  }
  match.kind = FileMatch::Kind::kMatched;
  match.episode_id = match.candidates.front();
  match.candidates.clear();
  return match;
}

}  // namespace

std::vector<FileMatch> match_files(std::span<const FoundFile> files, std::span<const KnownItem> episodes,
                                   bool show_told) {
  std::vector<EpisodeClues> known;
  known.reserve(episodes.size());
  for (const auto& item : episodes) known.push_back(clues_of(item));
  const Index index(known);
  std::vector<FileMatch> out;
  std::map<std::int64_t, std::size_t> claims;
  for (const auto& file : files) {
    out.push_back(judge(clues_of(file, index), index, show_told));
    if (out.back().kind == FileMatch::Kind::kMatched) ++claims[out.back().episode_id];
  }
  for (auto& match : out) {
    if (match.kind != FileMatch::Kind::kMatched || claims[match.episode_id] < 2) continue;
    match = {FileMatch::Kind::kAmbiguous, 0, {match.episode_id}, "several files look like the same episode"};
  }
  return out;
}

}  // namespace podswarm::scheduler

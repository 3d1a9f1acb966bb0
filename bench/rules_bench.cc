// The rule language at an archive's size: 1,000 rules for every feed, asked about 100,000 items. One iteration is all
// of it; `pairs/s` counts rules times items.

#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "base/units.h"
#include "feeds/rules/rule_set.h"

namespace podswarm::rules {
namespace {

constexpr std::size_t kRules = 1'000;
constexpr std::size_t kItems = 100'000;

// Words of four to ten letters, the same in every run.
std::vector<std::string> make_words(std::mt19937& random, std::size_t count) {
  constexpr std::string_view kSyllables[] = {"ba",  "ton", "mi",  "re", "lo", "sha",
                                             "ver", "cu",  "dan", "el", "fi", "gro"};
  std::vector<std::string> words;
  while (words.size() < count) {
    std::string word;
    for (std::size_t n = 2 + random() % 3; n > 0; --n) word += kSyllables[random() % std::size(kSyllables)];
    words.push_back(std::move(word));
  }
  return words;
}

class World {
 public:
  World() : words_(make_words(random_, 3'000)) {
    for (std::size_t i = 0; i < kItems; ++i) {
      feeds::Item item;
      for (int n = 0; n < 6; ++n) item.title += word() + " ";
      item.title += "S0" + std::to_string(1 + random_() % 9) + "E" + std::to_string(10 + random_() % 80);
      for (int n = 0; n < 40; ++n) item.description += word() + " ";
      item.guid = std::to_string(i);
      item.duration_seconds = 60 * (1 + random_() % 120);
      item.published = base::WallTime(std::chrono::seconds(1'700'000'000 + i));
      item.categories = {word()};
      item.enclosures.push_back({"https://media.example/" + item.guid + ".mp3", "audio/mpeg",
                                 1'000'000 * (1 + random_() % 200), feeds::LinkKind::kHttp});
      items_.push_back(std::move(item));
    }
  }

  [[nodiscard]] const std::vector<feeds::Item>& items() const { return items_; }
  const std::string& word() { return words_[random_() % words_.size()]; }
  std::uint32_t number(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

 private:
  std::mt19937 random_{20261120};
  std::vector<std::string> words_;
  std::vector<feeds::Item> items_;
};

World& world() {
  static World one;
  return one;
}

template <class Where>
RuleSet rules_from(const Where& where) {
  std::vector<RuleSpec> specs;
  for (std::size_t i = 0; i < kRules; ++i) {
    RuleSpec spec;
    spec.id.value = "rule " + std::to_string(i);
    spec.feeds = {{"*", {}}};
    spec.where.value = where(i);
    specs.push_back(std::move(spec));
  }
  return std::move(compile(specs, "bench.toml").value());
}

void ask_all(benchmark::State& state, const RuleSet& rules) {
  const auto& items = world().items();
  const base::WallTime now(std::chrono::seconds(1'800'000'000));
  const MemoryHistory history;
  std::size_t wanted = 0;
  for (auto _ : state) {
    wanted = 0;
    for (const feeds::Item& item : items) {
      const Candidate candidate{"Feed", "https://feed.example/rss", {}, "en", item, now};
      if (rules.decide(candidate, history).action == Action::kDownload) ++wanted;
    }
  }
  state.counters["pairs/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(kRules * items.size()),
                         benchmark::Counter::kIsRate);
  state.counters["wanted"] = static_cast<double>(wanted);
}

void contains(benchmark::State& state) {
  ask_all(state, rules_from([](std::size_t) {
            return "title : \"" + world().word() + " " + world().word() + "\" and duration >= 20m";
          }));
}

void wildcards(benchmark::State& state) {
  ask_all(state, rules_from([](std::size_t) {
            return "title like \"*" + world().word() + "*" + world().word() + " s0?e*\"";
          }));
}

void regular_expressions(benchmark::State& state) {
  ask_all(state, rules_from([](std::size_t) {
            return "title ~ r\"(?i)\\b" + world().word() + "\\W+(" + world().word() + "|" + world().word() + ")\\b\"";
          }));
}

void numbers(benchmark::State& state) {
  ask_all(state, rules_from([](std::size_t) {
            const auto minutes = 130 + world().number(300);
            return "duration >= " + std::to_string(minutes) + "m and size > 1MB";
          }));
}

void descriptions(benchmark::State& state) {
  ask_all(state,
          rules_from([](std::size_t) { return "description : \"" + world().word() + " " + world().word() + "\""; }));
}

// What a long-lived configuration looks like.
void mixed(benchmark::State& state) {
  ask_all(state, rules_from([](std::size_t i) -> std::string {
            World& w = world();
            const std::string& a = w.word();
            const std::string& b = w.word();
            switch (i % 8) {
              case 0:
                return "title ~ r\"(?i)\\b" + a + " " + b + "\\b\"";
              case 1:
                return "title like \"*" + a + " " + b + "*\" and not title : \"rerun\"";
              case 2:
                return "category = \"" + a + b + "\" or title : \"" + a + " " + b + "\"";
              case 3:
                return "duration > 3h and ep >= S01E30";
              case 4:
                return "ep in S12E01..S12E40 and title : \"" + a + "\"";
              default:
                return "title : \"" + a + " " + b + "\" and size < 2GiB and not (duration < 10m or pack)";
            }
          }));
}

BENCHMARK(contains)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(wildcards)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(regular_expressions)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(numbers)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(descriptions)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(mixed)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace podswarm::rules

BENCHMARK_MAIN();

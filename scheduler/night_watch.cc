#include "scheduler/night_watch.h"

#include <fmt/format.h>

#include <charconv>
#include <ctime>
#include <vector>

#include "base/text.h"

namespace podswarm::scheduler {

std::int64_t night_of(base::WallTime time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const auto date = std::chrono::year(local.tm_year + 1900) /
                    std::chrono::month(static_cast<unsigned>(local.tm_mon + 1)) /
                    std::chrono::day(static_cast<unsigned>(local.tm_mday));
  return std::chrono::sys_days(date).time_since_epoch().count() - (local.tm_hour < 12 ? 1 : 0);
}

bool NightWatch::is_over(const Now& now) {
  if (!memory_.worked_at || now.running != 0) return false;
  if (now.window_open && now.anything_due) return false;
  const std::int64_t night = night_of(*memory_.worked_at);
  if (night == memory_.told_night) return false;
  memory_ = {night, now.time, std::nullopt};
  return true;
}

std::string to_text(const NightWatch::Memory& memory) {
  return fmt::format("{} {} {}", memory.told_night, memory.told_at.time_since_epoch().count(),
                     memory.worked_at ? memory.worked_at->time_since_epoch().count() : -1);
}

NightWatch::Memory night_memory_from_text(std::string_view text) {
  std::vector<std::int64_t> numbers;
  for (const auto word : base::split(text, ' ')) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size()) return {};
    numbers.push_back(number);
  }
  if (numbers.size() != 3) return {};
  const auto time = [](std::int64_t seconds) { return base::WallTime(std::chrono::seconds(seconds)); };
  NightWatch::Memory memory{numbers[0], time(numbers[1]), std::nullopt};
  if (numbers[2] >= 0) memory.worked_at = time(numbers[2]);
  return memory;
}

}  // namespace podswarm::scheduler

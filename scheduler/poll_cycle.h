// Habits of publishing: releases that come at the same hours of each day, week or fortnight, on the same day of each
// month, or on the same weekday counted from a month's beginning or end. Pure. Everything is UTC: a show that keeps to
// local time moves by an hour twice a year, which the windows allow for.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "scheduler/poll_rhythm.h"

namespace podswarm::scheduler {

class Habit {
 public:
  // `releases` ascend, none is later than `now`; `gap` is the usual one between two. Nothing where they keep to no
  // cycle.
  [[nodiscard]] static std::optional<Habit> of(const std::vector<base::WallTime>& releases, std::chrono::seconds gap,
                                               base::WallTime now);

  // Between two releases, on average.
  [[nodiscard]] std::chrono::seconds gap() const;
  // The first usual time that has not passed and in which nothing has come; `last` is the newest release.
  [[nodiscard]] Rhythm::Window next_window(base::WallTime last, base::WallTime now) const;

 private:
  enum class Kind {
    kDays,          // so many, counted from 1970
    kMonthDay,      // "the 15th"
    kMonthWeekday,  // "the first Tuesday"
    kFinalWeekday,  // "the last Friday"
  };
  struct Cycle {
    Kind kind;
    std::chrono::seconds length;  // of months on average
    std::chrono::seconds widest_slot;
    std::size_t recent;  // so many cycles are looked at
    double share;        // in this part of which a slot must have had its release
  };
  // A usual time: the part of a cycle in which releases have come.
  struct Slot {
    std::chrono::seconds begin{};
    std::chrono::seconds width{};
    std::size_t count = 0;
  };
  static const Cycle kWeekly, kDaily, kFortnightly, kFourWeekly, kMonthWeekday, kFinalWeekday, kMonthDay;

  Habit(const Cycle& cycle, base::WallTime last);
  [[nodiscard]] static std::optional<Habit> in(const Cycle& cycle, const std::vector<base::WallTime>& releases,
                                               base::WallTime now);
  void find_slots(std::vector<std::chrono::seconds> offsets, std::size_t least);
  [[nodiscard]] std::int64_t number_of(base::WallTime time) const;
  [[nodiscard]] std::chrono::seconds offset_of(base::WallTime time) const;
  // Nothing where that month has no such day.
  [[nodiscard]] std::optional<base::WallTime> moment(std::int64_t number, std::chrono::seconds offset) const;

  Cycle cycle_;
  // Added to each time before its day is looked at, so that the usual hour is noon: what comes round midnight is of one
  // day.
  std::chrono::seconds shift_{};
  std::vector<Slot> slots_;  // the fullest first
  double explained_ = 0;     // the part of the releases that lies in them
};

}  // namespace podswarm::scheduler

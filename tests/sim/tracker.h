// Trackers of a simulated swarm, good and bad ones, by URL. They answer with the bytes that an HTTP tracker would send.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "engine/core/small_random.h"
#include "engine/core/tracker_http.h"

namespace podswarm::engine::sim {

class Tracker {
 public:
  // The body for an announce from that address; nothing = it never answers.
  using Answer = std::function<std::optional<base::Bytes>(Tracker&, const AnnounceRequest&, const Endpoint& from)>;

  explicit Tracker(std::uint64_t seed, Answer answer = {}) : random_(seed), answer_(std::move(answer)) {}

  [[nodiscard]] std::optional<base::Bytes> announce(const AnnounceRequest& request, const Endpoint& from) {
    ++announces_;
    seen_.push_back(request.event);
    return answer_ ? answer_(*this, request, from) : honest(request, from);
  }

  // Remembers who announced, and tells up to num_want of the others.
  [[nodiscard]] std::optional<base::Bytes> honest(const AnnounceRequest& request, const Endpoint& from);

  [[nodiscard]] std::size_t announces() const { return announces_; }
  [[nodiscard]] const std::vector<AnnounceEvent>& events() const { return seen_; }
  [[nodiscard]] SmallRandom& random() { return random_; }

 private:
  SmallRandom random_;
  Answer answer_;
  std::vector<Endpoint> peers_;
  std::size_t announces_ = 0;
  std::vector<AnnounceEvent> seen_;
};

using TrackerMap = std::map<std::string, Tracker>;

}  // namespace podswarm::engine::sim

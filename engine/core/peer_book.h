// The addresses that a torrent knows: which to call next, when to try again, which are banned. Among equals, canonical
// peer priority (BEP 40) decides. Sans-IO. Network thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "engine/core/endpoint.h"

namespace podswarm::engine {

class PeerBook {
 public:
  static constexpr std::size_t kMost = 3000;
  static constexpr std::uint32_t kMostFailures = 3;  // in a row; then it is forgotten
  // Doubled with each hang-up in a row: clients take one handshake an address at a time, or none for the moment in
  // which they take up a torrent, so who is hung up on comes through soon after.
  static constexpr std::chrono::seconds kAfterHangUp{1};
  static constexpr std::uint32_t kMostHangUps = 8;  // in a row; then it is forgotten
  // Times the number of failures in a row. A user's peer is expected to come: it waits as after hanging up.
  static constexpr std::chrono::seconds kAfterFailure{60};
  static constexpr std::chrono::seconds kAfterGoodbye{30};       // a connection that worked has ended
  static constexpr std::chrono::seconds kAfterUseless{30 * 60};  // both have everything

  // Where an address is from: the first ones are called first.
  enum class Source : std::uint8_t { kUser, kMagnet, kResume, kTracker, kExchange };

  // False when it is known, banned or unusable, or the book is full of better ones.
  bool add(const Endpoint& endpoint, Source source);

  // The next one to call now; it counts as being called until one of the calls below is made for it.
  [[nodiscard]] std::optional<Endpoint> next(base::SteadyTime now);
  // It is being called, or connected, and nothing was heard since that speaks against it.
  [[nodiscard]] bool is_in_use(const Endpoint& endpoint) const;
  // When next() will have one, if it has none now; nothing when no address is left to wait for.
  [[nodiscard]] std::optional<base::SteadyTime> next_due() const;

  // Nobody answered the call.
  void failed(const Endpoint& endpoint, base::SteadyTime now);
  // Somebody did, and hung up before the handshake was over.
  void hung_up(const Endpoint& endpoint, base::SteadyTime now);
  // It spoke BitTorrent.
  void worked(const Endpoint& endpoint);
  // The connection has ended. `useless`: it has nothing for us for long.
  void ended(const Endpoint& endpoint, bool useless, base::SteadyTime now);
  // A connection with this address has ended: whoever was not called because of it may be called soon.
  void connection_lost(const Endpoint& endpoint, base::SteadyTime now);
  // Whoever was put off as useless may be of use now.
  void call_again(base::SteadyTime now);
  // Addresses from there are not to be called (BEP 27). Those of them that are being called, or are connected, are
  // returned: no call below is made for them any more.
  [[nodiscard]] std::vector<Endpoint> forget_from(Source source);
  // It is ourselves: never to be called (again). Others at that address, behind other ports, are not meant.
  void refuse(const Endpoint& endpoint);
  // Where the world reaches us: peers are ordered by it, and it is not called itself. Costs nothing when it is known.
  void set_own(const Endpoint& endpoint);
  // Canonical peer priority: higher is to be preferred; 0 for all as long as our own address is not known.
  [[nodiscard]] std::uint32_t priority(const Endpoint& endpoint) const;
  // The address of the endpoint, on every port.
  void ban(const Endpoint& endpoint);
  [[nodiscard]] bool is_banned(const Endpoint& endpoint) const;

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  // Those that worked last time, for the next run.
  [[nodiscard]] std::vector<Endpoint> good(std::size_t most) const;

 private:
  struct Entry {
    Source source = Source::kUser;
    std::uint8_t failures = 0;
    bool in_use = false;
    bool worked = false;
    base::SteadyTime not_before{};
  };
  // Waiting ones in the order in which they are called.
  struct Place {
    base::SteadyTime not_before;
    Source source;
    std::uint32_t rank;  // BEP 40: the lowest is called first
    std::uint64_t order;
    Endpoint endpoint;
    auto operator<=>(const Place&) const = default;
  };
  void wait(const Endpoint& endpoint, Entry& entry);
  void forget(const Endpoint& endpoint);
  // All that wait are put in order anew.
  void reorder();
  // How long to wait after so many hang-ups in a row, at least one.
  [[nodiscard]] static std::chrono::seconds doubled(std::uint32_t times);
  // The entry of an address that was called in vain, once more; nothing when it has been forgotten for it.
  Entry* count_failure(const Endpoint& endpoint, std::uint32_t most);

  std::unordered_map<Endpoint, Entry, EndpointHasher> entries_;
  std::set<Place> waiting_;
  std::uint64_t order_ = 0;
  std::set<base::Bytes> banned_;  // addresses
  std::set<Endpoint> refused_;    // ourselves
  std::optional<Endpoint> own_v4_;
  std::optional<Endpoint> own_v6_;
};

}  // namespace podswarm::engine

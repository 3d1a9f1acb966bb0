// The web seeds of one torrent: some of its URLs at a time, each with its connection, wired to the exchange.
// Network thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/swarm.h"
#include "engine/disk/torrent_data.h"
#include "engine/net/web_seed_client.h"
#include "engine/services.h"

namespace podswarm::engine {

class WebSeeds final : private WebSeedClientHost {
 public:
  static constexpr std::size_t kMostAtOnce = 4;  // that are not pausing

  // `swarm` is the torrent's exchange, `limit` its download limit. Of `urls`, what is not usable, or there twice, is left
  // out, and what is more than kMaxWebSeeds. `http` has what is common to all requests. All references outlive it.
  WebSeeds(Services& services, Swarm& swarm, Throttle& limit, const std::vector<std::string>& urls, HttpRequest http);
  ~WebSeeds();
  WebSeeds(const WebSeeds&) = delete;
  WebSeeds& operator=(const WebSeeds&) = delete;

  // For the pieces that are missing; after the exchange's set_have(), and again when pieces
  // were lost; those that are engaged go on.
  void start(TorrentDataRef data);
  // Nothing is received any more.
  void close();

  // The exchange's wish.
  void attend(WebSeed& seed);
  // There is memory to receive into again.
  void resume_reading();

  // That are being received from.
  [[nodiscard]] std::size_t active() const;
  [[nodiscard]] std::uint64_t downloaded() const { return down_.total(); }
  [[nodiscard]] double down_rate(base::SteadyTime now) const { return down_.bytes_per_s(now); }
  // Bytes that came and were not asked for.
  [[nodiscard]] std::uint64_t wasted() const;
  // The latest trouble, "" if there was none.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Member {
    std::unique_ptr<WebSeed> seed;
    std::unique_ptr<WebSeedClient> client;
  };

  // WebSeedClientHost
  void on_received(WebSeedClient& client, base::ByteView bytes, const ChunkRef& chunk) override;
  void on_told(WebSeedClient& client) override;
  void on_no_memory(WebSeedClient&) override {}

  void settle_later();
  void settle();
  // Takes URLs in as long as there is room.
  void engage();

  Services& services_;
  Swarm& swarm_;
  Throttle& limit_;
  TorrentDataRef data_;
  std::vector<std::string> urls_;
  const HttpRequest http_;
  std::unique_ptr<Metainfo> metainfo_;  // whole, with the files' names; while there are members
  std::vector<std::string> waiting_;    // URLs
  std::vector<Member> members_;
  bool settling_ = false;  // settle() is posted
  RateMeter down_;
  std::uint64_t wasted_ = 0;  // by those that have left
  std::string problem_;
  TimerQueue::Alarm pause_alarm_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace podswarm::engine

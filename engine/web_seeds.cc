#include "engine/web_seeds.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "engine/core/cookie_jar.h"
#include "engine/net/http_connection_cache.h"

namespace podswarm::engine {

namespace {

base::SteadyTime clock_now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

WebSeeds::WebSeeds(Services& services, Swarm& swarm, Throttle& limit, const std::vector<std::string>& urls,
                   HttpRequest http)
    : services_(services),
      swarm_(swarm),
      limit_(limit),
      http_(std::move(http)),
      pause_alarm_(services.timers, [this] {
        swarm_.web_told(clock_now());
        settle();
      }) {
  for (const std::string& text : urls) {
    const auto url = usable_web_seed_url(text);
    if (!url || urls_.size() == kMaxWebSeeds) continue;
    if (std::find(urls_.begin(), urls_.end(), *url) == urls_.end()) urls_.push_back(*url);
  }
}

WebSeeds::~WebSeeds() {
  close();
}

void WebSeeds::start(TorrentDataRef data) {
  if (!members_.empty() || !waiting_.empty()) return;
  data_ = std::move(data);
  waiting_ = urls_;
  if (waiting_.empty()) return;
  // The torrent holds no names; they are read again on a worker, as there may be many.
  services_.disk.run([data = data_] { return Metainfo::parse_info(data->metainfo.info); },
                     [this, alive = std::weak_ptr<char>(alive_)](auto result) {
                       if (alive.expired() || waiting_.empty() || metainfo_ || !result || !*result) return;
                       metainfo_ = std::make_unique<Metainfo>(std::move(**result));
                       engage();
                     });
}

void WebSeeds::close() {
  waiting_.clear();
  pause_alarm_.cancel();
  for (Member& m : std::exchange(members_, {})) {
    m.client.reset();
    wasted_ += m.seed->skipped();
    swarm_.remove(*m.seed, clock_now());
  }
  metainfo_.reset();
}

void WebSeeds::engage() {
  if (!metainfo_) return;  // it is not known yet what to ask for
  const base::SteadyTime now = clock_now();
  const auto engaged = [&] {
    return static_cast<std::size_t>(std::count_if(members_.begin(), members_.end(),
                                                  [now](const Member& m) { return m.seed->pause_ends() <= now; }));
  };
  while (!waiting_.empty() && engaged() < kMostAtOnce) {
    HttpRequest http = http_;
    http.cookies = std::make_shared<CookieJar>();
    http.connections = std::make_shared<HttpConnectionCache>();
    Member m;
    m.seed = std::make_unique<WebSeed>(swarm_.next_key(), waiting_.front(), *metainfo_, data_->layout,
                                       swarm_.web_host());
    WebSeedClientHost& host = *this;
    const WebSeedClient::Resources resources{services_.http, services_.chunks, services_.down, limit_};
    m.client = std::make_unique<WebSeedClient>(*m.seed, std::move(http), resources, host);
    waiting_.erase(waiting_.begin());
    swarm_.add(*members_.emplace_back(std::move(m)).seed, now);
  }
}

void WebSeeds::attend(WebSeed&) {
  settle_later();
}

void WebSeeds::settle_later() {
  if (std::exchange(settling_, true)) return;
  boost::asio::post(services_.io, [this, alive = std::weak_ptr<char>(alive_)] {
    if (alive.expired()) return;
    settling_ = false;
    settle();
  });
}

void WebSeeds::settle() {
  for (const Member& m : members_) m.client->proceed();
  for (std::size_t i = 0; i < members_.size();) {
    if (!members_[i].seed->closed()) {
      ++i;
      continue;
    }
    const Member m = std::move(members_[i]);
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(i));
    wasted_ += m.seed->skipped();
    if (!m.seed->problem().empty()) problem_ = m.seed->problem();
    swarm_.remove(*m.seed, clock_now());
  }
  engage();
  const base::SteadyTime now = clock_now();
  for (const Member& m : members_) {
    if (m.seed->pause_ends() > now) pause_alarm_.set_no_later(m.seed->pause_ends());
  }
}

void WebSeeds::resume_reading() {
  for (const Member& m : members_) m.client->resume_reading();
}

void WebSeeds::on_received(WebSeedClient& client, base::ByteView bytes, const ChunkRef& chunk) {
  const base::SteadyTime now = clock_now();
  down_.add(bytes.size(), now);
  swarm_.receive(client.seed(), bytes, chunk, now);
}

void WebSeeds::on_told(WebSeedClient& client) {
  if (!client.seed().problem().empty()) problem_ = client.seed().problem();
  swarm_.web_told(clock_now());
  settle_later();
}

std::size_t WebSeeds::active() const {
  return static_cast<std::size_t>(
      std::count_if(members_.begin(), members_.end(), [](const Member& m) { return m.seed->active(); }));
}

std::uint64_t WebSeeds::wasted() const {
  std::uint64_t bytes = wasted_;
  for (const Member& m : members_) bytes += m.seed->skipped();
  return bytes;
}

}  // namespace podswarm::engine

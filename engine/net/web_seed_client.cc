#include "engine/net/web_seed_client.h"

#include <algorithm>
#include <string>
#include <utility>

namespace podswarm::engine {

namespace {

constexpr double kLargeChunkRate = 512 * 1024;  // bytes/s from which on large chunks are received into
constexpr std::size_t kLeastRoom = 8 * 1024;    // a chunk with less left is not received into

base::SteadyTime clock_now() {
  return std::chrono::steady_clock::now();
}

base::WallTime wall_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

WebSeedClient::WebSeedClient(WebSeed& seed, HttpRequest request, const Resources& resources, WebSeedClientHost& host)
    : seed_(seed),
      request_(std::move(request)),
      resources_(resources),
      host_(host),
      down_all_turn_([this] { proceed(); }),
      down_turn_([this] { proceed(); }) {}

WebSeedClient::~WebSeedClient() = default;

void WebSeedClient::proceed() {
  if (exchange_ && !seed_.active()) {
    exchange_.reset();
    busy_ = false;
  }
  if (busy_ || starved_ || down_turn_.waits() || down_all_turn_.waits()) return;
  const std::size_t asked = seed_.asked();
  const WebSeed::Step step = seed_.next();
  // Padding needs no answer.
  if (seed_.asked() < asked) host_.on_told(*this);
  switch (step.action) {
    case WebSeed::Step::Action::kNothing:
      exchange_.reset();
      chunk_.reset();
      return;
    case WebSeed::Step::Action::kRequest:
      return request(step);
    case WebSeed::Step::Action::kWait:
      return;
    case WebSeed::Step::Action::kReceive:
      return receive(step.length);
  }
}

void WebSeedClient::request(const WebSeed::Step& step) {
  // What is left of the answer before would be waited for otherwise.
  exchange_.reset();
  HttpRequest request = request_;
  request.url = step.url;
  const std::string last = std::to_string(step.first + step.length - 1);
  request.fields.push_back({"Range", "bytes=" + std::to_string(step.first) + "-" + last});
  exchange_ = resources_.http.exchange(std::move(request));
  busy_ = true;
  exchange_->open([this](HttpResult<HttpHead> head) { on_head(std::move(head)); });
}

void WebSeedClient::on_head(HttpResult<HttpHead> head) {
  busy_ = false;
  if (!head) return fail(head.error());
  seed_.on_head(*head, clock_now(), wall_now());
  host_.on_told(*this);
  proceed();
}

bool WebSeedClient::prepare_chunk() {
  if (chunk_ && chunk_->unique()) used_ = 0;
  if (chunk_ && chunk_->size() - used_ >= kLeastRoom) return true;
  const bool fast = seed_.download().bytes_per_s(clock_now()) >= kLargeChunkRate;
  chunk_.reset();
  chunk_ = resources_.chunks.acquire(fast ? ChunkPool::kLarge : ChunkPool::kSmall);
  used_ = 0;
  return chunk_ != nullptr;
}

void WebSeedClient::receive(std::uint64_t most) {
  const base::SteadyTime now = clock_now();
  std::uint64_t allowed = resources_.down.ask(down_turn_, now);
  if (allowed > 0) allowed = std::min(allowed, resources_.down_all.ask(down_all_turn_, now));
  if (allowed == 0) return;
  if (!prepare_chunk()) {
    starved_ = true;
    return host_.on_no_memory(*this);
  }
  const auto room = std::min<std::uint64_t>({chunk_->size() - used_, allowed, most});
  busy_ = true;
  reading_since_ = now;
  exchange_->read({chunk_->data() + used_, static_cast<std::size_t>(room)},
                  [this](HttpResult<std::size_t> bytes) { on_bytes(std::move(bytes)); });
}

void WebSeedClient::on_bytes(HttpResult<std::size_t> bytes) {
  busy_ = false;
  if (!bytes) return fail(bytes.error());
  if (*bytes == 0) return fail({HttpError::kShortRead, "the answer ended too early"});
  resources_.down_all.take(down_all_turn_, *bytes);
  resources_.down.take(down_turn_, *bytes);
  const base::ByteView received(chunk_->data() + used_, *bytes);
  used_ += *bytes;
  const ChunkRef chunk = chunk_;
  const base::SteadyTime now = clock_now();
  host_.on_received(*this, received, chunk);
  seed_.on_waited(now - reading_since_, now);
  if (!seed_.active()) host_.on_told(*this);
  proceed();
}

void WebSeedClient::fail(const base::Failure<HttpError>& failure) {
  const HttpError code = failure.code;
  if (code == HttpError::kBadUrl || code == HttpError::kForbidden || code == HttpError::kRedirect) {
    seed_.on_refused(failure.message);
  } else {
    seed_.on_failed(failure.message, clock_now());
  }
  host_.on_told(*this);
  proceed();
}

void WebSeedClient::resume_reading() {
  starved_ = false;
  proceed();
}

}  // namespace podswarm::engine

#include "engine/core/web_seed.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "base/bytes.h"
#include "base/url.h"
#include "engine/core/web_answer.h"

namespace podswarm::engine {

namespace {

constexpr std::size_t kMostRedirects = 10'000;   // remembered
constexpr std::size_t kLongestRedirect = 2'000;  // likewise
constexpr std::array<std::uint8_t, kBlockSize> kZeros{};

}  // namespace

WebSeed::WebSeed(PeerKey key, const std::string& url, const Metainfo& metainfo, const FileLayout& layout,
                 WebSeedHost& host)
    : key_(key),
      metainfo_(metainfo),
      layout_(layout),
      host_(host),
      url_(url, metainfo),
      name_("?"),
      has_credentials_(base::redact_url(url) != url),
      pieces_(layout.piece_count(), true) {
  if (const auto parsed = base::parse_url(url)) name_ = parsed->authority();
}

Endpoint WebSeed::stand_in() const {
  Endpoint endpoint;
  endpoint.is_v6 = true;
  endpoint.address[0] = 1;
  base::store_be32(endpoint.address.data() + 12, key_);
  endpoint.port = 1;
  return endpoint;
}

// ---- told by the exchange ----

void WebSeed::ask(std::span<const BlockRef> blocks) {
  queue_.insert(queue_.end(), blocks.begin(), blocks.end());
  queue_changed();
}

bool WebSeed::is_asked(const BlockRef& block) const {
  return std::find(queue_.begin(), queue_.end(), block) != queue_.end();
}

void WebSeed::cancel(const BlockRef& block) {
  const auto at = std::find(queue_.begin(), queue_.end(), block);
  if (at == queue_.end()) return;
  if (at == queue_.begin()) {
    skipped_ += got_;
    got_ = 0;
    parts_.clear();
  }
  queue_.erase(at);
  queue_changed();
}

std::vector<BlockRef> WebSeed::take_back(std::size_t count) {
  assert(count < queue_.size());
  const auto from = queue_.end() - static_cast<std::ptrdiff_t>(count);
  std::vector<BlockRef> blocks(from, queue_.end());
  queue_.erase(from, queue_.end());
  queue_changed();
  return blocks;
}

void WebSeed::close(const std::string& reason) {
  retire(reason.empty() ? problem_ : named(reason));
}

void WebSeed::retire(std::string problem) {
  if (closed_) return;
  closed_ = true;
  problem_ = std::move(problem);
  give_up();
}

std::size_t WebSeed::run_length(base::SteadyTime now) const {
  std::uint64_t bytes = kFirstRun;
  if (download_.total() > 0) {
    const double wanted = download_.bytes_per_s(now) * std::chrono::duration<double>(kRunTime).count();
    bytes = static_cast<std::uint64_t>(std::clamp<double>(wanted, kLeastRun, kMostRun));
  }
  return static_cast<std::size_t>(bytes / kBlockSize);
}

void WebSeed::queue_changed() {
  if (answer_) answer_->wanted_end = 0;
}

void WebSeed::give_up() {
  request_.reset();
  answer_.reset();
  got_ = 0;
  parts_.clear();
  const std::vector<BlockRef> blocks(queue_.begin(), queue_.end());
  queue_.clear();
  host_.on_web_unanswered(*this, blocks);
}

void WebSeed::pause(base::SteadyTime until) {
  pause_ends_ = until;
  waited_ = {};
  came_ = 0;
  give_up();
}

// ---- what is needed ----

// Blocks are finished here whose last bytes, or all, are padding.
void WebSeed::add_padding() {
  while (!queue_.empty()) {
    const BlockRef& block = queue_.front();
    layout_.map(block.piece, block.offset + got_, block.length - got_, spans_);
    const FileSpan span = spans_.front();
    if (layout_.entries()[span.file].on_disk) return;
    add_part(nullptr, base::ByteView(kZeros).first(span.length));
  }
}

// The queue is not empty, and no padding is at its front.
WebSeed::Need WebSeed::need() const {
  const BlockRef& block = queue_.front();
  layout_.map(block.piece, block.offset + got_, block.length - got_, spans_);
  return {spans_.front().file, spans_.front().offset, spans_.front().length};
}

// Where the bytes of its file end that all blocks together need from there on without a gap.
std::uint64_t WebSeed::end_of_need(const Need& need) const {
  std::uint64_t end = need.first + need.length;
  for (std::size_t i = 1; i < queue_.size() && end < metainfo_.files[need.file].length; ++i) {
    layout_.map(queue_[i].piece, queue_[i].offset, queue_[i].length, spans_);
    const FileSpan& span = spans_.front();
    if (span.file != need.file || span.offset != end) break;
    end += span.length;
  }
  return end;
}

bool WebSeed::answers(const Need& need) const {
  return answer_ && answer_->file == need.file && need.first >= answer_->at && need.first < answer_->end &&
         need.first - answer_->at <= answer_->most_skip;
}

// ---- the shell ----

WebSeed::Step WebSeed::next() {
  Step step;
  if (closed_) return step;
  if (request_) {
    step.action = Step::Action::kWait;
    return step;
  }
  add_padding();
  if (queue_.empty()) {
    // A short rest is received for the sake of the connection.
    if (answer_ && answer_->end - answer_->at <= kSkip) {
      step.action = Step::Action::kReceive;
      step.length = answer_->end - answer_->at;
    } else {
      answer_.reset();
    }
    return step;
  }
  const Need wanted = need();
  if (answers(wanted)) {
    if (answer_->wanted_end <= answer_->at) answer_->wanted_end = std::min(answer_->end, end_of_need(wanted));
    step.action = Step::Action::kReceive;
    step.length = answer_->wanted_end - answer_->at;
    return step;
  }
  answer_.reset();
  step.action = Step::Action::kRequest;
  step.first = wanted.first;
  step.length = end_of_need(wanted) - wanted.first;
  const auto redirect = redirects_.find(wanted.file);
  step.url = redirect != redirects_.end() ? redirect->second : url_.of_file(metainfo_, wanted.file);
  request_ = Request{wanted.file, step.first, step.length, redirect != redirects_.end()};
  progress_ = false;
  return step;
}

void WebSeed::on_head(const HttpHead& head, base::SteadyTime now, base::WallTime wall) {
  if (!request_) return;
  const Request request = *request_;
  const WebRange range{request.first, request.length, metainfo_.files[request.file].length};
  const WebAnswer answer = judge_web_answer(head, range, wall);
  switch (answer.kind) {
    case WebAnswer::Kind::kBody:
      break;
    case WebAnswer::Kind::kBusy:
      if (!answer.retry_after) return on_failed(named(answer.problem), now);
      problem_ = named(answer.problem);
      ++failures_;
      return pause(now + std::clamp(*answer.retry_after, std::chrono::seconds(1), kMostRetryAfter));
    case WebAnswer::Kind::kBad:
      return on_refused(named(answer.problem));
  }
  request_.reset();
  answer_ = Answer{request.file, answer.first, answer.end, std::max(kSkip, request.first - answer.first), 0};
  // The original URL's credentials are not in what an answer says of its own URL.
  if (!has_credentials_ && !request.redirected && redirects_.size() < kMostRedirects &&
      head.final_url.size() <= kLongestRedirect) {
    if (head.final_url != url_.of_file(metainfo_, request.file)) redirects_[request.file] = head.final_url;
  }
}

void WebSeed::receive(base::ByteView bytes, const ChunkRef& chunk, base::SteadyTime now) {
  if (!bytes.empty()) download_.add(bytes.size(), now);
  came_ += bytes.size();
  if (came_ >= kBlockSize) {
    came_ = 0;
    waited_ = {};
  }
  while (!bytes.empty() && answer_) {
    add_padding();
    std::size_t step = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), answer_->end - answer_->at));
    bool wanted = false;
    if (!queue_.empty()) {
      const Need next = need();
      if (answers(next)) {
        wanted = next.first == answer_->at;
        step = static_cast<std::size_t>(std::min<std::uint64_t>(step, wanted ? next.length : next.first - answer_->at));
      }
    }
    answer_->at += step;
    if (answer_->at == answer_->end) answer_.reset();
    if (wanted) {
      add_part(chunk, bytes.first(step));
    } else {
      skipped_ += step;
    }
    bytes = bytes.subspan(step);
  }
  skipped_ += bytes.size();
}

void WebSeed::add_part(const ChunkRef& chunk, base::ByteView bytes) {
  const bool goes_on = chunk && !parts_.empty() && parts_.back().chunk == chunk &&
                       parts_.back().bytes.data() + parts_.back().bytes.size() == bytes.data();
  if (goes_on) {
    parts_.back().bytes = {parts_.back().bytes.data(), parts_.back().bytes.size() + bytes.size()};
  } else {
    parts_.push_back({chunk, bytes});
  }
  got_ += static_cast<std::uint32_t>(bytes.size());
  if (got_ == queue_.front().length) finish_block();
}

void WebSeed::finish_block() {
  const BlockRef block = queue_.front();
  queue_.pop_front();
  got_ = 0;
  progress_ = true;
  failures_ = 0;
  refused_ = 0;
  host_.on_web_block(*this, block, std::exchange(parts_, {}));
}

// ---- trouble ----

void WebSeed::on_failed(std::string problem, base::SteadyTime now) {
  problem_ = std::move(problem);
  if (request_ && request_->redirected) redirects_.erase(request_->file);
  request_.reset();
  answer_.reset();
  // Whatever it was, it does bring something: it goes on where it broke off.
  if (progress_) return;
  const auto wait = std::min<std::chrono::seconds>(kMostPause, kPause * (1 << std::min(failures_, 10u)));
  ++failures_;
  pause(now + wait);
}

void WebSeed::on_waited(base::SteadyTime::duration waited, base::SteadyTime now) {
  if (!answer_ || queue_.empty()) return;
  waited_ += waited;
  if (waited_ < kPatience) return;
  // Blocks before this one do not make up for it.
  progress_ = false;
  on_failed(named("it sends next to nothing"), now);
}

void WebSeed::on_refused(std::string problem) {
  if (!request_) return;
  const Request request = *request_;
  request_.reset();
  if (request.redirected) {
    // The way there may lead elsewhere by now.
    redirects_.erase(request.file);
  } else {
    lose_file(request.file, std::move(problem));
  }
}

void WebSeed::lose_file(std::uint32_t file, std::string problem) {
  Bitfield left = pieces_;
  const auto [first, end] = layout_.pieces_of(file);
  for (std::uint32_t piece = first; piece < end; ++piece) left.reset(piece);
  if (left.none() || ++refused_ == kMostRefused) return retire(std::move(problem));
  problem_ = std::move(problem);
  give_up();
  const Bitfield before = std::exchange(pieces_, std::move(left));
  host_.on_web_pieces(*this, before);
}

}  // namespace podswarm::engine

#include "engine/http_download.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cassert>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/http_date.h"
#include "base/text.h"
#include "base/units.h"
#include "base/url.h"
#include "engine/block_queue.h"
#include "engine/core/cookie_jar.h"
#include "engine/core/http_failure.h"
#include "engine/core/http_file_name.h"
#include "engine/core/http_range.h"
#include "engine/core/media_sniff.h"
#include "engine/part_file.h"

namespace podswarm::engine {

namespace {

// What is received before it is handed to a worker, and how many such blocks a download has at most.
constexpr std::size_t kBlockBytes = 256 * 1024;
constexpr std::size_t kMaxBlocks = 4;

base::WallTime wall_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

FailureKind kind_of(HttpError error) {
  switch (error) {
    case HttpError::kBadUrl:
    case HttpError::kForbidden:
      return FailureKind::kPermanent;
    case HttpError::kCaFile:
      return FailureKind::kDisk;
    case HttpError::kResolve:
    case HttpError::kConnect:
      return FailureKind::kUnreachable;
    default:
      return FailureKind::kTemporary;
  }
}

bool is_compressed(std::string_view content_encoding) {
  for (const std::string_view coding : {"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"}) {
    if (base::iequals(content_encoding, coding)) return true;
  }
  return false;
}

bool is_plain_name(const std::string& name) {
  return name.find('/') == std::string::npos && name.find('\0') == std::string::npos && name != "." && name != "..";
}

}  // namespace

class HttpDownload::Impl : public std::enable_shared_from_this<HttpDownload::Impl> {
 public:
  Impl(const HttpDownloadContext& context, AddDownload download, EventHandler on_event)
      : context_(context), download_(std::move(download)), on_event_(std::move(on_event)), rate_timer_(context.io) {
    url_ = std::get<HttpSource>(download_.source).url;
    const auto parsed = base::parse_url(url_);
    host_ = parsed ? parsed->authority() : std::string("?");
    name_ = download_.file_name.empty() ? file_name_from_url(url_) : download_.file_name;
    own_bucket_.set_limit(download_.down_limit, base::SteadyTime::clock::now());
  }

  void start();
  void stop(std::function<void()> on_stopped);
  void cancel();
  void set_limits(const DownloadLimits& limits) {
    own_bucket_.set_limit(limits.down_limit, base::SteadyTime::clock::now());
    limits_changed();
  }
  void limits_changed() {
    if (!waiting_for_rate_) return;
    rate_timer_.cancel();
    waiting_for_rate_ = false;
    pump();
  }
  [[nodiscard]] DownloadStatus status(base::SteadyTime now) const;

 private:
  // What follows when everything that was received has been written.
  enum class After { kNothing, kCommit, kFail, kStop };

  template <class Job, class Then>
  void on_worker(Job job, Then then);

  void on_opened(DiskResult<std::unique_ptr<PartFile>> opened);
  void request(bool resume);
  void on_head(HttpResult<HttpHead> head);
  void on_target(std::optional<std::uint64_t> existing, std::optional<std::uint64_t> free);
  void started();
  void pump();
  [[nodiscard]] std::size_t allowance(std::size_t wanted);
  void on_bytes(HttpResult<std::size_t> bytes);
  [[nodiscard]] bool sniff();
  void on_end();
  void flush();
  void write_waiting();
  void on_written(DiskResult<void> written, std::vector<Block> blocks);
  void when_drained();
  void commit();
  void fail(FailureKind kind, std::string message, std::optional<std::chrono::seconds> retry_after = {});
  void finish(const std::string& name, std::uint64_t size);
  void emit(Event event);

  HttpDownloadContext context_;
  AddDownload download_;
  EventHandler on_event_;
  std::function<void()> on_stopped_;
  boost::asio::steady_timer rate_timer_;
  TokenBucket own_bucket_;
  RateMeter meter_;
  std::string url_;
  std::string host_;
  std::string name_;  // of the partial without ".part"; then of the finished file
  const std::chrono::steady_clock::time_point added_ = std::chrono::steady_clock::now();
  DownloadState state_ = DownloadState::kStarting;

  std::shared_ptr<PartFile> part_;
  std::shared_ptr<CookieJar> cookies_ = std::make_shared<CookieJar>();
  std::unique_ptr<HttpExchange> exchange_;
  std::optional<ResumePoint> asked_;
  HttpHead head_;
  RangeDecision decision_;
  std::uint64_t done_ = 0;  // bytes of the file, those of an earlier attempt included

  BlockQueue blocks_{kBlockBytes, kMaxBlocks};
  bool reading_ = false;
  bool waiting_for_rate_ = false;
  bool disk_busy_ = false;
  bool must_begin_ = false;  // the next write starts the partial over
  bool sniffed_ = false;
  bool ended_ = false;  // no more events
  After after_ = After::kNothing;
  Failed failure_;
};

// Runs `job` on a worker and then `then(impl, result)` here, unless the download has gone by then. Neither may hold
// what belongs to the network thread.
template <class Job, class Then>
void HttpDownload::Impl::on_worker(Job job, Then then) {
  assert(!disk_busy_);
  disk_busy_ = true;
  boost::asio::post(context_.workers,
                    [weak = weak_from_this(), &io = context_.io, job = std::move(job), then]() mutable {
                      // What the job holds is let go of here, so that whoever hears of the result finds it free.
                      auto result = Job(std::move(job))();
                      boost::asio::post(io, [weak, then, result = std::move(result)]() mutable {
                        const auto self = weak.lock();
                        if (!self) return;
                        self->disk_busy_ = false;
                        then(*self, std::move(result));
                      });
                    });
}

void HttpDownload::Impl::emit(Event event) {
  if (on_event_) {
    const EventHandler handler = on_event_;
    handler(std::move(event));
  }
}

void HttpDownload::Impl::cancel() {
  ended_ = true;
  on_event_ = nullptr;
  on_stopped_ = nullptr;
  exchange_.reset();
  rate_timer_.cancel();
}

void HttpDownload::Impl::start() {
  on_worker(
      [dir = download_.dir, name = name_, url = url_]() -> DiskResult<std::unique_ptr<PartFile>> {
        if (!is_plain_name(name)) return base::fail(FailureKind::kDisk, name + ": is not a file name");
        return PartFile::open(dir, name, url);
      },
      [](Impl& self, DiskResult<std::unique_ptr<PartFile>> opened) { self.on_opened(std::move(opened)); });
}

void HttpDownload::Impl::on_opened(DiskResult<std::unique_ptr<PartFile>> opened) {
  if (!opened) {
    if (after_ == After::kStop) return when_drained();
    return fail(opened.error().code, opened.error().message);
  }
  part_ = std::move(*opened);
  if (after_ == After::kStop) return when_drained();
  request(true);
}

void HttpDownload::Impl::request(bool resume) {
  asked_.reset();
  if (resume && can_resume(part_->resume_point())) asked_ = part_->resume_point();
  HttpRequest request;
  request.url = url_;
  request.user_agent = download_.http.user_agent.empty() ? context_.user_agent : download_.http.user_agent;
  request.user = download_.http.user;
  request.password = download_.http.password;
  request.token = download_.http.token;
  request.ca_file = download_.http.ca_file;
  request.allow_private = context_.allow_private && download_.http.allow_private;
  request.connect_timeout = download_.http.connect_timeout;
  request.stall_timeout = download_.http.stall_timeout;
  request.cookies = cookies_;
  if (asked_) request.fields = resume_fields(*asked_);
  exchange_ = context_.client.exchange(std::move(request));
  // The exchange is this object's own: no handler outlives it.
  exchange_->open([this](HttpResult<HttpHead> head) { on_head(std::move(head)); });
}

void HttpDownload::Impl::on_head(HttpResult<HttpHead> head) {
  const auto keep = shared_from_this();
  if (!head) return fail(kind_of(head.error().code), head.error().message);
  head_ = std::move(*head);
  decision_ = decide_range(asked_, head_);
  if (decision_.action == RangeAction::kStartOver) return request(false);
  if (decision_.action == RangeAction::kNotAFile) {
    const StatusFailure judged = judge_status(head_, host_, wall_now());
    return fail(judged.kind, judged.message, judged.retry_after);
  }
  if (download_.file_name.empty()) name_ = suggested_file_name(head_, url_);
  done_ = decision_.action == RangeAction::kFromStart ? 0 : asked_->size;
  sniffed_ = decision_.action != RangeAction::kFromStart;
  must_begin_ = decision_.action == RangeAction::kFromStart;
  on_worker([part = part_, name = name_] { return std::make_pair(part->finished_size(name), part->free_bytes()); },
            [](Impl& self, auto found) { self.on_target(found.first, found.second); });
}

void HttpDownload::Impl::started() {
  Started event;
  event.id = download_.id;
  event.name = name_;
  event.files = {{name_, decision_.total.value_or(0)}};
  event.total_size = decision_.total;
  emit(std::move(event));
}

void HttpDownload::Impl::on_target(std::optional<std::uint64_t> existing, std::optional<std::uint64_t> free) {
  if (after_ == After::kStop) return when_drained();
  state_ = DownloadState::kDownloading;
  started();
  if (ended_ || after_ == After::kStop) return;
  // A size of zero says nothing about what the file is.
  if (existing && decision_.total && *existing == *decision_.total && *existing > 0) {
    exchange_.reset();
    done_ = *existing;
    on_worker(
        [part = part_, size = *existing] {
          if (part->resume_point().size > 0) part->discard();
          return size;
        },
        [](Impl& self, std::uint64_t size) { self.finish(self.name_, size); });
    return;
  }
  if (decision_.action == RangeAction::kComplete) {
    exchange_.reset();
    after_ = After::kCommit;
    return when_drained();
  }
  // What the partial holds already is freed first where the download starts over.
  const std::uint64_t there = must_begin_ ? part_->size() : done_;
  if (decision_.total && free && *decision_.total > there && *decision_.total - there > *free) {
    return fail(FailureKind::kDiskFull, download_.dir.string() + ": " + base::format_bytes(*decision_.total - there) +
                                            " to come, " + base::format_bytes(*free) + " free");
  }
  pump();
}

// How much may be received now; 0 = the timer has been set for when there will be some.
std::size_t HttpDownload::Impl::allowance(std::size_t wanted) {
  const auto now = base::SteadyTime::clock::now();
  const std::uint64_t allowed = std::min(own_bucket_.available(now), context_.down_bucket.available(now));
  if (allowed > 0) return static_cast<std::size_t>(std::min<std::uint64_t>(allowed, wanted));
  waiting_for_rate_ = true;
  rate_timer_.expires_at(std::max(own_bucket_.ready_at(now), context_.down_bucket.ready_at(now)));
  rate_timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->waiting_for_rate_ = false;
    self->pump();
  });
  return 0;
}

void HttpDownload::Impl::pump() {
  if (reading_ || waiting_for_rate_ || after_ != After::kNothing || ended_) return;
  const std::span<std::uint8_t> room = blocks_.window();
  if (room.empty()) return;  // the disk is behind: on_written() goes on
  const std::size_t allowed = allowance(room.size());
  if (allowed == 0) return;
  reading_ = true;
  exchange_->read(room.first(allowed), [this](HttpResult<std::size_t> bytes) { on_bytes(std::move(bytes)); });
}

void HttpDownload::Impl::on_bytes(HttpResult<std::size_t> bytes) {
  const auto keep = shared_from_this();
  reading_ = false;
  if (!bytes) return fail(kind_of(bytes.error().code), bytes.error().message);
  if (*bytes == 0) return on_end();
  own_bucket_.take(*bytes);
  context_.down_bucket.take(*bytes);
  meter_.add(*bytes, base::SteadyTime::clock::now());
  done_ += *bytes;
  if (decision_.total && done_ > *decision_.total) {
    done_ -= *bytes;
    return fail(FailureKind::kTemporary,
                host_ + ": sends more than the " + std::to_string(*decision_.total) + " bytes that it announced");
  }
  blocks_.received(*bytes);
  if (!sniffed_ && blocks_.filling().size() >= kSniffBytes && !sniff()) return;
  if (blocks_.full()) flush();
  pump();
}

// False when it failed: nothing of this body has reached the disk then.
bool HttpDownload::Impl::sniff() {
  sniffed_ = true;
  const BodyKind kind = sniff_body(blocks_.filling());
  const std::string_view encoding = head_.field("Content-Encoding");
  if (download_.expect_media && is_surely_not_media(kind)) {
    blocks_.drop();
    fail(FailureKind::kNotMedia, host_ + ": sent " + std::string(describe(kind)) + " instead of an episode");
    return false;
  }
  if (kind != BodyKind::kMedia && is_compressed(encoding)) {
    blocks_.drop();
    fail(FailureKind::kTemporary, host_ + ": sent the file compressed (" + std::string(encoding) + "), unasked");
    return false;
  }
  return true;
}

void HttpDownload::Impl::on_end() {
  exchange_.reset();
  if (!sniffed_ && !sniff()) return;
  if (decision_.total && done_ < *decision_.total) {
    return fail(FailureKind::kTemporary, host_ + ": the answer ended " + std::to_string(*decision_.total - done_) +
                                             " bytes before the file did");
  }
  after_ = After::kCommit;
  flush();
  when_drained();
}

void HttpDownload::Impl::flush() {
  blocks_.seal();
  write_waiting();
}

// Everything that waits, in one job: the more the disk is behind, the larger the writes.
void HttpDownload::Impl::write_waiting() {
  if (disk_busy_ || blocks_.empty()) return;
  struct Written {
    DiskResult<void> result;
    std::vector<Block> blocks;
  };
  on_worker(
      [part = part_, begin = std::exchange(must_begin_, false), validators = strong_validators(head_),
       total = decision_.total, blocks = blocks_.take()]() mutable {
        if (begin) {
          if (auto begun = part->begin(validators, total); !begun) return Written{begun.error(), std::move(blocks)};
        }
        std::vector<iovec> slices;
        for (const Block& block : blocks) slices.push_back({block.data.get(), block.size});
        auto appended = part->append(slices);
        return Written{std::move(appended), std::move(blocks)};
      },
      [](Impl& self, Written written) { self.on_written(std::move(written.result), std::move(written.blocks)); });
}

void HttpDownload::Impl::on_written(DiskResult<void> written, std::vector<Block> blocks) {
  blocks_.give_back(std::move(blocks));
  if (!written) {
    blocks_.clear();
    if (after_ == After::kStop) return when_drained();
    after_ = After::kNothing;
    return fail(written.error().code, written.error().message);
  }
  write_waiting();
  if (after_ != After::kNothing) return when_drained();
  pump();
}

void HttpDownload::Impl::when_drained() {
  if (disk_busy_ || !blocks_.empty()) return;
  switch (after_) {
    case After::kNothing:
      return;
    case After::kCommit:
      return commit();
    case After::kFail: {
      state_ = DownloadState::kFailed;
      // Closing may block, and unlocks: on a worker, before anybody hears of the failure.
      on_worker(
          [part = std::exchange(part_, nullptr)]() mutable {
            part.reset();
            return 0;
          },
          [](Impl& self, int) {
            if (self.after_ == After::kStop) return self.when_drained();
            self.ended_ = true;
            self.emit(self.failure_);
          });
      return;
    }
    case After::kStop: {
      ended_ = true;
      on_worker(
          [part = std::exchange(part_, nullptr)]() mutable {
            part.reset();
            return 0;
          },
          [](Impl& self, int) {
            if (const auto handler = std::exchange(self.on_stopped_, nullptr)) handler();
          });
      return;
    }
  }
}

void HttpDownload::Impl::commit() {
  struct Committed {
    DiskResult<std::string> name;
    std::uint64_t size = 0;
  };
  on_worker(
      [part = part_, begin = std::exchange(must_begin_, false), total = decision_.total, name = name_,
       modified = base::parse_http_date(head_.field("Last-Modified"))]() -> Committed {
        if (begin) {  // an empty file
          if (auto begun = part->begin({}, total); !begun) return {begun.error()};
        }
        const std::uint64_t size = part->size();
        return {part->commit(name, modified), size};
      },
      [](Impl& self, Committed committed) {
        if (self.after_ == After::kStop) return self.when_drained();
        self.after_ = After::kNothing;
        if (!committed.name) return self.fail(committed.name.error().code, committed.name.error().message);
        self.finish(*committed.name, committed.size);
      });
}

void HttpDownload::Impl::finish(const std::string& name, std::uint64_t size) {
  if (after_ == After::kStop) return when_drained();
  state_ = DownloadState::kFinished;
  ended_ = true;
  part_.reset();
  Finished event;
  event.id = download_.id;
  event.files = {{name, size}};
  event.content_type = head_.field("Content-Type");
  event.suggested_name = suggested_file_name(head_, url_);
  event.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - added_);
  emit(std::move(event));
}

// What was received is written first: it is what a resume goes on from.
void HttpDownload::Impl::fail(FailureKind kind, std::string message, std::optional<std::chrono::seconds> retry_after) {
  if (after_ != After::kNothing || ended_) return;
  exchange_.reset();
  reading_ = false;
  rate_timer_.cancel();
  failure_ = {download_.id, kind, std::move(message), retry_after};
  after_ = After::kFail;
  // Bytes that nobody has looked at yet may be an error page.
  if (!sniffed_) blocks_.drop();
  flush();
  when_drained();
}

void HttpDownload::Impl::stop(std::function<void()> on_stopped) {
  on_event_ = nullptr;
  on_stopped_ = std::move(on_stopped);
  exchange_.reset();
  reading_ = false;
  rate_timer_.cancel();
  after_ = After::kStop;
  if (!sniffed_) blocks_.drop();
  flush();
  when_drained();
}

DownloadStatus HttpDownload::Impl::status(base::SteadyTime now) const {
  DownloadStatus out;
  out.id = download_.id;
  out.state = state_;
  out.name = name_;
  out.done_bytes = done_;
  out.total_bytes = decision_.total;
  out.down_rate = state_ == DownloadState::kDownloading ? static_cast<std::uint64_t>(meter_.bytes_per_s(now)) : 0;
  out.downloaded = meter_.total();
  return out;
}

HttpDownload::HttpDownload(const HttpDownloadContext& context, AddDownload download, EventHandler on_event)
    : impl_(std::make_shared<Impl>(context, std::move(download), std::move(on_event))) {}
HttpDownload::~HttpDownload() {
  impl_->cancel();
}
void HttpDownload::start() {
  impl_->start();
}
void HttpDownload::stop(std::function<void()> on_stopped) {
  impl_->stop(std::move(on_stopped));
}
void HttpDownload::set_limits(const DownloadLimits& limits) {
  impl_->set_limits(limits);
}

void HttpDownload::limits_changed() {
  impl_->limits_changed();
}

DownloadStatus HttpDownload::status(base::SteadyTime now) const {
  return impl_->status(now);
}

}  // namespace podswarm::engine

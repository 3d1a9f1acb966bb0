#include "engine/core/http_response.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>

#include "base/text.h"

namespace podswarm::engine {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

// One line of UTF-8, whatever the server sent: it ends up in messages.
std::string clean_line(std::string_view text) {
  std::string out = base::repair_utf8(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return out;
}

base::Failure<HttpParseError> head_failure(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return base::fail(HttpParseError::kHeadTooLarge, "the answer's head is larger than 64 KiB");
  }
  if (error == http::error::bad_version) return base::fail(HttpParseError::kNotHttp, "the answer is not HTTP/1.x");
  return base::fail(HttpParseError::kBadHead, "the answer's head is malformed: " + error.message());
}

}  // namespace

struct HttpResponseReader::Impl {
  using Parser = http::response_parser<http::buffer_body>;

  Impl() { renew(); }

  void renew() {
    parser.emplace();
    parser->header_limit(kMaxHeadBytes);
    parser->body_limit(boost::none);
    parser->eager(false);
  }

  std::optional<Parser> parser;
  int interim = 0;
};

HttpResponseReader::HttpResponseReader() : impl_(std::make_unique<Impl>()) {}
HttpResponseReader::~HttpResponseReader() = default;
HttpResponseReader::HttpResponseReader(HttpResponseReader&&) noexcept = default;
HttpResponseReader& HttpResponseReader::operator=(HttpResponseReader&&) noexcept = default;

base::Result<std::size_t, HttpParseError> HttpResponseReader::put_head(base::ByteView input) {
  std::size_t consumed = 0;
  while (consumed < input.size()) {
    error_code error;
    const base::ByteView rest = input.subspan(consumed);
    consumed += impl_->parser->put(boost::asio::buffer(rest.data(), rest.size()), error);
    if (error == http::error::need_more) {
      // The parser consumes a head as a whole: what it waits for is bounded here.
      if (input.size() - consumed > kMaxHeadBytes) return head_failure(http::error::header_limit);
      return consumed;
    }
    if (error) return head_failure(error);
    if (!impl_->parser->is_header_done()) continue;
    const int status = static_cast<int>(impl_->parser->get().result_int());
    if (status < 100) return head_failure(http::error::bad_status);
    if (status >= 200) return consumed;
    if (++impl_->interim > kMaxInterim || status == 101) return head_failure(http::error::header_limit);
    impl_->renew();
  }
  return consumed;
}

bool HttpResponseReader::head_done() const {
  return impl_->parser->is_header_done();
}

HttpHead HttpResponseReader::head() const {
  const auto& message = impl_->parser->get();
  HttpHead out;
  out.status = static_cast<int>(message.result_int());
  out.reason = clean_line(std::string_view(message.reason()));
  for (const auto& field : message) {
    out.fields.push_back(
        {std::string(std::string_view(field.name_string())), std::string(std::string_view(field.value()))});
  }
  switch (body()) {
    case HttpBody::kNone:
      out.content_length = 0;
      break;
    case HttpBody::kLength:
      if (const auto length = impl_->parser->content_length()) out.content_length = *length;
      break;
    case HttpBody::kChunked:
    case HttpBody::kUntilClose:
      break;
  }
  return out;
}

HttpBody HttpResponseReader::body() const {
  const Impl::Parser& parser = *impl_->parser;
  const unsigned status = parser.get().result_int();
  if (status == 204 || status == 304) return HttpBody::kNone;
  if (parser.chunked()) return HttpBody::kChunked;
  if (const auto length = parser.content_length()) return *length == 0 ? HttpBody::kNone : HttpBody::kLength;
  return HttpBody::kUntilClose;
}

bool HttpResponseReader::keeps_alive() const {
  return body() != HttpBody::kUntilClose && impl_->parser->get().keep_alive();
}

base::Result<HttpResponseReader::Step, HttpParseError> HttpResponseReader::put_chunked(base::ByteView input,
                                                                                       std::span<std::uint8_t> out) {
  Step step;
  while (step.consumed < input.size() && step.produced < out.size() && !impl_->parser->is_done()) {
    auto& body = impl_->parser->get().body();
    body.data = out.data() + step.produced;
    body.size = out.size() - step.produced;
    body.more = true;
    const std::size_t room = body.size;
    error_code error;
    const base::ByteView rest = input.subspan(step.consumed);
    const std::size_t taken = impl_->parser->put(boost::asio::buffer(rest.data(), rest.size()), error);
    const std::size_t given = room - body.size;
    step.consumed += taken;
    step.produced += given;
    if (error == http::error::need_buffer) error = {};
    if (error == http::error::need_more) break;
    if (error) return base::fail(HttpParseError::kBadChunk, "a malformed chunk: " + error.message());
    if (taken == 0 && given == 0) break;
  }
  return step;
}

bool HttpResponseReader::body_done() const {
  return impl_->parser->is_done();
}

}  // namespace podswarm::engine

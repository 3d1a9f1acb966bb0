#include "feeds/http_body.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace podswarm::feeds {

namespace {

constexpr std::size_t kMaxOverhead = 64 * 1024;  // extensions and trailers together; nobody uses them

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

base::Failure<FetchError> broken_chunk() {
  return base::fail(FetchError::kProtocol, "the body's chunked coding is broken");
}

}  // namespace

FetchResult<BodyReader> BodyReader::start(int status, const std::vector<std::string>& transfer_encodings,
                                          const std::vector<std::string>& content_lengths) {
  BodyReader reader;
  if (status < 200 || status == 204 || status == 304) {
    reader.state_ = State::kDone;
    return reader;
  }
  bool chunked = false;
  for (const auto& field : transfer_encodings) {
    for (const auto part : base::split(field, ',')) {
      const auto coding = base::trim(part);
      if (coding.empty() || base::iequals(coding, "identity")) continue;
      if (chunked || !base::iequals(coding, "chunked")) {
        return base::fail(FetchError::kProtocol,
                          "unknown Transfer-Encoding \"" + base::repair_utf8(base::utf8_prefix(field, 40)) + "\"");
      }
      chunked = true;
    }
  }
  if (chunked) {
    reader.state_ = State::kChunkSize;
    return reader;
  }
  for (const auto& field : content_lengths) {
    for (const auto part : base::split(field, ',')) {
      const auto text = base::trim(part);
      std::uint64_t length = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
      if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
        return base::fail(FetchError::kProtocol, "the Content-Length is not a number");
      }
      if (reader.state_ == State::kLength && length != reader.announced_) {
        return base::fail(FetchError::kProtocol, "two Content-Lengths contradict each other");
      }
      reader.state_ = State::kLength;
      reader.announced_ = reader.left_ = length;
    }
  }
  if (reader.state_ == State::kLength && reader.left_ == 0) reader.state_ = State::kDone;
  return reader;
}

FetchResult<void> BodyReader::feed(std::string_view input, std::string& out) {
  switch (state_) {
    case State::kDone:
      return {};
    case State::kUntilClose:
      out += input;
      return {};
    case State::kLength: {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
      out += input.substr(0, size);
      left_ -= size;
      if (left_ == 0) state_ = State::kDone;
      return {};
    }
    default:
      return feed_chunked(input, out);
  }
}

FetchResult<void> BodyReader::feed_chunked(std::string_view input, std::string& out) {
  std::size_t i = 0;
  while (i < input.size() && state_ != State::kDone) {
    if (state_ == State::kChunkData) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - i));
      out += input.substr(i, size);
      i += size;
      left_ -= size;
      if (left_ == 0) state_ = State::kChunkEnd;
      continue;
    }
    const char c = input[i++];
    if (state_ == State::kChunkEnd) {
      // CR LF after the data; the size line begins after it.
      if (c == '\r') continue;
      if (c != '\n') return broken_chunk();
      state_ = State::kChunkSize;
      size_digits_ = 0;
      left_ = 0;
      continue;
    }
    if (state_ == State::kTrailer) {
      if (++overhead_ > kMaxOverhead) return broken_chunk();
      if (c == '\n') {
        if (line_size_ == 0) state_ = State::kDone;
        line_size_ = 0;
      } else if (c != '\r') {
        ++line_size_;
      }
      continue;
    }
    const int digit = state_ == State::kChunkSize ? hex_value(c) : -1;
    if (digit >= 0) {
      if (++size_digits_ > 15) return broken_chunk();
      left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
      continue;
    }
    if (size_digits_ == 0) return broken_chunk();
    if (c == '\n') {
      state_ = left_ == 0 ? State::kTrailer : State::kChunkData;
      line_size_ = 0;
    } else if (state_ == State::kChunkExtension || c == ';' || c == ' ' || c == '\t' || c == '\r') {
      state_ = State::kChunkExtension;
      if (++overhead_ > kMaxOverhead) return broken_chunk();
    } else {
      return broken_chunk();
    }
  }
  return {};
}

FetchResult<void> BodyReader::finish() const {
  switch (state_) {
    case State::kDone:
    case State::kUntilClose:
      return {};
    case State::kLength:
      return base::fail(FetchError::kProtocol, "the connection ended " + std::to_string(left_) + " bytes before the " +
                                                   std::to_string(announced_) + " that were announced");
    default:
      return base::fail(FetchError::kProtocol, "the connection ended before the body did");
  }
}

}  // namespace podswarm::feeds

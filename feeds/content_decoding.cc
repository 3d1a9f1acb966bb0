#include "feeds/content_decoding.h"

#include <brotli/decode.h>
#include <zlib.h>

#include <algorithm>
#include <new>

#include "base/text.h"

namespace podswarm::feeds {

namespace {

constexpr std::size_t kStep = 64 * 1024;
constexpr int kGzipWindow = 15 + 16;
constexpr int kZlibWindow = 15;
constexpr int kRawWindow = -15;

base::Failure<FetchError> broken(std::string_view coding, std::string_view why) {
  return base::fail(FetchError::kEncoding, "the " + std::string(coding) + " body is broken: " + std::string(why));
}

}  // namespace

struct ContentDecoder::Stream {
  z_stream zlib{};
  bool zlib_ready = false;
  BrotliDecoderState* brotli = nullptr;
  std::string head;    // the first bytes of a deflate or gzip stream, until its form is known
  bool ended = false;  // the coding's own end was seen

  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    if (zlib_ready) inflateEnd(&zlib);
    if (brotli != nullptr) BrotliDecoderDestroyInstance(brotli);
  }
  void start_zlib(int window) {
    if (zlib_ready) inflateEnd(&zlib);
    zlib = z_stream{};
    zlib_ready = inflateInit2(&zlib, window) == Z_OK;
    if (!zlib_ready) throw std::bad_alloc();
  }
};

FetchResult<ContentCoding> parse_content_encoding(std::string_view field) {
  std::string coding;
  for (const auto part : base::split(field, ',')) {
    const std::string name = base::ascii_lower(base::trim(part));
    if (name.empty() || name == "identity") continue;
    if (!coding.empty()) return base::fail(FetchError::kEncoding, "the body has more than one Content-Encoding");
    coding = name;
  }
  if (coding.empty()) return ContentCoding::kIdentity;
  if (coding == "gzip" || coding == "x-gzip") return ContentCoding::kGzip;
  if (coding == "deflate") return ContentCoding::kDeflate;
  if (coding == "br") return ContentCoding::kBrotli;
  return base::fail(FetchError::kEncoding,
                    "unknown Content-Encoding \"" + base::repair_utf8(base::utf8_prefix(coding, 40)) + "\"");
}

ContentDecoder::ContentDecoder(ContentCoding coding, std::size_t max_bytes)
    : coding_(coding), max_bytes_(max_bytes), stream_(std::make_unique<Stream>()) {
  if (coding_ == ContentCoding::kBrotli) {
    stream_->brotli = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
    if (stream_->brotli == nullptr) throw std::bad_alloc();
  }
}

ContentDecoder::~ContentDecoder() = default;
ContentDecoder::ContentDecoder(ContentDecoder&&) noexcept = default;
ContentDecoder& ContentDecoder::operator=(ContentDecoder&&) noexcept = default;

FetchResult<void> ContentDecoder::check_size(std::string& out) const {
  if (out.size() > max_bytes_) {
    out.resize(max_bytes_);
    return base::fail(FetchError::kTooLarge, "the body is larger than " + std::to_string(max_bytes_) + " bytes");
  }
  if (coding_ != ContentCoding::kIdentity && out.size() > kRatioGrace && out.size() / kMaxRatio > input_bytes_) {
    return base::fail(FetchError::kTooLarge,
                      "the body unpacks to more than " + std::to_string(kMaxRatio) + " times its size");
  }
  return {};
}

FetchResult<void> ContentDecoder::feed(std::string_view input, std::string& out) {
  if (input.empty()) return {};
  input_bytes_ += input.size();
  switch (coding_) {
    case ContentCoding::kIdentity:
      // One byte over is enough to see that there are too many.
      out.append(input.substr(0, max_bytes_ - out.size() + 1));
      return check_size(out);
    case ContentCoding::kBrotli:
      return feed_brotli(input, out);
    case ContentCoding::kGzip:
    case ContentCoding::kDeflate:
      break;
  }
  return feed_zlib(input, out);
}

FetchResult<void> ContentDecoder::feed_zlib(std::string_view input, std::string& out) {
  Stream& stream = *stream_;
  std::string joined;
  const bool gzip = coding_ == ContentCoding::kGzip;
  if (!stream.zlib_ready) {
    // Two bytes tell zlib's form from raw deflate: the method is 8, and both as a number are a multiple of 31.
    stream.head += input;
    if (stream.head.size() < 2) return {};
    const auto first = static_cast<unsigned char>(stream.head[0]);
    const auto second = static_cast<unsigned char>(stream.head[1]);
    const bool zlib = (first & 0x0f) == 8 && (first * 256 + second) % 31 == 0;
    stream.start_zlib(gzip ? kGzipWindow : zlib ? kZlibWindow : kRawWindow);
    joined = std::move(stream.head);
    input = joined;
  }
  z_stream& z = stream.zlib;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  z.avail_in = static_cast<uInt>(input.size());
  for (;;) {
    if (stream.ended) {
      // Another gzip member may follow; anything else after the end is padding that servers are known to add.
      if (!gzip || z.avail_in == 0 || *z.next_in != 0x1f) return {};
      inflateReset(&z);
      stream.ended = false;
    }
    const std::size_t before = out.size();
    out.resize(before + std::min(kStep, max_bytes_ - before + 1));
    z.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    z.avail_out = static_cast<uInt>(out.size() - before);
    const int result = inflate(&z, Z_NO_FLUSH);
    const bool filled = z.avail_out == 0;
    out.resize(out.size() - z.avail_out);
    if (const auto fits = check_size(out); !fits) return fits.error();
    if (result == Z_STREAM_END) {
      stream.ended = true;
    } else if (result == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return broken(gzip ? "gzip" : "deflate", z.msg != nullptr ? z.msg : "it needs a dictionary");
    } else if (!filled) {
      return {};  // all input is used, and all output of it is out
    }
  }
}

FetchResult<void> ContentDecoder::feed_brotli(std::string_view input, std::string& out) {
  Stream& stream = *stream_;
  if (stream.ended) return {};
  const auto* next_in = reinterpret_cast<const std::uint8_t*>(input.data());
  std::size_t left_in = input.size();
  for (;;) {
    const std::size_t before = out.size();
    out.resize(before + std::min(kStep, max_bytes_ - before + 1));
    auto* next_out = reinterpret_cast<std::uint8_t*>(out.data() + before);
    std::size_t left_out = out.size() - before;
    const auto result = BrotliDecoderDecompressStream(stream.brotli, &left_in, &next_in, &left_out, &next_out, nullptr);
    out.resize(out.size() - left_out);
    if (const auto fits = check_size(out); !fits) return fits.error();
    switch (result) {
      case BROTLI_DECODER_RESULT_SUCCESS:
        stream.ended = true;
        return {};
      case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
        // It may ask for input with the output buffer full and more to come.
        if (BrotliDecoderHasMoreOutput(stream.brotli) == BROTLI_FALSE) return {};
        break;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        break;
      case BROTLI_DECODER_RESULT_ERROR:
        return broken("br", BrotliDecoderErrorString(BrotliDecoderGetErrorCode(stream.brotli)));
    }
  }
}

FetchResult<void> ContentDecoder::finish() {
  if (coding_ == ContentCoding::kIdentity || input_bytes_ == 0 || stream_->ended) return {};
  return base::fail(FetchError::kEncoding, "the compressed body ends in the middle");
}

}  // namespace podswarm::feeds

#include "engine/core/bencode.h"

#include <cassert>
#include <charconv>
#include <limits>
#include <utility>

namespace podswarm::engine {

namespace {

bool is_digit(std::uint8_t c) {
  return c >= '0' && c <= '9';
}

base::Failure<BencodeError> failure(BencodeError code, std::string_view what, std::size_t at) {
  return base::fail(code, "bencoding: " + std::string(what) + " at byte " + std::to_string(at));
}

}  // namespace

// ---- reading ----

BencodeNode::Type BencodeNode::type() const {
  return record_ == nullptr ? Type::kAbsent : static_cast<Type>(record_->type);
}

base::ByteView BencodeNode::raw() const {
  if (record_ == nullptr) return {};
  return {input_ + record_->begin, record_->end - record_->begin};
}

std::optional<std::string_view> BencodeNode::string() const {
  if (!is_string()) return std::nullopt;
  return base::as_text({input_ + record_->content, record_->end - record_->content});
}

std::optional<std::int64_t> BencodeNode::integer() const {
  if (!is_integer()) return std::nullopt;
  const char* first = reinterpret_cast<const char*>(input_) + record_->content;
  const char* last = reinterpret_cast<const char*>(input_) + record_->end - 1;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(first, last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

bool BencodeNode::is_plain_integer() const {
  if (!integer()) return false;
  std::string_view text = base::as_text({input_ + record_->content, record_->end - 1 - record_->content});
  if (text == "0") return true;
  if (text.front() == '-') text.remove_prefix(1);
  return text.front() != '0';
}

BencodeNode BencodeNode::operator[](std::string_view key) const {
  if (!is_dict()) return {};
  for (BencodeNode k = first_child(); k; k = k.next()) {
    const bool found = *k.string() == key;
    k = k.next();
    if (found) return k;
  }
  return {};
}

BencodeNode BencodeNode::first_child() const {
  if (record_ == nullptr || record_->subtree == 1) return {};
  return {record_ + 1, input_};
}

BencodeNode BencodeNode::next() const {
  if (record_ == nullptr || record_->last != 0) return {};
  return {record_ + record_->subtree, input_};
}

std::size_t BencodeNode::size() const {
  std::size_t children = 0;
  for (BencodeNode child = first_child(); child; child = child.next()) ++children;
  return is_dict() ? children / 2 : children;
}

base::Result<BencodeDocument, BencodeError> BencodeDocument::parse(base::ByteView input, const BencodeLimits& limits) {
  auto document = parse_prefix(input, limits);
  if (document && document->root().raw().size() != input.size()) {
    return failure(BencodeError::kTrailing, "more after the value", document->root().raw().size());
  }
  return document;
}

base::Result<BencodeDocument, BencodeError> BencodeDocument::parse_prefix(base::ByteView input,
                                                                          const BencodeLimits& limits) {
  using Type = BencodeNode::Type;
  using Record = BencodeNode::Record;
  constexpr std::uint32_t kSubtreeLimit = (1u << 28) - 1;
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  assert(limits.max_nodes <= kSubtreeLimit);
  if (input.size() > limits.max_bytes || input.size() > std::numeric_limits<std::uint32_t>::max()) {
    return base::fail(BencodeError::kTooLarge, "bencoding: " + std::to_string(input.size()) + " bytes are too many");
  }

  struct Open {
    std::size_t record = 0;
    std::size_t last_child = 0;
    bool dict = false;
    bool wants_key = false;
  };
  BencodeDocument document;
  document.input_ = input;
  auto& records = document.records_;
  std::vector<Open> open;
  std::size_t at = 0;

  const auto add = [&](Type type, std::size_t begin) {
    if (!open.empty()) open.back().last_child = records.size();
    Record record;
    record.begin = static_cast<std::uint32_t>(begin);
    record.subtree = 1;
    record.type = static_cast<std::uint8_t>(type) & 7u;
    record.last = open.empty() ? 1 : 0;
    records.push_back(record);
  };

  do {
    if (at >= input.size()) return failure(BencodeError::kTruncated, "the input ends", at);
    const std::uint8_t c = input[at];
    if (c == 'e' && !open.empty()) {
      const Open& top = open.back();
      if (top.dict && !top.wants_key) return failure(BencodeError::kSyntax, "a key without a value", at);
      ++at;
      Record& record = records[top.record];
      record.end = static_cast<std::uint32_t>(at);
      record.subtree = static_cast<std::uint32_t>(records.size() - top.record) & kSubtreeLimit;
      if (top.last_child != kNone) records[top.last_child].last = 1;
      open.pop_back();
      continue;
    }
    if (records.size() >= limits.max_nodes) return failure(BencodeError::kTooMany, "too many values", at);
    if (!open.empty() && open.back().dict) {
      if (open.back().wants_key && !is_digit(c)) return failure(BencodeError::kSyntax, "a key is no string", at);
      open.back().wants_key = !open.back().wants_key;
    }
    const std::size_t begin = at;
    if (is_digit(c)) {
      std::uint64_t length = 0;
      while (at < input.size() && is_digit(input[at])) {
        length = length * 10 + (input[at] - std::uint64_t{'0'});
        if (length > std::numeric_limits<std::uint32_t>::max()) {
          return failure(BencodeError::kTruncated, "a string longer than the input", begin);
        }
        ++at;
      }
      if (at >= input.size()) return failure(BencodeError::kTruncated, "the input ends", at);
      if (input[at] != ':') return failure(BencodeError::kSyntax, "a colon is missing", at);
      ++at;
      if (length > input.size() - at) {
        return failure(BencodeError::kTruncated, "a string longer than the input", begin);
      }
      add(Type::kString, begin);
      records.back().content = static_cast<std::uint32_t>(at);
      at += static_cast<std::size_t>(length);
      records.back().end = static_cast<std::uint32_t>(at);
    } else if (c == 'i') {
      ++at;
      const std::size_t content = at;
      if (at < input.size() && input[at] == '-') ++at;
      const std::size_t digits = at;
      while (at < input.size() && is_digit(input[at])) ++at;
      if (at >= input.size()) return failure(BencodeError::kTruncated, "the input ends", at);
      if (at == digits || input[at] != 'e') return failure(BencodeError::kSyntax, "not an integer", begin);
      ++at;
      add(Type::kInteger, begin);
      records.back().content = static_cast<std::uint32_t>(content);
      records.back().end = static_cast<std::uint32_t>(at);
    } else if (c == 'l' || c == 'd') {
      if (open.size() >= limits.max_depth) return failure(BencodeError::kTooDeep, "nested too deep", at);
      ++at;
      add(c == 'd' ? Type::kDict : Type::kList, begin);
      open.push_back({records.size() - 1, kNone, c == 'd', true});
    } else {
      return failure(BencodeError::kSyntax, "no value begins like this", at);
    }
  } while (!open.empty());
  return document;
}

// ---- writing ----

void BencodeWriter::append(std::string_view text) {
  out_.insert(out_.end(), text.begin(), text.end());
}

void BencodeWriter::before_value() {
  assert(!levels_.empty() || out_.empty());
  if (levels_.empty() || !levels_.back().dict) return;
  assert(levels_.back().has_key && "a dictionary's value needs a key");
  levels_.back().has_key = false;
}

BencodeWriter& BencodeWriter::begin_dict() {
  before_value();
  out_.push_back('d');
  levels_.emplace_back().dict = true;
  return *this;
}

BencodeWriter& BencodeWriter::begin_list() {
  before_value();
  out_.push_back('l');
  levels_.emplace_back();
  return *this;
}

BencodeWriter& BencodeWriter::end() {
  assert(!levels_.empty() && !levels_.back().has_key);
  levels_.pop_back();
  out_.push_back('e');
  return *this;
}

BencodeWriter& BencodeWriter::key(std::string_view key) {
  assert(!levels_.empty() && levels_.back().dict && !levels_.back().has_key);
  Level& level = levels_.back();
  assert((!level.any || level.last_key < key) && "keys in ascending order, each once");
#ifndef NDEBUG
  level.last_key = key;
#endif
  level.any = true;
  append(std::to_string(key.size()));
  out_.push_back(':');
  append(key);
  level.has_key = true;
  return *this;
}

BencodeWriter& BencodeWriter::string(std::string_view value) {
  before_value();
  append(std::to_string(value.size()));
  out_.push_back(':');
  append(value);
  return *this;
}

BencodeWriter& BencodeWriter::integer(std::int64_t value) {
  before_value();
  out_.push_back('i');
  append(std::to_string(value));
  out_.push_back('e');
  return *this;
}

BencodeWriter& BencodeWriter::raw(base::ByteView value) {
  before_value();
  out_.insert(out_.end(), value.begin(), value.end());
  return *this;
}

base::Bytes BencodeWriter::take() {
  assert(levels_.empty() && !out_.empty());
  return std::exchange(out_, {});
}

}  // namespace podswarm::engine

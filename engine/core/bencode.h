// Bencoding (BEP 3): a tokeniser that makes a flat array of nodes with views into the input, and a writer.
// Pure values, any thread. Reading is not recursive, so hostile nesting costs no stack.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace podswarm::engine {

enum class BencodeError {
  kTruncated,  // the input ends inside a value
  kSyntax,
  kTooDeep,
  kTooMany,   // more nodes than allowed
  kTooLarge,  // the input itself
  kTrailing,  // bytes after the value
};

struct BencodeLimits {
  std::uint32_t max_depth = 100;        // containers inside each other
  std::uint32_t max_nodes = 3'000'000;  // keys count
  std::size_t max_bytes = 64u << 20;
};

class BencodeDocument;

// A value of a document: a cheap copy, valid as long as the document and its input. The default one is "absent", of
// which every question is answered with nothing; so look-ups can be chained.
class BencodeNode {
 public:
  enum class Type : std::uint8_t { kAbsent, kInteger, kString, kList, kDict };

  BencodeNode() = default;

  [[nodiscard]] Type type() const;
  [[nodiscard]] explicit operator bool() const { return record_ != nullptr; }
  [[nodiscard]] bool is_string() const { return type() == Type::kString; }
  [[nodiscard]] bool is_integer() const { return type() == Type::kInteger; }
  [[nodiscard]] bool is_list() const { return type() == Type::kList; }
  [[nodiscard]] bool is_dict() const { return type() == Type::kDict; }

  // The bytes of the value as they stand in the input: what an info-hash is made of.
  [[nodiscard]] base::ByteView raw() const;

  // A string's content; nothing for any other type.
  [[nodiscard]] std::optional<std::string_view> string() const;
  // An integer that fits 64 bits with its sign; leading zeros and -0 are forgiven.
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  // An integer that is written as it must be (no leading zeros, no -0) and fits.
  [[nodiscard]] bool is_plain_integer() const;

  // The first entry of a dictionary with that key; absent if there is none or this is no dictionary. Linear.
  [[nodiscard]] BencodeNode operator[](std::string_view key) const;

  // The children in order: of a list its elements, of a dictionary key, value, key, value. first_child() is absent for
  // what has none; next() is absent after the last one.
  [[nodiscard]] BencodeNode first_child() const;
  [[nodiscard]] BencodeNode next() const;
  // How many elements a list has, or entries a dictionary. Linear.
  [[nodiscard]] std::size_t size() const;

 private:
  friend class BencodeDocument;
  struct Record {
    std::uint32_t begin = 0;     // of the raw slice
    std::uint32_t end = 0;       // after its last byte
    std::uint32_t content = 0;   // of a string its first byte, of an integer its first digit or sign
    std::uint32_t subtree : 28;  // how many records the value takes, itself included
    std::uint32_t type : 3;
    std::uint32_t last : 1;  // it is its parent's last child
  };
  BencodeNode(const Record* record, const std::uint8_t* input) : record_(record), input_(input) {}

  const Record* record_ = nullptr;
  const std::uint8_t* input_ = nullptr;
};

// A parsed input. Moving it leaves its nodes valid. It keeps views: the input must live as long.
class BencodeDocument {
 public:
  // Exactly one value.
  [[nodiscard]] static base::Result<BencodeDocument, BencodeError> parse(base::ByteView input,
                                                                         const BencodeLimits& limits = {});
  // One value at the start of `input`; what follows it is the caller's (BEP 9): root().raw().size() says where.
  [[nodiscard]] static base::Result<BencodeDocument, BencodeError> parse_prefix(base::ByteView input,
                                                                                const BencodeLimits& limits = {});

  [[nodiscard]] BencodeNode root() const { return {records_.data(), input_.data()}; }

 private:
  BencodeDocument() = default;
  std::vector<BencodeNode::Record> records_;
  base::ByteView input_;
};

// Appends bencoding to its own buffer. Misuse (keys out of order, a value without a key, too many end()) is a bug and
// asserted. Dictionary keys must be given in ascending order of their bytes.
class BencodeWriter {
 public:
  BencodeWriter& begin_dict();
  BencodeWriter& begin_list();
  BencodeWriter& end();
  BencodeWriter& key(std::string_view key);
  BencodeWriter& string(std::string_view value);
  BencodeWriter& string(base::ByteView value) { return string(base::as_text(value)); }
  BencodeWriter& integer(std::int64_t value);
  // A value that is bencoded already.
  BencodeWriter& raw(base::ByteView value);

  // The finished value; every container must be closed. The writer is empty afterwards.
  [[nodiscard]] base::Bytes take();

 private:
  struct Level {
    bool dict = false;
    bool has_key = false;  // a key waits for its value
    std::string last_key;  // checked in debug builds only
    bool any = false;
  };
  void before_value();
  void append(std::string_view text);

  base::Bytes out_;
  std::vector<Level> levels_;
};

}  // namespace podswarm::engine

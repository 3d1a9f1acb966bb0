#include "engine/core/extension.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "engine/core/bencode.h"

namespace podswarm::engine {

namespace {

constexpr std::size_t kMaxClientName = 64;
constexpr BencodeLimits kLimits{.max_depth = 10, .max_nodes = 4000, .max_bytes = 1u << 20};

template <class Int>
std::optional<Int> in_range(BencodeNode node, std::int64_t low, std::int64_t high) {
  const auto value = node.integer();
  if (!value || *value < low || *value > high) return std::nullopt;
  return static_cast<Int>(*value);
}

std::optional<std::uint8_t> id_of(BencodeNode ids, std::string_view name) {
  return in_range<std::uint8_t>(ids[name], 0, 255);
}

std::optional<std::string> client_of(BencodeNode node) {
  const auto raw = node.string();
  if (!raw) return std::nullopt;
  std::string text = base::repair_utf8(raw->substr(0, 4 * kMaxClientName));
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }),
             text.end());
  return std::string(base::utf8_prefix(text, kMaxClientName));
}

std::optional<Endpoint> address_of(BencodeNode node) {
  const auto bytes = base::as_bytes(node.string().value_or(std::string_view()));
  if (bytes.size() == 4) return Endpoint::v4({bytes[0], bytes[1], bytes[2], bytes[3]}, 0);
  if (bytes.size() != 16) return std::nullopt;
  std::array<std::uint8_t, 16> address{};
  std::copy(bytes.begin(), bytes.end(), address.begin());
  return Endpoint::v6(address, 0);
}

template <class T>
void take(std::optional<T>& known, const std::optional<T>& later) {
  if (later) known = later;
}

}  // namespace

base::Result<ExtensionHandshake, ExtensionError> decode_extension_handshake(base::ByteView payload) {
  const auto document = BencodeDocument::parse_prefix(payload, kLimits);
  if (!document) {
    return base::fail(ExtensionError::kNotBencoded, "extension handshake: " + document.error().message);
  }
  const BencodeNode root = document->root();
  if (!root.is_dict()) return base::fail(ExtensionError::kNotDict, "extension handshake: not a dictionary");
  ExtensionHandshake out;
  const BencodeNode ids = root["m"];
  out.ut_metadata = id_of(ids, "ut_metadata");
  out.ut_pex = id_of(ids, "ut_pex");
  out.lt_donthave = id_of(ids, "lt_donthave");
  out.upload_only_id = id_of(ids, "upload_only");
  if (const auto value = root["upload_only"].integer()) out.upload_only = *value != 0;
  out.listen_port = in_range<std::uint16_t>(root["p"], 1, 65535);
  out.client = client_of(root["v"]);
  out.request_queue = in_range<std::uint32_t>(root["reqq"], 1, std::numeric_limits<std::uint32_t>::max());
  out.metadata_size = in_range<std::uint32_t>(root["metadata_size"], 1, kMaxMetadataSize);
  out.your_ip = address_of(root["yourip"]);
  return out;
}

base::Bytes encode_extension_handshake(const ExtensionHandshake& handshake) {
  BencodeWriter writer;
  const auto integer = [&](std::string_view key, const auto& value) {
    if (value) writer.key(key).integer(static_cast<std::int64_t>(*value));
  };
  writer.begin_dict();
  writer.key("m").begin_dict();
  integer("lt_donthave", handshake.lt_donthave);
  integer("upload_only", handshake.upload_only_id);
  integer("ut_metadata", handshake.ut_metadata);
  integer("ut_pex", handshake.ut_pex);
  writer.end();
  integer("metadata_size", handshake.metadata_size);
  integer("p", handshake.listen_port);
  integer("reqq", handshake.request_queue);
  integer("upload_only", handshake.upload_only);
  if (handshake.client) writer.key("v").string(*handshake.client);
  if (handshake.your_ip) writer.key("yourip").string(handshake.your_ip->address_bytes());
  writer.end();
  return writer.take();
}

void merge(ExtensionHandshake& known, const ExtensionHandshake& later) {
  take(known.ut_metadata, later.ut_metadata);
  take(known.ut_pex, later.ut_pex);
  take(known.lt_donthave, later.lt_donthave);
  take(known.upload_only_id, later.upload_only_id);
  take(known.upload_only, later.upload_only);
  take(known.listen_port, later.listen_port);
  take(known.client, later.client);
  take(known.request_queue, later.request_queue);
  take(known.metadata_size, later.metadata_size);
  take(known.your_ip, later.your_ip);
}

}  // namespace podswarm::engine

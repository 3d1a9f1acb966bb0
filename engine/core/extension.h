// The extension protocol's handshake (BEP 10), with the keys of BEP 9 (metadata_size), 21 (upload_only) and others.
// Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/core/endpoint.h"

namespace podswarm::engine {

enum class ExtensionError { kNotBencoded, kNotDict };

// The ids under which *we* take extension messages; the peer's own ids are used for what is sent to it.
inline constexpr std::uint8_t kOurUtMetadataId = 1;
inline constexpr std::uint8_t kOurUtPexId = 2;
inline constexpr std::uint8_t kOurDontHaveId = 3;
inline constexpr std::uint8_t kOurUploadOnlyId = 4;

// One handshake message. What a message does not mention is absent, and leaves what earlier ones said.
struct ExtensionHandshake {
  // Ids of the sender; 0 switches the extension off.
  std::optional<std::uint8_t> ut_metadata;
  std::optional<std::uint8_t> ut_pex;
  std::optional<std::uint8_t> lt_donthave;  // BEP 54
  std::optional<std::uint8_t> upload_only_id;
  std::optional<bool> upload_only;             // BEP 21
  std::optional<std::uint16_t> listen_port;    // p
  std::optional<std::string> client;           // v: repaired UTF-8 without control characters, at most 64 bytes
  std::optional<std::uint32_t> request_queue;  // reqq, at least 1
  std::optional<std::uint32_t> metadata_size;  // positive and at most kMaxMetadataSize
  std::optional<Endpoint> your_ip;             // yourip: our address as the peer sees it; port 0

  friend bool operator==(const ExtensionHandshake&, const ExtensionHandshake&) = default;
};

inline constexpr std::uint32_t kMaxMetadataSize = 16u << 20;

// The payload of extended message 0. Values of a wrong type or out of range count as absent.
[[nodiscard]] base::Result<ExtensionHandshake, ExtensionError> decode_extension_handshake(base::ByteView payload);
[[nodiscard]] base::Bytes encode_extension_handshake(const ExtensionHandshake& handshake);

// `later` over `known`: handshakes are additive.
void merge(ExtensionHandshake& known, const ExtensionHandshake& later);

}  // namespace podswarm::engine

// PeerCore: the extension protocol (BEP 10) and what is spoken through it (BEP 9, 11, 21, 54).
#include <utility>

#include "engine/core/peer_core.h"

namespace podswarm::engine {

// ---- receiving ----

void PeerCore::handle_extended(std::uint8_t id, base::ByteView payload) {
  if (!extended_) return;
  if (id == 0) {
    // There may be more than one, as something changes, but not without end.
    on_uncalled_for();
    const auto handshake = decode_extension_handshake(payload);
    if (!handshake || closed_) return;
    merge(extensions_, *handshake);
    if (extensions_.request_queue) window_.set_peer_limit(*extensions_.request_queue);
    host_.on_extensions(*this);
  } else if (id == kOurUtMetadataId) {
    const auto message = decode_ut_metadata(payload);
    const bool is_due = message && (early_ || message->type == UtMetadataMessage::Type::kRequest);
    if (!is_due) on_uncalled_for();
    if (message && !closed_) host_.on_metadata(*this, *message);
  } else if (id == kOurUtPexId) {
    const auto message = decode_pex(payload);
    if (!message) return on_uncalled_for();
    host_.on_pex(*this, *message);
  } else if (id == kOurDontHaveId) {
    handle_dont_have(payload);
  } else if (id == kOurUploadOnlyId && !payload.empty()) {
    extensions_.upload_only = payload[0] != 0;
    host_.on_extensions(*this);
  } else {
    on_uncalled_for();
  }
}

void PeerCore::handle_dont_have(base::ByteView payload) {
  if (payload.size() < 4) return on_uncalled_for();
  if (early_) return;
  const std::uint32_t piece = base::load_be32(payload.data());
  if (piece >= pieces_.size()) return;
  // A seed that is none any more costs a look at every piece; and any loss may be answered, though nobody reads that.
  if (pieces_.all() || lost_ > 2 * std::uint64_t{pieces_.size()}) on_uncalled_for();
  if (closed_ || !pieces_.reset(piece)) return;
  ++lost_;
  host_.on_dont_have(*this, piece);
}

// ---- sending ----

void PeerCore::send_extensions(const ExtensionHandshake& handshake) {
  if (extended_) send_extended(0, encode_extension_handshake(handshake));
}

void PeerCore::send_extended(std::uint8_t id, base::ByteView payload) {
  base::Bytes message;
  append_extended(message, id, payload);
  output_.append(message);
}

void PeerCore::send_dont_have(std::uint32_t piece) {
  const std::uint8_t id = extensions_.lt_donthave.value_or(0);
  std::array<std::uint8_t, 4> payload;
  base::store_be32(payload.data(), piece);
  if (id != 0) send_extended(id, payload);
}

void PeerCore::send_metadata_request(std::uint32_t piece) {
  const std::uint8_t id = extensions_.ut_metadata.value_or(0);
  if (id != 0) send_extended(id, encode_ut_metadata_request(piece));
}

void PeerCore::send_metadata_answer(base::ByteView info, std::uint32_t piece) {
  const std::uint8_t id = extensions_.ut_metadata.value_or(0);
  if (id != 0) send_extended(id, encode_ut_metadata_answer(info, piece));
}

void PeerCore::send_pex(const PexMessage& message) {
  const std::uint8_t id = extensions_.ut_pex.value_or(0);
  if (id != 0) send_extended(id, encode_pex(message));
}

}  // namespace podswarm::engine

#include "engine/core/pex.h"

#include "engine/core/bencode.h"

namespace podswarm::engine {

namespace {

constexpr BencodeLimits kLimits{.max_depth = 10, .max_nodes = 1000, .max_bytes = 1u << 20};

void read_added(BencodeNode peers, BencodeNode flags, bool v6, std::vector<PexPeer>& out) {
  const auto bytes = base::as_bytes(peers.string().value_or(std::string_view()));
  const auto flag_bytes = base::as_bytes(flags.string().value_or(std::string_view()));
  const std::size_t size = v6 ? kCompactV6 : kCompactV4;
  for (std::size_t i = 0; (i + 1) * size <= bytes.size() && out.size() < kMaxPexPeers; ++i) {
    PexPeer peer;
    peer.endpoint = read_compact(bytes.data() + i * size, v6);
    if (i < flag_bytes.size()) peer.flags = flag_bytes[i];
    if (!peer.endpoint.is_unusable()) out.push_back(peer);
  }
}

}  // namespace

base::Result<PexMessage, PexError> decode_pex(base::ByteView payload) {
  const auto document = BencodeDocument::parse_prefix(payload, kLimits);
  if (!document || !document->root().is_dict()) {
    return base::fail(PexError::kNotBencoded, "ut_pex: not a bencoded dictionary");
  }
  const BencodeNode root = document->root();
  PexMessage out;
  read_added(root["added"], root["added.f"], false, out.added);
  read_added(root["added6"], root["added6.f"], true, out.added);
  const auto dropped = [&](std::string_view key, bool v6) {
    append_compact(out.dropped, base::as_bytes(root[key].string().value_or(std::string_view())), v6, kMaxPexPeers);
  };
  dropped("dropped", false);
  dropped("dropped6", true);
  return out;
}

base::Bytes encode_pex(const PexMessage& message) {
  base::Bytes added[2];
  base::Bytes flags[2];
  base::Bytes dropped[2];
  for (std::size_t i = 0; i < message.added.size() && i < kMaxPexPeers; ++i) {
    const PexPeer& peer = message.added[i];
    const int family = peer.endpoint.is_v6 ? 1 : 0;
    write_compact(added[family], peer.endpoint);
    flags[family].push_back(peer.flags);
  }
  for (std::size_t i = 0; i < message.dropped.size() && i < kMaxPexPeers; ++i) {
    write_compact(dropped[message.dropped[i].is_v6 ? 1 : 0], message.dropped[i]);
  }
  BencodeWriter writer;
  writer.begin_dict();
  writer.key("added").string(added[0]).key("added.f").string(flags[0]);
  writer.key("added6").string(added[1]).key("added6.f").string(flags[1]);
  writer.key("dropped").string(dropped[0]).key("dropped6").string(dropped[1]);
  writer.end();
  return writer.take();
}

}  // namespace podswarm::engine

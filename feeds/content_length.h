// How long the content behind a link is, as far as the feed's word on it can be taken. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "feeds/document.h"

namespace podswarm::feeds {

// A .torrent's length is as often its own as its content's; what is below this is taken for its own.
inline constexpr std::uint64_t kLeastTorrentContent = 4u << 20;

// Bytes; nothing where the feed does not say, or may mean something else.
[[nodiscard]] inline std::optional<std::uint64_t> content_length(LinkKind kind, std::optional<std::uint64_t> said) {
  const bool may_be_its_own = kind == LinkKind::kTorrent && said.value_or(0) < kLeastTorrentContent;
  return said.value_or(0) == 0 || may_be_its_own ? std::nullopt : said;
}

}  // namespace podswarm::feeds

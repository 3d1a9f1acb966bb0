// What the first bytes of a body look like, whatever its headers say: servers answer with "200 OK" and a page that says
// that the episode is gone. Sans-IO, any thread.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace podswarm::engine {

// As many bytes as sniff_body() looks at.
inline constexpr std::size_t kSniffBytes = 1024;

enum class BodyKind {
  kEmpty,
  kHtml,
  kXml,
  kJson,
  kPlaylist,  // #EXTM3U: HLS, or a list of addresses
  kTorrent,
  kMedia,    // a known audio or video container
  kUnknown,  // nothing that is known: most likely media all the same
};

// `beginning`: the first kSniffBytes of the body, or all of it if it is shorter.
[[nodiscard]] BodyKind sniff_body(base::ByteView beginning);

// Whether such a body cannot be an episode.
[[nodiscard]] bool is_surely_not_media(BodyKind kind);

// "an HTML page", "an empty body"
[[nodiscard]] std::string_view describe(BodyKind kind);

}  // namespace podswarm::engine

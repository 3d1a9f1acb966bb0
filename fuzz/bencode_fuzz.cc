// Bencoding: whatever the input, the document's nodes stay inside it and can all be walked.
#include <cstdlib>
#include <vector>

#include "engine/core/bencode.h"

using podswarm::base::ByteView;
using podswarm::engine::BencodeDocument;
using podswarm::engine::BencodeNode;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const auto document = BencodeDocument::parse_prefix(input);
  if (!document) return 0;
  std::vector<BencodeNode> open{document->root()};
  while (!open.empty()) {
    const BencodeNode node = open.back();
    open.pop_back();
    const ByteView raw = node.raw();
    if (raw.empty() || raw.data() < data || raw.data() + raw.size() > data + size) std::abort();
    (void)node.integer();
    (void)node.is_plain_integer();
    if (const auto text = node.string(); text && text->size() > raw.size()) std::abort();
    if (const BencodeNode next = node.next()) open.push_back(next);
    if (const BencodeNode child = node.first_child()) open.push_back(child);
  }
  return 0;
}

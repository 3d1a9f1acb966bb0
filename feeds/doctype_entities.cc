#include "feeds/doctype_entities.h"

#include <algorithm>

#include "base/text.h"
#include "feeds/html_entities.h"

namespace podswarm::feeds {

namespace {

constexpr std::size_t kMaxEntities = 128;
constexpr std::size_t kMaxEntityBytes = 512;
constexpr std::size_t kMaxSubsetBytes = 64u << 10;
constexpr std::size_t kMaxProlog = 64u << 10;

}  // namespace

DoctypeEntities::DoctypeEntities(std::string_view document) {
  const auto doctype = document.substr(0, kMaxProlog).find("<!DOCTYPE");
  if (doctype == std::string_view::npos) return;
  std::string_view rest = document.substr(doctype, kMaxSubsetBytes);
  const auto open = rest.find_first_of("[>");
  if (open == std::string_view::npos || rest[open] == '>') return;
  rest = rest.substr(open, rest.find("]>", open) - open);
  static constexpr std::string_view kKeyword = "<!ENTITY";
  for (auto at = rest.find(kKeyword); at != std::string_view::npos && entities_.size() < kMaxEntities;
       at = rest.find(kKeyword)) {
    rest.remove_prefix(at + kKeyword.size());
    std::string_view declaration = base::trim(rest.substr(0, kMaxEntityBytes));
    const auto name_end = declaration.find_first_of(" \t\r\n\"'>");
    if (name_end == std::string_view::npos || name_end == 0) continue;
    const auto name = declaration.substr(0, name_end);
    declaration = base::trim(declaration.substr(name_end));
    // Parameter entities and external ones (SYSTEM, PUBLIC) have no quote here.
    if (name == "%" || declaration.empty() || (declaration[0] != '"' && declaration[0] != '\'')) continue;
    const auto close = declaration.find(declaration[0], 1);
    if (close == std::string_view::npos) continue;
    entities_.emplace_back(std::string(name), decode_references(declaration.substr(1, close - 1)));
  }
}

const std::string* DoctypeEntities::find(std::string_view name) const {
  const auto at =
      std::find_if(entities_.begin(), entities_.end(), [&](const auto& entity) { return entity.first == name; });
  return at == entities_.end() ? nullptr : &at->second;
}

}  // namespace podswarm::feeds

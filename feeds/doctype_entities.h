// The entities that a document declares for itself in its DOCTYPE: short texts, taken literally. Nothing is fetched and
// nothing nests, so that no document can make itself large. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace podswarm::feeds {

class DoctypeEntities {
 public:
  DoctypeEntities() = default;
  // Reads the internal subset of the DOCTYPE before the root element of `document`, if there is one.
  explicit DoctypeEntities(std::string_view document);

  // The replacement text of &name;, or nullptr if the document does not declare it.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  [[nodiscard]] bool empty() const { return entities_.empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> entities_;
};

}  // namespace podswarm::feeds

#include "engine/core/http_head.h"

#include "base/text.h"

namespace podswarm::engine {

std::string_view HttpHead::field(std::string_view name) const {
  for (const HttpField& field : fields) {
    if (base::iequals(field.name, name)) return base::trim(field.value);
  }
  return {};
}

}  // namespace podswarm::engine

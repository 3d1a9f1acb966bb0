// A document that a verb reads from where a person says: a file, standard input ("-") or an address. Blocking.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "app/args.h"

namespace podswarm::app {

struct Document {
  std::string text;
  std::string url;           // where it came from in the end; "" of a file
  std::string content_type;  // as served
};

// Nothing, with a complaint and the exit status in `exit_code`, where it cannot be had.
[[nodiscard]] std::optional<Document> read_document(const Globals& globals, const std::string& where,
                                                    std::size_t max_bytes, int& exit_code);

}  // namespace podswarm::app

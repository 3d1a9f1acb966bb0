#include "scheduler/naming.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace podswarm::scheduler {

namespace json = boost::json;

std::string to_text(const Naming& naming) {
  if (naming.dest.empty() && naming.name.empty()) return {};
  json::object captures;
  for (const auto& [key, value] : naming.captures) captures[key] = value;
  return json::serialize(json::object{{"dest", naming.dest}, {"name", naming.name}, {"captures", std::move(captures)}});
}

Naming naming_from_text(std::string_view text) {
  Naming naming;
  json::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return naming;
  const auto& object = value.get_object();
  const auto string = [&](const json::value* found) {
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  naming.dest = string(object.if_contains("dest"));
  naming.name = string(object.if_contains("name"));
  if (const auto* captures = object.if_contains("captures"); captures != nullptr && captures->is_object()) {
    for (const auto& [key, caught] : captures->get_object()) naming.captures[std::string(key)] = string(&caught);
  }
  return naming;
}

std::string combined_template(std::string_view feed_template, const Naming& naming) {
  // The last '/' that is not part of a field's format.
  std::size_t slash = std::string_view::npos;
  int depth = 0;
  for (std::size_t i = 0; i < feed_template.size(); ++i) {
    if (feed_template[i] == '{') ++depth;
    if (feed_template[i] == '}') --depth;
    if (feed_template[i] == '/' && depth == 0) slash = i;
  }
  const bool has_folder = slash != std::string_view::npos;
  const std::string folder =
      naming.dest.empty() ? std::string(has_folder ? feed_template.substr(0, slash) : "") : naming.dest;
  const std::string name =
      naming.name.empty() ? std::string(has_folder ? feed_template.substr(slash + 1) : feed_template) : naming.name;
  return folder.empty() ? name : folder + "/" + name;
}

}  // namespace podswarm::scheduler

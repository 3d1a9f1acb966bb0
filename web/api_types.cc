#include "web/api_types.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.h"

namespace podswarm::web {

ApiResponse api_error(int status, std::string_view code, std::string_view message) {
  boost::json::object error;
  error["code"] = code;
  error["message"] = base::repair_utf8(message);
  boost::json::object body;
  body["error"] = std::move(error);
  return {status, boost::json::serialize(body)};
}

}  // namespace podswarm::web

// What a verb says when it ends: errors on standard error, "podswarm: MESSAGE", and answers of the API.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "app/args.h"
#include "base/located.h"

namespace podswarm::app {

void complain(std::string_view message);
// A JSON value on standard output, in one line.
void print_json(const boost::json::value& value);

// Members of a document; "" or 0 where there is none.
[[nodiscard]] std::string text_of(const boost::json::object& object, std::string_view key);
[[nodiscard]] std::int64_t number_of(const boost::json::object& object, std::string_view key);
[[nodiscard]] bool flag_of(const boost::json::object& object, std::string_view key);
[[nodiscard]] const boost::json::array& array_of(const boost::json::object& object, std::string_view key);
[[nodiscard]] const boost::json::object& object_of(const boost::json::object& object, std::string_view key);

// "2026-11-20 18:30", local time, for an RFC 3339 time; "" for "".
[[nodiscard]] std::string local_time(const std::string& rfc3339);

// What is wrong with `file`, each problem with its line and a caret, or as JSON; says so where nothing is. Returns the
// exit status.
int print_problems(const Globals& globals, const std::string& file, const std::vector<base::Diagnostic>& problems);

}  // namespace podswarm::app

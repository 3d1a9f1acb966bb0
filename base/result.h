// Errors as values. Network and input problems are returned, bugs are asserted, a broken disk or database throws.
// Each module has one enum of what can go wrong, and pairs it with a message fit for a person:
//
//   enum class MagnetError { kNotMagnet, kBadHash };
//   base::Result<Magnet, MagnetError> parse_magnet(std::string_view link);
//   return base::fail(MagnetError::kBadHash, "xt=urn:btih:… has 39 characters, wants 40 or 32");
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <utility>

namespace podswarm::base {

// What went wrong: `code` for the program, `message` (one line, names the thing and the place) for the person.
template <class Enum>
struct Failure {
  Enum code;
  std::string message;
};

template <class Enum>
[[noreturn]] void throw_exception_from_error(const Failure<Enum>& failure, const boost::source_location& at) {
  boost::throw_with_location(std::logic_error("value() of a failed result: " + failure.message), at);
}

template <class T, class Enum>
using Result = boost::system::result<T, Failure<Enum>>;

template <class Enum>
[[nodiscard]] Failure<Enum> fail(Enum code, std::string message) {
  return {code, std::move(message)};
}

}  // namespace podswarm::base

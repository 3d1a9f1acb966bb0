// How a verb reaches the service: through the daemon's HTTP API where one runs, else in this process. The verb does not
// notice which.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/args.h"
#include "scheduler/settings.h"
#include "web/api_types.h"

namespace podswarm::app {

class ProgressLine;

// What an API call came to: the document, or an exit status with the message that was printed.
struct ApiAnswer {
  int exit_code = 0;
  boost::json::object document;
  [[nodiscard]] bool ok() const { return exit_code == 0; }
};

class Api {
 public:
  virtual ~Api() = default;
  // `path` below /api/v1/; a failure has been complained about.
  ApiAnswer call(const std::string& method, const std::string& path, const boost::json::object& body = {},
                 std::map<std::string, std::string, std::less<>> query = {});
  // The same for what takes as long as the disk does.
  ApiAnswer call_patiently(const std::string& path, const boost::json::object& body);
  // Waits for a job, showing how far it is.
  ApiAnswer wait_for_job(std::int64_t job, ProgressLine& progress);
  [[nodiscard]] virtual bool is_daemon() const = 0;

 private:
  // Nothing where the daemon cannot be reached.
  virtual std::optional<web::ApiResponse> exchange(const web::ApiRequest& request, bool patiently) = 0;
  ApiAnswer read(const std::optional<web::ApiResponse>& response);
};

// Complains and gives nothing (with the exit status in `exit_code`) where the configuration is bad, the database
// cannot be opened, or a daemon that holds it does not answer.
// `serve`: with no daemon, other commands are answered by this process while it holds the database.
[[nodiscard]] std::unique_ptr<Api> open_api(const Globals& globals, int& exit_code, bool serve = false);

// The configuration in force; complains and gives nothing where it has problems.
[[nodiscard]] scheduler::SettingsPtr settings_or_complain(const Globals& globals);

// Where the daemon of these settings says, or is to say, how it is reached: in the runtime folder, or beside its
// database where another library's daemon has the place.
[[nodiscard]] std::filesystem::path daemon_file_of(const scheduler::Settings& settings);

}  // namespace podswarm::app

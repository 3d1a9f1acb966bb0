#include "app/api.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <thread>

#include "app/api_serving.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/units.h"
#include "db/database.h"
#include "scheduler/service.h"
#include "scheduler/window.h"
#include "web/api.h"
#include "web/api_client.h"
#include "web/daemon_address.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {

// The daemon answers each call at once: what takes longer is a job.
constexpr std::chrono::seconds kPatience{20};
// But for what is the disk's to say.
constexpr std::chrono::hours kLongPatience{6};

class RemoteApi final : public Api {
 public:
  explicit RemoteApi(web::DaemonAddress daemon)
      : client_(daemon, kPatience), patient_client_(std::move(daemon), kLongPatience) {}
  [[nodiscard]] bool is_daemon() const override { return true; }

 private:
  std::optional<web::ApiResponse> exchange(const web::ApiRequest& request, bool patiently) override {
    auto response = (patiently ? patient_client_ : client_).call(request);
    if (response) return std::move(*response);
    complain("the daemon does not answer: " + response.error().message);
    return std::nullopt;
  }

  web::ApiClient client_;
  web::ApiClient patient_client_;
};

class LocalApi final : public Api {
 public:
  explicit LocalApi(scheduler::Service::Options options) : service_(std::move(options)) {}
  ~LocalApi() override {
    if (serving_) {
      serving_->withdraw();
      wait_for_others();
    }
    service_.stop();
  }
  void serve(const scheduler::Settings& settings) { serving_ = ApiServing::start(settings, service_); }
  [[nodiscard]] bool is_daemon() const override { return false; }

 private:
  std::optional<web::ApiResponse> exchange(const web::ApiRequest& request, bool) override {
    return web::handle_api(service_, request);
  }
  // What another command has begun here ends here.
  void wait_for_others() {
    for (;;) {
      const auto status = service_.status();
      if (!status || number_of(status->get_object(), "jobs") == 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  scheduler::Service service_;
  std::unique_ptr<ApiServing> serving_;
};

int exit_code_of(int status) {
  return status == 404 ? kNotFound : status == 400 ? kUsage : kFailure;
}

// "3 feeds to ask | 2 of 5 | [####----] Title 1.2 MiB/s"
std::string describe_progress(const json::object& job) {
  std::string text;
  if (const auto left = number_of(job, "polls_left"); left > 0) text = fmt::format("checking {} feeds  ", left);
  for (const auto& value : array_of(job, "live")) {
    const auto& live = value.get_object();
    if (const auto state = text_of(live, "state"); state == "seeding" || state == "queued") continue;
    const auto total = number_of(live, "bytes_total");
    text += fmt::format("{} {} {}/s  ", fit(text_of(live, "name"), 28),
                        progress_bar(static_cast<std::uint64_t>(number_of(live, "bytes_done")),
                                     total > 0 ? std::optional(static_cast<std::uint64_t>(total)) : std::nullopt),
                        base::format_bytes(static_cast<std::uint64_t>(number_of(live, "down_rate"))));
  }
  return text;
}

}  // namespace

ApiAnswer Api::call(const std::string& method, const std::string& path, const json::object& body,
                    std::map<std::string, std::string, std::less<>> query) {
  web::ApiRequest request;
  request.method = method;
  request.path = "/api/v1/" + path;
  request.query = std::move(query);
  if (!body.empty()) request.body = json::serialize(body);
  return read(exchange(request, false));
}

ApiAnswer Api::call_patiently(const std::string& path, const json::object& body) {
  web::ApiRequest request;
  request.method = "POST";
  request.path = "/api/v1/" + path;
  request.body = json::serialize(body);
  return read(exchange(request, true));
}

ApiAnswer Api::read(const std::optional<web::ApiResponse>& response) {
  if (!response) return {kDaemonUnreachable, {}};
  json::error_code error;
  json::value value = json::parse(response->body, error);
  if (error || !value.is_object()) {
    complain("the answer makes no sense: " + error.message());
    return {kFailure, {}};
  }
  ApiAnswer answer{0, std::move(value.get_object())};
  if (response->status != 200) {
    answer.exit_code = exit_code_of(response->status);
    complain(text_of(object_of(answer.document, "error"), "message"));
  }
  return answer;
}

ApiAnswer Api::wait_for_job(std::int64_t job, ProgressLine& progress) {
  for (auto pause = std::chrono::milliseconds(5);; pause = std::min(pause * 2, std::chrono::milliseconds(200))) {
    ApiAnswer answer = call("GET", "jobs/" + std::to_string(job));
    if (!answer.ok() || flag_of(answer.document, "done")) {
      progress.clear();
      return answer;
    }
    if (progress.active()) progress.show(describe_progress(answer.document));
    std::this_thread::sleep_for(pause);
  }
}

scheduler::SettingsPtr settings_or_complain(const Globals& globals) {
  auto result = scheduler::load_settings(globals.config);
  for (const auto& problem : result.problems) complain(problem.to_string());
  // Before there are threads: the local clock is the process's.
  if (result.settings) scheduler::use_time_zone(result.settings->config.general.timezone.value);
  return result.settings;
}

std::filesystem::path daemon_file_of(const scheduler::Settings& settings) {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const auto usual = web::daemon_file(runtime == nullptr ? "" : runtime, settings.paths.data_dir);
  const auto holder = web::find_daemon(usual);
  const bool taken = holder && holder->data_dir != settings.paths.data_dir.string();
  return taken ? web::daemon_file("", settings.paths.data_dir) : usual;
}

std::unique_ptr<Api> open_api(const Globals& globals, int& exit_code, bool serve) {
  exit_code = kFailure;
  const auto settings = settings_or_complain(globals);
  if (!settings) return nullptr;
  const auto daemon = web::find_daemon(daemon_file_of(*settings));
  if (daemon && daemon->data_dir == settings->paths.data_dir.string()) return std::make_unique<RemoteApi>(*daemon);
  try {
    scheduler::Service::Options options;
    options.settings = settings;
    options.reread = [globals] { return scheduler::load_settings(globals.config); };
    auto api = std::make_unique<LocalApi>(std::move(options));
    if (serve && settings->config.web.enabled) api->serve(*settings);
    return api;
  } catch (const db::DatabaseError& error) {
    complain(error.what());
    if (error.kind() == db::DatabaseErrorKind::kLocked) exit_code = kDaemonUnreachable;
    return nullptr;
  } catch (const std::exception& error) {
    complain(error.what());
    return nullptr;
  }
}

}  // namespace podswarm::app

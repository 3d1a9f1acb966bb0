#include "app/api_serving.h"

#include <unistd.h>

#include "app/api.h"
#include "app/report.h"
#include "web/api.h"
#include "web/daemon_address.h"

namespace podswarm::app {

std::unique_ptr<ApiServing> ApiServing::start(const scheduler::Settings& settings, scheduler::Service& service) {
  web::HttpServerOptions options;
  options.listen.address = settings.config.web.listen;
  options.listen.port = settings.config.web.port;
  options.token = web::new_token();
  auto server = web::HttpServer::start(
      options, [&service](const web::ApiRequest& request) { return web::handle_api(service, request); });
  if (!server) {
    complain(server.error().message);
    return nullptr;
  }
  const auto file = daemon_file_of(settings);
  const web::DaemonAddress address{options.listen.address, (*server)->port(), options.token, ::getpid(),
                                   settings.paths.data_dir.string()};
  if (const auto written = web::write_daemon_file(file, address); !written) {
    complain(written.error().message);
    return nullptr;
  }
  auto serving = std::unique_ptr<ApiServing>(new ApiServing);
  serving->file_ = file;
  serving->server_ = std::move(*server);
  return serving;
}

void ApiServing::withdraw() {
  web::remove_daemon_file(file_, ::getpid());
}

ApiServing::~ApiServing() {
  withdraw();
  server_->stop();
}

}  // namespace podswarm::app

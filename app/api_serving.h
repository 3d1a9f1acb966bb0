// The HTTP interface of a service in this process, and the file by which other commands find it: of the daemon, and of a
// `fetch` that runs alone, so that whoever asks meanwhile is answered. Main thread.
#pragma once

#include <filesystem>
#include <memory>

#include "scheduler/service.h"
#include "web/http_server.h"

namespace podswarm::app {

class ApiServing {
 public:
  // Complains and gives nothing where it cannot listen or leave the file. `service` must outlive it.
  [[nodiscard]] static std::unique_ptr<ApiServing> start(const scheduler::Settings& settings,
                                                      scheduler::Service& service);
  // Like withdraw(); what is being answered is answered.
  ~ApiServing();
  ApiServing(const ApiServing&) = delete;
  ApiServing& operator=(const ApiServing&) = delete;

  // Nobody finds it any more. Twice is harmless.
  void withdraw();

 private:
  ApiServing() = default;
  std::filesystem::path file_;
  std::unique_ptr<web::HttpServer> server_;
};

}  // namespace podswarm::app

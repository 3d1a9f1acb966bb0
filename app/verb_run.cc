// `podswarm run`: the daemon, in the foreground. SIGTERM and SIGINT end it within 5 s with everything saved, SIGHUP
// reads the configuration anew.

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <thread>

#include "app/api.h"
#include "app/api_serving.h"
#include "app/args.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "base/file.h"
#include "base/log.h"
#include "db/database.h"
#include "scheduler/service.h"
#include "scheduler/serving.h"
#include "web/feed_server.h"

namespace podswarm::app {

namespace {

// Tells systemd (sd_notify(3)) what the service is doing; quiet where nobody listens.
void notify_supervisor(const std::string& state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';
  const base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  ::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
}

// A stop is over after this, whatever still runs.
constexpr std::chrono::milliseconds kPatience{4000};

// Players of a household, each with an episode or two at a time. One that plays stops reading for a while when it has
// enough; after this it is cut off and asks for the rest later.
constexpr int kServeThreads = 32;
constexpr std::chrono::minutes kServePatience{2};

// The signals that the daemon waits for. Blocked before any thread starts, so that no thread is interrupted by them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

}  // namespace

int run_daemon(const Globals& globals) {
  const sigset_t signals = block_signals();
  const auto settings = settings_or_complain(globals);
  if (!settings) return kFailure;

  std::unique_ptr<scheduler::Service> service;
  try {
    scheduler::Service::Options options;
    options.mode = scheduler::Mode::kDaemon;
    options.settings = settings;
    options.reread = [globals] { return scheduler::load_settings(globals.config); };
    service = std::make_unique<scheduler::Service>(std::move(options));
  } catch (const std::exception& error) {
    complain(error.what());
    return kFailure;
  }

  std::unique_ptr<ApiServing> serving;
  if (settings->config.web.enabled) {
    serving = ApiServing::start(*settings, *service);
    if (!serving) return kFailure;
  }
  std::unique_ptr<web::FeedServer> served;
  if (const auto& serve = settings->config.serve; serve.enabled) {
    auto started = web::FeedServer::start(
        {.address = serve.listen, .port = serve.port, .max_threads = kServeThreads, .io_timeout = kServePatience},
        web::feed_source(*service));
    if (!started) {
      complain("[serve] " + started.error().message);
      return kFailure;
    }
    served = std::move(*started);
    spdlog::info("the library is served to players at port {}", served->port());
    if (scheduler::others_can_reach(serve)) {
      spdlog::warn(
          "[serve] listens on {} without TLS: whoever can listen to the network sees players' tokens, which open the "
          "library; docs/serving.md shows how to put TLS before it",
          serve.listen.empty() ? "every address" : serve.listen);
    }
  }
  spdlog::info("running; the library is {}", config::expand_home(settings->config.general.library_dir).string());
  notify_supervisor("READY=1\nSTATUS=running");

  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) break;
    notify_supervisor("RELOADING=1");
    const auto reloaded = service->reload();
    if (reloaded) {
      spdlog::info("the configuration has been read anew");
    } else {
      spdlog::error("the running configuration stays, the new one has problems:\n{}", reloaded.error().message);
    }
    notify_supervisor("READY=1");
  }
  // State is saved first; what takes longer than the supervisor's patience (a copy to a slow disk) is begun
  // anew at the next start, which the database knows how to mend.
  std::thread([] {
    std::this_thread::sleep_for(kPatience);
    ::_exit(kOk);
  }).detach();
  spdlog::info("stopping");
  notify_supervisor("STOPPING=1");
  if (serving) serving->withdraw();
  if (served) served->stop();
  service->stop(std::chrono::seconds(2));  // a request that still comes is told so
  serving.reset();
  return kOk;
}

}  // namespace podswarm::app

#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>

namespace podswarm::base {

void init_log(LogLevel level, bool timestamps) {
  auto logger = std::make_shared<spdlog::logger>("podswarm", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern(timestamps ? "%Y-%m-%d %H:%M:%S %L %v" : "%v");
  switch (level) {
    case LogLevel::kQuiet:
      logger->set_level(spdlog::level::err);
      break;
    case LogLevel::kNormal:
      logger->set_level(spdlog::level::warn);
      break;
    case LogLevel::kVerbose:
      logger->set_level(spdlog::level::info);
      break;
    case LogLevel::kDebug:
      logger->set_level(spdlog::level::debug);
      break;
  }
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace podswarm::base

// The service's verb about what has happened.

#include "scheduler/report.h"
#include "scheduler/service_impl.h"

namespace podswarm::scheduler {

Answer Service::report(const std::string& since) {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    const auto from = parse_since(since.empty() ? "yesterday" : since, context.clock.now());
    if (!from) {
      return base::fail(
          ServiceError::kInvalid,
          "\"" + since + "\" is no time: it is yesterday, today, a date such as 2026-11-20, or how long ago: 24h, 7d");
    }
    return boost::json::value(report_document(context, *from));
  });
}

}  // namespace podswarm::scheduler

#include "scheduler/service.h"

#include "scheduler/service_impl.h"

namespace podswarm::scheduler {

Service::Service(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Service::~Service() = default;

void Service::stop(std::chrono::milliseconds patience) {
  impl_->stop(patience);
}

void Service::wake() {
  impl_->wake();
}

}  // namespace podswarm::scheduler

#include "web/server_stop.h"

#include <sys/socket.h>

namespace podswarm::web {

void OpenConnections::add(int fd) {
  const std::lock_guard lock(mutex_);
  fds_.insert(fd);
  if (shut_) ::shutdown(fd, SHUT_RDWR);
}

void OpenConnections::remove(int fd) {
  const std::lock_guard lock(mutex_);
  fds_.erase(fd);
}

void OpenConnections::shut_all() {
  const std::lock_guard lock(mutex_);
  shut_ = true;
  for (const int fd : fds_) ::shutdown(fd, SHUT_RDWR);
}

}  // namespace podswarm::web

// What the program's exit status says; scripts rely on it (README, "Exit codes").
#pragma once

namespace podswarm::app {

enum ExitCode : int {
  kOk = 0,
  kFailure = 1,
  kUsage = 2,
  kPartial = 3,            // some of what was asked is done
  kDaemonUnreachable = 4,  // a daemon holds the database but does not answer
  kNotFound = 5,
};

}  // namespace podswarm::app

#include <csignal>
#include <exception>

#include "app/args.h"
#include "app/exit_code.h"
#include "app/report.h"

int main(int argc, char** argv) {
  // A peer or client that hangs up is an error of its connection, not of the program.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return podswarm::app::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    podswarm::app::complain(error.what());
    return podswarm::app::kFailure;
  }
}

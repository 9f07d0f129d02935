#pragma once

#include "host/base/error.h"
#include "host/commands/command_line.h"
#include "host/run/stop.h"

namespace stationary {

/// `stationary run`: simulates what is not in the run directory yet, and sets the result beside every prediction.
/// Started as several ranks (ranks.h), rank 0 does so with the others' help.
ExitCode run_command(const CommandLine& line, const StopRequest& stop);

}  // namespace stationary

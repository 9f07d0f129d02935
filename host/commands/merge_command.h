#pragma once

#include "host/base/error.h"
#include "host/commands/command_line.h"

namespace stationary {

/// `stationary merge`: joins the shards of several run directories in one, simulating nothing. Any order, any overlap:
/// a shard counts once. Shards that are nowhere are listed on standard error; the status is then `interrupted`, and
/// `run` computes them there. Throws InputError for directories of different experiments or with different plans.
/// Test: merge_test.cpp.
ExitCode merge_command(const CommandLine& line);

}  // namespace stationary

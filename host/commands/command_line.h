#pragma once

#include "host/experiment/experiment.h"
#include "host/run/backend_choice.h"

#include <optional>
#include <string>
#include <vector>

namespace stationary {

enum class Command { run, merge, predict, gradient_noise, weighted_sum, info };
enum class OutputFormat { table, json };
enum class Verbosity { normal, quiet };
enum class RunMode { simulate, dry_run };

/// What the command line asks for.
struct CommandLine {
    Command command = Command::run;
    std::string experiment;  ///< path; "-" is standard input; empty: none given (weighted_sum only)
    Overrides overrides;
    BackendRequest backend;
    std::optional<std::string> out;
    std::optional<std::string> shard_range;  ///< run: "i/n" as written
    std::vector<std::string> directories;    ///< merge: run directories
    OutputFormat format = OutputFormat::table;
    Verbosity verbosity = Verbosity::normal;
    RunMode mode = RunMode::simulate;
    std::optional<double> max_walltime;  ///< seconds
    std::vector<double> alpha;           ///< weighted_sum: the weights; empty = those of the experiment
};

/// Reads the arguments; empty if they asked for help or the version, which is then on standard output.
/// Throws InputError with one line for arguments that mean nothing.
std::optional<CommandLine> parse_command_line(int count, const char* const* arguments);

}  // namespace stationary

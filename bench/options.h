#pragma once

#include "host/experiment/experiment.h"
#include "host/run/backend_choice.h"

#include <string>

namespace stationary::bench {

/// How often a benchmark repeats its work.
enum class RunStyle {
    measure,  ///< as often as Google Benchmark finds right
    profile   ///< exactly once, nothing else beside it: for perf, callgrind and ncu
};

/// The options of every benchmark binary, beside Google Benchmark's own.
struct BenchOptions {
    BackendRequest backend{BackendChoice::cpu, 1, {}, {}};
    Precision precision = Precision::single_precision;
    RunStyle style = RunStyle::measure;
    int log2_work = 0;  ///< numbers that a pass of a sized workload makes or reads; 0: as the backend needs it
};

/// Takes this program's options out of the arguments and leaves the rest. `--name value` and `--name=value` are the
/// same. Throws InputError for a value that means nothing.
BenchOptions take_options(int& count, char** arguments);

/// One line per option, for --help.
std::string options_help();

}  // namespace stationary::bench

#include "host/estimate/cell_run.h"

#include <cmath>

namespace stationary {
namespace {

double state_epsilon(const CellProgram& program) { return std::ldexp(1.0, program.double_precision ? -53 : -24); }

}  // namespace

CellRun pool_cell(const CellProgram& program, const std::vector<ShardMoments>& shards, double seconds) {
    CellRun run;
    run.shards_done = static_cast<std::int64_t>(shards.size());
    run.seconds = seconds;
    if (!shards.empty())
        run.estimate = make_estimate(shards, program.centre, program.scale, state_epsilon(program),
                                     program.velocity_scale, program.pull_scale);
    return run;
}

}  // namespace stationary

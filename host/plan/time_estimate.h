#pragma once

#include "host/plan/plan.h"
#include "host/plan/program_cost.h"
#include "kernels/interface/backend.h"

namespace stationary {

/// Work of one step of one chain, in component-steps: one coordinate of one training point drawn with fresh noise
/// counts 1, everything else by its operations (program_cost.h) in that unit. A rough measure: it weighs cells against
/// each other in the progress and in estimates of the time, and nothing else depends on it.
double chain_step_work(const CellProgram& program);

/// Work of a whole cell: chains · steps · chain_step_work.
double cell_work(const CellPlan& plan);

/// Component-steps per second that a backend is taken to do when nothing has been measured: 8e8 per thread with
/// AVX-512, 4e8 with AVX2, 1e8 without, 2e11 on each GPU. Nominal: the order of magnitude of the recorded benchmarks,
/// not a measurement of this machine.
double nominal_rate(const BackendInfo& backend);

}  // namespace stationary

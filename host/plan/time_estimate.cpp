#include "host/plan/time_estimate.h"

#include <algorithm>

namespace stationary {
namespace {

/// A random word made into a normal (program_cost.h).
constexpr double operations_per_normal = 30.0;

}  // namespace

double chain_step_work(const CellProgram& program) { return operations_per_step(program) / operations_per_normal; }

double cell_work(const CellPlan& plan) {
    return static_cast<double>(plan.chains()) * static_cast<double>(plan.program.steps()) *
           chain_step_work(plan.program);
}

double nominal_rate(const BackendInfo& backend) {
    if (backend.kind == "cuda") return 2e11 * backend.devices;
    const double per_thread = backend.simd == "avx512" ? 8e8 : backend.simd == "avx2" ? 4e8 : 1e8;
    return per_thread * std::max(1, backend.threads);
}

}  // namespace stationary

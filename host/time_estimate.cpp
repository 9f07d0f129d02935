#include "host/time_estimate.h"

#include <algorithm>

namespace stationary {
namespace {

constexpr double matrix_entry = 1.0 / 16.0;
constexpr double least_squares_entry = 0.5;

}  // namespace

double chain_step_work(const CellProgram& program) {
    const auto d = static_cast<double>(program.dimension);
    const bool full_batch = program.stepper == Stepper::langevin;
    const double points = full_batch ? 1.0 : static_cast<double>(program.batch_size);
    if (program.oracle == Oracle::least_squares && !full_batch) return least_squares_entry * points * d;
    return points * d * (1.0 + matrix_entry * (d + 1.0) / 2.0) + matrix_entry * d * d;
}

double cell_work(const CellPlan& plan) {
    return static_cast<double>(plan.chains()) * static_cast<double>(plan.program.steps()) *
           chain_step_work(plan.program);
}

double nominal_rate(const BackendInfo& backend) {
    if (backend.kind == "cuda") return 2e11;
    const double per_thread = backend.simd == "avx512" ? 8e8 : backend.simd == "avx2" ? 4e8 : 1e8;
    return per_thread * std::max(1, backend.threads);
}

}  // namespace stationary

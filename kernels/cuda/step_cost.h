#pragma once

#include "kernels/interface/cell_program.h"

namespace stationary {

/// Instructions of one step of one chain on a GPU, roughly: the counts of docs/performance.md, rounded up. Only the
/// lengths of launches depend on it, above all that of the first (cuda_window.h). Test: launch_pipeline_test.cpp.
struct StepCost {
    double step = 1.0;           ///< in burn-in
    double step_and_draw = 1.0;  ///< after it, with the step's share of the draws
};

namespace detail {

/// Of one of the B training points of a step, or of the whole noise of a Langevin step.
inline double point_cost(const CellProgram& program) {
    const double d = program.dimension;
    constexpr double normal = 40.0;  // in a padded dimension
    const double index = program.sampling == BatchSampling::with_replacement ? 10.0 : 300.0;
    switch (program.oracle) {
        case Oracle::least_squares:
            return index + 30.0 + 3.5 * d;
        case Oracle::finite_quadratic:
            return index + 25.0 + 2.5 * d;
        case Oracle::gaussian_regression:
            return (d + 1.0) * normal + d * d + 4.0 * d;
        case Oracle::quadratic:
            break;
    }
    return d * normal;
}

}  // namespace detail

inline StepCost step_cost(const CellProgram& program) {
    const double d = program.dimension;
    const auto points = static_cast<double>(program.stepper == Stepper::sgd ? program.batch_size : 1);
    const double matrices = 2.5 * d * d;
    constexpr double around = 50.0;                                    // momentum, and what is done once
    const double draw = 300.0 + 40.0 * d + 3.0 * d * (d + 1.0) / 2.0;  // products of pairs, and barriers
    StepCost cost;
    cost.step = around + points * detail::point_cost(program) + matrices + 10.0 * d;
    // Most GPUs do a thirty-second as much in double precision; a part of a step has none.
    if (program.double_precision) cost.step *= 16.0;
    cost.step_and_draw = cost.step + draw / static_cast<double>(program.stride);
    return cost;
}

}  // namespace stationary

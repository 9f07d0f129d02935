#pragma once

#include "host/frozen/frozen_results.h"

#include <vector>

namespace stationary {

/// The first step of problem 1, measured: the covariance of a minibatch gradient at one place beside Σ¹/B or c_B Σ¹
/// (docs/theory.md, section 2).
///
/// One plan for each batch size and sampling of the sweep's sgd cells, in the order of the sweep; momentum, learning
/// rate and the other axes do not enter. Throws InputError if the sweep has no sgd cell, and as make_cells and
/// gradient_noise_program.
std::vector<CellPlan> plan_gradient_noise(const Experiment& experiment, const LossModel& model);

struct GradientNoiseRow {
    Sampling sampling = Sampling::with_replacement;
    std::int64_t batch_size = 1;
    NoiseMeasurement measured;
    NoiseClaim prediction;  ///< c_B Σ¹ at the place; factor 1/B or c_B
};

struct GradientNoiseResults {
    NoiseContext context;
    Vector at;  ///< Φ [d], where the gradients were taken
    std::vector<GradientNoiseRow> rows;
};

/// `runs` in the order of the plans. All rows are one family.
GradientNoiseResults judge_gradient_noise(const Experiment& experiment, const LossModel& model,
                                          const std::vector<CellPlan>& plans, const std::vector<CellRun>& runs,
                                          const BackendInfo& backend);

}  // namespace stationary

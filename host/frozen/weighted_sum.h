#pragma once

#include "host/frozen/frozen_results.h"

#include <optional>
#include <string>
#include <vector>

namespace stationary {

/// The experiment of weighted-sum: `path`, or for an empty path the built-in model, a 2×2 quadratic with
/// heavy-ball momentum 0.9 at B = 2; weights from the command line take the place of the file's alpha or profile.
/// Throws InputError as load_experiment, and for weights that are not finite or all 0.
Experiment load_weighted_sum(const std::string& path, const Overrides& overrides, const std::vector<double>& alpha);

/// Problem 2 (docs/theory.md, section 7).
struct WeightedSumPlan {
    std::vector<double> alpha;
    /// The cell of the momentum windows: the sweep's first sgd cell of independent batches with momentum, or without
    /// any such the first without; empty if the sweep has no such cell.
    std::optional<Cell> window_cell;
    std::vector<CellPlan> plans;  ///< the weighted sum, then one for each window
};

/// Throws InputError without weights, and as make_cells and the programs (frozen_programs.h).
WeightedSumPlan plan_weighted_sum(const Experiment& experiment, const LossModel& model);

/// The displacement over some steps of the window cell, gradients frozen at the minimiser.
struct WindowRow {
    std::int64_t steps = 1;  ///< T
    NoiseMeasurement measured;
    NoiseClaim exact;                  ///< the law at this T
    NoiseClaim total_influence_limit;  ///< T·B (Σ_k α_k)² Σ¹, which it approaches as T → ∞
};

struct WeightedSumResults {
    NoiseContext context;
    std::vector<double> alpha;
    double sum_alpha = 0.0;
    double sum_alpha_squared = 0.0;  ///< Σ α_i²
    NoiseMeasurement measured;
    NoiseClaim squared;     ///< (Σ α_i²) Σ¹
    NoiseClaim as_printed;  ///< (Σ α_i) Σ¹
    std::optional<Cell> window_cell;
    std::vector<WindowRow> windows;
};

/// `runs` in the order of the plans. All claims and windows are one family.
WeightedSumResults judge_weighted_sum(const Experiment& experiment, const LossModel& model, const WeightedSumPlan& plan,
                                      const std::vector<CellRun>& runs, const BackendInfo& backend);

}  // namespace stationary

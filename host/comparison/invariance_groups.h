#pragma once

#include "host/comparison/comparison.h"
#include "host/comparison/invariance_results.h"
#include "host/comparison/results.h"
#include "host/model/cell.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stationary {

/// Cells that the scaling rule holds to one covariance, as positions in a list of cells.
using CellGroup = std::vector<std::size_t>;

/// Groups of at least two cells at one η0 that share dynamics, update rule, sampling, epoch_position and time_step, in
/// the order of their first cells; one_momentum: and μ and τ; all_momenta: with at least two momenta, and τ unless the
/// rule ties it to μ (ema).
std::vector<CellGroup> invariance_groups(const std::vector<Cell>& cells, InvarianceScope scope);

/// Intervals that the invariance verdicts add to the family: of every cell of any group its signed relative error and
/// its observables.
std::int64_t invariance_intervals(const std::vector<Cell>& cells, Eigen::Index dimension);

/// B_eff = B(1−μ)/(1+μ), times Δt/η for langevin: on the diagonal, SGD with additive noise depends on (B, μ) by this
/// alone (docs/theory.md, section 4).
double effective_batch(const Cell& cell);

/// Judges every group and every cell of one. `results` holds the judged cells; fills its invariance.
void judge_groups(const RunRecord& record, const Family& family, RunResults& results);

}  // namespace stationary

#pragma once

#include "host/experiment/experiment.h"
#include "host/schedule/epoch_law.h"
#include "host/schedule/schedule.h"

#include <cstdint>
#include <optional>

namespace stationary {

/// Burn-in, stride and the stationary second moment at the draws, for reshuffled epochs.
struct EpochSchedule {
    Schedule schedule;             ///< burn_in = whole epochs + epoch_position, stride = whole epochs, in steps
    std::optional<Matrix> second;  ///< E z zᵀ at epoch_position [k×k]; none if the moments grow
};

/// Schedule of a reshuffled cell; `map` is that of its step, `initial` is δ_0.
///
/// From epoch to epoch the moments at one place follow an affine map with independent noise, so a schedule counted in
/// epochs is found as any other (choose_schedule): deviations decay as M^n, measured against the epoch's own law at
/// that place (EpochLaw), which can be far colder than that of independent batches. On the coarse grid, in epochs. That
/// is exact for equal curvature. Where training points differ in curvature the noise depends on the state, slows the
/// decay and has no closed form over an epoch; then the schedule of independent batches without replacement, which has
/// that noise in full, is rounded up to epochs, and the longer of the two taken. Throws std::domain_error when the
/// relaxation takes too long to count.
EpochSchedule choose_epoch_schedule(const LossModel& model, const Cell& cell, const MomentMap& map,
                                    const Vector& initial, double tolerance);

/// Refuses explicit counts that do not draw at the cell's place in an epoch: burn_in ≡ epoch_position and stride ≡ 0
/// modulo ⌊N/B⌋. Throws InputError with the next number that does.
void check_epoch_counts(const Experiment& experiment, const LossModel& model, const Cell& cell);

/// The counts, in steps, of a schedule given in steps but rounded up to whole epochs and the cell's place.
Schedule in_whole_epochs(const LossModel& model, const Cell& cell, const Schedule& steps);

}  // namespace stationary

#pragma once

#include "host/schedule/mode_model.h"
#include "host/schedule/schedule.h"

#include <optional>

namespace stationary {

/// Models of more parameters than this are planned in the eigenbasis of H, mode by mode, because whole moment matrices
/// take k³ operations a step of the schedule.
constexpr Eigen::Index most_whole_moments = 32;

/// When to draw, and the second moments in the original basis then.
struct ModePlan {
    bool stationary = false;    ///< whether there is a stationary law; without one, moments of the start and one step
    Schedule schedule;          ///< set where there is one
    Vector position_variances;  ///< E δ_a² [d]
    Vector velocity_squares;    ///< E v_a² [d]; langevin: empty
    double pull_squares = 0.0;  ///< E|Hδ|²
};

/// Plans a cell in the eigenbasis of H by the criteria of schedule.h, in fixed-order arithmetic; time d³, and N d² for
/// least squares. Exact for additive noise but for the measure, which goes mode by mode (mode_relaxation.h).
/// Least squares: the state-dependent noise acts on the variances of the modes as a d×d matrix (ModeModel::coupling),
/// which leaves out how correlations between modes feed their variances, and E δ ≠ 0; Gaussian regression: exact.
/// Reshuffling: deviations relax as with independent batches, in units of the epoch's own law.
/// Without a tolerance no schedule is looked for. Throws std::domain_error when it takes more than 2^40 steps.
ModePlan plan_by_modes(const ModeModel& modes, const Cell& cell, const Vector& initial,
                       std::optional<double> tolerance);

}  // namespace stationary

#pragma once

#include "host/schedule/moment_powers.h"
#include "host/schedule/relaxation.h"
#include "host/schedule/relaxation_walk.h"

#include <cstdint>

namespace stationary {

/// Burn-in and stride, found from the exact second-moment recursion by fixed-order arithmetic.
struct Schedule {
    std::int64_t burn_in = 0;
    std::int64_t stride = 1;
};

/// What of the start may be left at the first draw, as a part of the tolerance.
constexpr double burn_in_part_of_tolerance = 0.1;
/// What of any deviation of the second moments may be left from one draw to the next: a chain's draws then count for at
/// least half, (1 − 0.3)/(1 + 0.3), of independent ones, each at about a sixth of a burn-in. Error bars come from the
/// shards and need no such bound.
constexpr double stride_remainder = 0.3;

/// Burn-in and stride from the exact map of the moments, whose stationary second moment [k×k] is given; both on the
/// coarse grid (coarse_grid.h), neither depends on the number of chains.
///
/// burn_in: the first t ≥ 1 on the grid from which on RelaxationMeasure of (E z_t, E z_t z_tᵀ − Z∞), started at δ_0 =
/// `initial`, v_0 = 0, is at most tolerance/10; it must also be so at every grid point up to 2t. stride: the same for
/// the threshold stride_remainder and the worst deviation, D = Z∞. Throws std::domain_error when that takes more than
/// max_relaxation_steps. With frozen noise (moment_powers.h), 64 blocks are run at most; beyond, the last factor of
/// decay continues.
Schedule choose_schedule(MomentPowers& powers, const MomentMap& map, const Matrix& stationary, const Vector& initial,
                         double tolerance);

/// The same with the measure and the deviation at the start given.
Schedule choose_schedule(MomentPowers& powers, const RelaxationMeasure& measure, const StateMoments& start,
                         const Matrix& stationary, double tolerance);

/// (E z, E z zᵀ − Z∞) of chains at δ = `initial`, v = 0.
StateMoments start_deviation(const Vector& initial, const Matrix& stationary);

}  // namespace stationary

#pragma once

#include "kernels/moments/fixed_point.h"
#include "kernels/steps/wide_steppers.h"

#include <cstring>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Place of entry (i, j), i ≤ j, in the packed triangle of d×d products.
STATIONARY_HD int packed_entry(int i, int j, int dimension) { return i * dimension - i * (i - 1) / 2 + (j - i); }

/// v·Hδ of a wide chain, or of a pack of chains, in the order of dot.h.
template <class Real, class Team, class Scalar>
STATIONARY_HD Real wide_velocity_pull(const ChainArgs<Scalar>& args, Team& team, const WideState<Real>& state) {
    return team.template dot<Real>(quads_of(args.dimension), [&](int q, Real(&velocity)[4], Real(&gradient)[4]) {
        read_quad(state.velocity, q, velocity);
        hessian_times<Team>(args, q, static_cast<const Real*>(state.position), gradient);
    });
}

/// Quad q of a draw as integers: what to_fixed_point_draws makes of its four components alone. The draw is finite if
/// all quads and the pull are, and saturated if one of them is.
template <bool has_velocity, int Lanes, class Real, class Scalar>
STATIONARY_HD void quad_to_fixed_point(const ChainArgs<Scalar>& args, const WideState<Real>& state, int q,
                                       FixedPointDraws<4, Lanes>& draws) {
    ChainArgs<Scalar> of_quad = args;
    of_quad.centre += 4 * q;
    of_quad.scale += 4 * q;
    of_quad.pull_scale = Scalar(0);
    Scalar position[4][Lanes];
    Scalar velocity[4][Lanes] = {};
    Real quad[4];
    read_quad(state.position, q, quad);
    memcpy(position, quad, sizeof position);
    if constexpr (has_velocity) {
        read_quad(state.velocity, q, quad);
        memcpy(velocity, quad, sizeof velocity);
    }
    to_fixed_point_draws<has_velocity>(
        of_quad, [&](int i, int lane) { return position[i][lane]; }, [&](int i, int lane) { return velocity[i][lane]; },
        [](int) { return Scalar(0); }, draws);
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

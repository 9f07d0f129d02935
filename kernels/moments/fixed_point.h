#pragma once

#include "kernels/chain/chain_args.h"
#include "kernels/lanes/arithmetic.h"
#include "kernels/lanes/dot.h"
#include "kernels/lanes/lanes.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Largest magnitude of a fixed-point component: products of two fit in 48 bits, and 2¹⁵ of them in 63.
constexpr std::int32_t fixed_point_limit = (1 << 24) - 1;

STATIONARY_HD bool is_finite(float x) { return (as_word(x) & 0x7f800000U) != 0x7f800000U; }
STATIONARY_HD bool is_finite(double x) { return (as_long_word(x) & 0x7ff0000000000000ULL) != 0x7ff0000000000000ULL; }

/// One component as an integer. The flags are 0 or 1 in the width of the value, so that loops over lanes vectorise.
struct FixedPoint {
    /// round((x − centre)·scale), to nearest even, clamped to ±fixed_point_limit; 0 if x is not finite
    std::int32_t value;
    std::int32_t finite;
    std::int32_t saturated;  ///< finite and clamped
};

/// Conversion out of range differs between x86 and CUDA, so the number is tested by its bits and clamped by compare and
/// select first. Rounding is by adding and subtracting 2²³ (2⁵² in double), which rounds to nearest even everywhere.
/// Test: fixed_point_test.cpp.
template <class Scalar>
STATIONARY_HD FixedPoint to_fixed_point(Scalar x, Scalar centre, Scalar scale) {
    const Scalar scaled = (x - centre) * scale;
    const bool finite = is_finite(x);
    const Scalar magnitude = scaled < Scalar(0) ? -scaled : scaled;
    const bool small = magnitude < Scalar(fixed_point_limit);  // false for NaN and infinity
    const bool inside = magnitude <= Scalar(fixed_point_limit);
    constexpr Scalar integer_unit = sizeof(Scalar) == 4 ? Scalar(8388608) : Scalar(4503599627370496);
    const Scalar clamped = small ? magnitude : Scalar(fixed_point_limit);
    const Scalar rounded = clamped < integer_unit ? (clamped + integer_unit) - integer_unit : clamped;
    const auto integer = static_cast<std::int32_t>(finite ? rounded : Scalar(0));
    return {scaled < Scalar(0) ? -integer : integer, finite ? 1 : 0, finite && !inside ? 1 : 0};
}

/// One draw of each of `Lanes` chains as integers: all zero in a lane unless every component of its state is finite.
template <int D, int Lanes>
struct FixedPointDraws {
    static constexpr int dimension = D;
    static constexpr int lanes = Lanes;
    static constexpr bool one_by_one = false;  ///< on a GPU, components take turns, read from memory by a loop
    std::int32_t value[D][Lanes];
    std::int64_t velocity_square[Lanes];  ///< Σ_i round(v_i·velocity_scale)², below D·2⁴⁸
    std::int32_t pull[Lanes];             ///< round(v·Hδ·pull_scale), 0 where it is not recorded
    std::int32_t finite[Lanes];           ///< position, velocity and v·Hδ where it is recorded
    std::int32_t saturated[Lanes];

    STATIONARY_HD std::int32_t& at(int i, int lane) { return value[i][lane]; }
};

/// Hδ, each component made when it is asked for: a GPU has no registers to spare for a vector more.
template <class Lanes, int D>
struct HessianTimesPosition {
    using Real = typename Lanes::Real;
    const ChainArgs<typename Lanes::Scalar>& args;
    const typename Lanes::template Position<D>& position;

    STATIONARY_HD Real operator[](int i) const {
        return i < args.dimension ? dot<D>(args.hessian + i * D, position) : Real(0);
    }
};

/// v·Hδ of a chain, or of a pack of chains.
template <class Lanes, int D>
STATIONARY_HD typename Lanes::Real velocity_pull(const ChainArgs<typename Lanes::Scalar>& args,
                                                 const ChainState<Lanes, D>& state) {
    constexpr DotLoop loop = Lanes::state_place == StatePlace::registers ? DotLoop::unrolled : DotLoop::one;
    return dot<D, loop>(HessianTimesPosition<Lanes, D>{args, state.position}, state.velocity);
}

/// position(i, lane) and velocity(i, lane) are component i of a lane's state, pull(lane) its v·Hδ (not asked for where
/// args.pull_scale is 0). Without velocity: of a dynamics that has none, whose velocities are zero. Draws is
/// FixedPointDraws, or has its members and keeps the values elsewhere. Test: fixed_point_test.cpp.
template <bool has_velocity, class Draws, class Scalar, class Position, class Velocity, class Pull>
STATIONARY_HD void to_fixed_point_draws(const ChainArgs<Scalar>& args, Position&& position, Velocity&& velocity,
                                        Pull&& pull, Draws& draws) {
    constexpr int D = Draws::dimension;
    constexpr int Lanes = Draws::lanes;
    [[maybe_unused]] constexpr int passes = Draws::one_by_one ? 1 : D;
    for (int lane = 0; lane < Lanes; ++lane) {
        draws.velocity_square[lane] = 0;
        draws.pull[lane] = 0;
        draws.finite[lane] = 1;
        draws.saturated[lane] = 0;
    }
    STATIONARY_UNROLL_ON_DEVICE_BY(passes)
    for (int i = 0; i < D; ++i) {
        for (int lane = 0; lane < Lanes; ++lane) {
            const FixedPoint q = to_fixed_point(position(i, lane), args.centre[i], args.scale[i]);
            draws.at(i, lane) = q.value;
            draws.finite[lane] &= q.finite;
            draws.saturated[lane] |= q.saturated;
        }
        if constexpr (has_velocity) {
            for (int lane = 0; lane < Lanes; ++lane) {
                const FixedPoint v = to_fixed_point(velocity(i, lane), Scalar(0), args.velocity_scale);
                draws.velocity_square[lane] += static_cast<std::int64_t>(v.value) * v.value;
                draws.finite[lane] &= v.finite;
                draws.saturated[lane] |= v.saturated;
            }
        }
    }
    if (args.pull_scale > Scalar(0)) {
        for (int lane = 0; lane < Lanes; ++lane) {
            const FixedPoint q = to_fixed_point(pull(lane), Scalar(0), args.pull_scale);
            draws.pull[lane] = q.value;
            draws.finite[lane] &= q.finite;
            draws.saturated[lane] |= q.saturated;
        }
    }
    STATIONARY_UNROLL_ON_DEVICE_BY(passes)
    for (int i = 0; i < D; ++i) {
        for (int lane = 0; lane < Lanes; ++lane) draws.at(i, lane) = draws.finite[lane] ? draws.at(i, lane) : 0;
    }
    for (int lane = 0; lane < Lanes; ++lane) {
        draws.velocity_square[lane] = draws.finite[lane] ? draws.velocity_square[lane] : 0;
        draws.pull[lane] = draws.finite[lane] ? draws.pull[lane] : 0;
        draws.saturated[lane] = draws.finite[lane] ? draws.saturated[lane] : 0;
    }
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

#pragma once

#include "kernels/arithmetic.h"
#include "kernels/chain_args.h"
#include "kernels/dot.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Largest magnitude of a fixed-point component: products of two fit in 48 bits, and 2¹⁵ of them in 63.
constexpr std::int32_t fixed_point_limit = (1 << 24) - 1;

STATIONARY_HD bool is_finite(float x) { return (as_word(x) & 0x7f800000U) != 0x7f800000U; }
STATIONARY_HD bool is_finite(double x) { return (as_long_word(x) & 0x7ff0000000000000ULL) != 0x7ff0000000000000ULL; }

/// One component as an integer.
struct FixedPoint {
    std::int32_t
        value;  ///< round((x − centre)·scale), to nearest even, clamped to ±fixed_point_limit; 0 if x is not finite
    bool finite;
    bool saturated;  ///< finite and clamped
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
    const bool saturated = finite && !(magnitude <= Scalar(fixed_point_limit));
    constexpr Scalar integer_unit = sizeof(Scalar) == 4 ? Scalar(8388608) : Scalar(4503599627370496);
    Scalar rounded = small ? magnitude : Scalar(fixed_point_limit);
    if (rounded < integer_unit) rounded = (rounded + integer_unit) - integer_unit;
    if (!finite) rounded = Scalar(0);
    const auto integer = static_cast<std::int32_t>(rounded);
    return {scaled < Scalar(0) ? -integer : integer, finite, saturated};
}

/// One draw of one chain as integers: all zero unless every component is finite.
template <int D>
struct FixedPointDraw {
    std::int32_t value[D];
    std::int64_t velocity_square;  ///< Σ_i round(v_i·velocity_scale)², below D·2⁴⁸
    std::int32_t pull;             ///< round(v·Hδ·pull_scale), 0 where it is not recorded
    bool finite;                   ///< position, velocity and v·Hδ where it is recorded
    bool saturated;
};

/// v·Hδ of one draw.
template <int D, class Scalar, class Position, class Velocity>
STATIONARY_HD FixedPoint velocity_pull(const ChainArgs<Scalar>& args, Position&& position, Velocity&& velocity) {
    Scalar x[D];
    Scalar v[D];
    Scalar gradient[D];
    STATIONARY_UNROLL
    for (int i = 0; i < D; ++i) {
        x[i] = position(i);
        v[i] = velocity(i);
    }
    multiply(args.hessian, args.dimension, x, gradient);
    return to_fixed_point(dot<D>(v, gradient), Scalar(0), args.pull_scale);
}

/// position(i) and velocity(i) are component i of the draw's state.
template <int D, class Scalar, class Position, class Velocity>
STATIONARY_HD FixedPointDraw<D> to_fixed_point_draw(const ChainArgs<Scalar>& args, Position&& position,
                                                    Velocity&& velocity) {
    FixedPointDraw<D> draw;
    draw.velocity_square = 0;
    draw.pull = 0;
    draw.finite = true;
    draw.saturated = false;
    STATIONARY_UNROLL
    for (int i = 0; i < D; ++i) {
        const FixedPoint q = to_fixed_point(position(i), args.centre[i], args.scale[i]);
        const FixedPoint v = to_fixed_point(velocity(i), Scalar(0), args.velocity_scale);
        draw.value[i] = q.value;
        draw.velocity_square += static_cast<std::int64_t>(v.value) * v.value;
        draw.finite = draw.finite && q.finite && v.finite;
        draw.saturated = draw.saturated || q.saturated || v.saturated;
    }
    if (args.pull_scale > Scalar(0)) {
        const FixedPoint pull = velocity_pull<D>(args, position, velocity);
        draw.pull = pull.value;
        draw.finite = draw.finite && pull.finite;
        draw.saturated = draw.saturated || pull.saturated;
    }
    if (!draw.finite) {
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) draw.value[i] = 0;
        draw.velocity_square = 0;
        draw.pull = 0;
        draw.saturated = false;
    }
    return draw;
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

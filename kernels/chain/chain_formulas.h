#pragma once

#include "kernels/chain/chain_args.h"
#include "kernels/lanes/arithmetic.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

// What a step makes of one component, each formula in one place: for the kernels that hold a chain in registers and for
// those that hold it in memory (wide_steppers.h). Tests: cpu_backend_test.cpp, wide_backend_test.cpp.

/// Langevin: δ − h·(Hδ) + F z.
template <class Real, class Scalar>
STATIONARY_HD Real langevin_moved(const ChainArgs<Scalar>& args, Real position, Real gradient, Real noise) {
    return fused_multiply_add(Real(-args.step_size), gradient, position) + noise;
}

/// sum/B + rest
template <class Real, class Scalar>
STATIONARY_HD Real batch_mean_plus(const ChainArgs<Scalar>& args, Real sum, Real rest) {
    return fused_multiply_add(sum, Real(args.inverse_batch_size), rest);
}

/// ridge·δ + ridge·Φ*
template <class Real, class Scalar>
STATIONARY_HD Real ridge_penalty(const ChainArgs<Scalar>& args, int i, Real position) {
    return fused_multiply_add(Real(args.ridge), position, Real(args.ridge_gradient[i]));
}

/// xᵀδ − σζ of a training point with features x and label noise σζ.
template <class Real, class Scalar>
STATIONARY_HD Real residual_with_label_noise(const ChainArgs<Scalar>& args, Real label, Real product) {
    return fused_multiply_add(Real(-args.label_noise), label, product);
}

/// η of step `step` (counted from 0), w_t where steps have weights.
template <class Scalar>
STATIONARY_HD Scalar step_size_of(const ChainArgs<Scalar>& args, std::int64_t step) {
    return args.step_weights == nullptr ? args.step_size : args.step_weights[step];
}

/// What of SGD's update a program needs.
struct UpdateForm {
    bool plain;     ///< neither dampening nor lookahead
    bool momentum;  ///< μ ≠ 0
};
template <class Scalar>
STATIONARY_HD UpdateForm update_form(const ChainArgs<Scalar>& args) {
    return {args.direct_weight == 0 && args.gradient_weight == 1 && args.velocity_weight == 1, args.momentum != 0};
}

/// v ← μ v + (1 − τ) ĝ, δ ← δ − η (a ĝ + c v).
template <class Real, class Scalar>
STATIONARY_HD void full_update(const ChainArgs<Scalar>& args, Real gradient, Real minus_size, Real& position,
                               Real& velocity_of_component) {
    const Real weighted = Real(args.gradient_weight) * gradient;
    const Real velocity = fused_multiply_add(Real(args.momentum), velocity_of_component, weighted);
    const Real direct = Real(args.direct_weight) * gradient;
    const Real direction = fused_multiply_add(Real(args.velocity_weight), velocity, direct);
    velocity_of_component = velocity;
    position = fused_multiply_add(minus_size, direction, position);
}

/// What full_update comes to, bit for bit but for the signs of zeros, without dampening and lookahead.
template <class Real, class Scalar>
STATIONARY_HD void heavy_ball_update(const ChainArgs<Scalar>& args, Real gradient, Real minus_size, Real& position,
                                     Real& velocity) {
    velocity = fused_multiply_add(Real(args.momentum), velocity, gradient);
    position = fused_multiply_add(minus_size, velocity, position);
}

/// SGD's update of one component. Without momentum, the velocity of a state that is not kept (recorded or returned) is
/// left out.
template <class Real, class Scalar>
STATIONARY_HD void sgd_update(const ChainArgs<Scalar>& args, UpdateForm form, bool kept, Real gradient, Real minus_size,
                              Real& position, Real& velocity) {
    if (!form.plain) {
        full_update(args, gradient, minus_size, position, velocity);
    } else if (form.momentum) {
        heavy_ball_update(args, gradient, minus_size, position, velocity);
    } else {
        if (kept) velocity = gradient;
        position = fused_multiply_add(minus_size, gradient, position);
    }
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

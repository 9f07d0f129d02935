#pragma once

#include "kernels/chain_args.h"
#include "kernels/dot.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// One SGD step with a minibatch gradient ĝ from an oracle:
///     v ← μ v + (1 − τ) ĝ,   δ ← δ − η (a ĝ + c v)
/// with (a, c) = (0, 1) for heavy ball and EMA and (1, μ) for Nesterov, as PyTorch's SGD defines them (docs/theory.md,
/// section 4). Without momentum v = ĝ. Claims: the laws `discrete` and `least_squares`; B training points per step.
/// Test: statistical_law_test.cpp, sgd.
template <class Lanes, int D, template <class, int> class Oracle>
class SgdStepper {
  public:
    using Real = typename Lanes::Real;
    using Args = ChainArgs<typename Lanes::Scalar>;

    STATIONARY_HD SgdStepper(const Args& args, typename Lanes::Chain chain, std::int64_t step)
        : args_(args),
          oracle_(args, chain, step),
          step_(step),
          plain_(args.momentum == 0 && args.direct_weight == 0 && args.gradient_weight == 1 &&
                 args.velocity_weight == 1) {}

    STATIONARY_HD void step(ChainState<Lanes, D>& state) {
        Real at[D];
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) at[i] = state.position[i];
        if (args_.frozen) {
            STATIONARY_UNROLL
            for (int i = 0; i < D; ++i) at[i] = Real(args_.initial[i]);
        }
        Real gradient[D];
        oracle_.minibatch_gradient(at, gradient);
        const typename Lanes::Scalar size = args_.step_weights == nullptr ? args_.step_size : args_.step_weights[step_];
        ++step_;
        if (plain_) {
            plain_update(gradient, Real(-size), state);
        } else {
            update(gradient, Real(-size), state);
        }
    }

  private:
    /// What update() comes to without momentum, bit for bit: v = ĝ, δ ← δ − η ĝ.
    STATIONARY_HD void plain_update(const Real (&gradient)[D], Real minus_size, ChainState<Lanes, D>& state) const {
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) {
            state.velocity[i] = gradient[i];
            state.position[i] = fused_multiply_add(minus_size, gradient[i], state.position[i]);
        }
    }

    STATIONARY_HD void update(const Real (&gradient)[D], Real minus_size, ChainState<Lanes, D>& state) const {
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) {
            const Real weighted = Real(args_.gradient_weight) * gradient[i];
            const Real velocity = fused_multiply_add(Real(args_.momentum), state.velocity[i], weighted);
            const Real direct = Real(args_.direct_weight) * gradient[i];
            const Real direction = fused_multiply_add(Real(args_.velocity_weight), velocity, direct);
            state.velocity[i] = velocity;
            state.position[i] = fused_multiply_add(minus_size, direction, state.position[i]);
        }
    }

    const Args& args_;
    Oracle<Lanes, D> oracle_;
    std::int64_t step_;
    bool plain_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

#pragma once

#include "kernels/chain_args.h"
#include "kernels/lanes.h"

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
    static constexpr bool has_velocity = true;
    static constexpr bool advances_in_registers = false;

    STATIONARY_HD SgdStepper(const Args& args, typename Lanes::Chain chain, std::int64_t step)
        : args_(args),
          oracle_(args, chain, step),
          step_(step),
          plain_(args.direct_weight == 0 && args.gradient_weight == 1 && args.velocity_weight == 1),
          momentum_(args.momentum != 0) {
        if constexpr (Lanes::keeps_in_memory) {
            STATIONARY_UNROLL
            for (int i = 0; i < D; ++i) initial_[i] = Real(args.initial[i]);
        }
    }

    /// Without momentum, the velocity of a state that is not kept (recorded or returned) is left out.
    STATIONARY_HD void step(ChainState<Lanes, D>& state, bool kept) {
        const typename Lanes::Scalar size = args_.step_weights == nullptr ? args_.step_size : args_.step_weights[step_];
        ++step_;
        const auto move = [&](int i, Real gradient) {
            if (!plain_) {
                update(i, gradient, Real(-size), state);
            } else if (momentum_) {
                heavy_ball(i, gradient, Real(-size), state);
            } else {
                if (kept) state.velocity[i] = gradient;
                state.position[i] = fused_multiply_add(Real(-size), gradient, state.position[i]);
            }
        };
        if constexpr (Lanes::keeps_in_memory) {
            oracle_.minibatch_gradient(args_.frozen ? initial_ : state.position, move);
        } else if constexpr (reads_place_from_memory) {
            // number by number: a choice between objects would put both into local memory
            const Column<const Real> at{args_.frozen ? args_.initial : state.position.first,
                                        args_.frozen ? 1 : state.position.stride};
            oracle_.minibatch_gradient(at, move);
        } else {  // a choice between arrays would put both into a GPU's local memory
            Real at[D];
            STATIONARY_UNROLL
            for (int i = 0; i < D; ++i) at[i] = args_.frozen ? Real(args_.initial[i]) : state.position[i];
            oracle_.minibatch_gradient(at, move);
        }
    }

    /// `steps` steps, of which the last is kept.
    template <class Count>
    STATIONARY_HD void advance(ChainState<Lanes, D>& state, Count steps) {
        for (; steps > 0; --steps) step(state, steps == 1);
    }

  private:
    /// A place that lies in memory is read once a step and held for all training points, as far as registers go.
    static constexpr bool reads_place_from_memory =
        Lanes::state_place != StatePlace::registers && D * sizeof(typename Lanes::Scalar) > 192;

    /// What update() comes to, bit for bit but for the signs of zeros, without dampening and lookahead.
    STATIONARY_HD void heavy_ball(int i, Real gradient, Real minus_size, ChainState<Lanes, D>& state) const {
        state.velocity[i] = fused_multiply_add(Real(args_.momentum), state.velocity[i], gradient);
        state.position[i] = fused_multiply_add(minus_size, state.velocity[i], state.position[i]);
    }

    STATIONARY_HD void update(int i, Real gradient, Real minus_size, ChainState<Lanes, D>& state) const {
        const Real weighted = Real(args_.gradient_weight) * gradient;
        const Real velocity = fused_multiply_add(Real(args_.momentum), state.velocity[i], weighted);
        const Real direct = Real(args_.direct_weight) * gradient;
        const Real direction = fused_multiply_add(Real(args_.velocity_weight), velocity, direct);
        state.velocity[i] = velocity;
        state.position[i] = fused_multiply_add(minus_size, direction, state.position[i]);
    }

    const Args& args_;
    Oracle<Lanes, D> oracle_;
    std::int64_t step_;
    bool plain_;                                    ///< neither dampening nor lookahead
    bool momentum_;                                 ///< μ ≠ 0
    Real initial_[Lanes::keeps_in_memory ? D : 1];  ///< where the gradients of a frozen program are taken
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

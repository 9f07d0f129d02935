#pragma once

#include "kernels/chain/chain_formulas.h"
#include "kernels/lanes/lanes.h"

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
        : args_(args), oracle_(args, chain, step), step_(step), form_(update_form(args)) {
        if constexpr (Lanes::keeps_in_memory) {
            STATIONARY_UNROLL
            for (int i = 0; i < D; ++i) initial_[i] = Real(args.initial[i]);
        }
    }

    /// Leaves out what of a state that is not kept nothing needs (sgd_update).
    STATIONARY_HD void step(ChainState<Lanes, D>& state, bool kept) {
        const typename Lanes::Scalar size = step_size_of(args_, step_);
        ++step_;
        const auto move = [&](int i, Real gradient) {
            sgd_update(args_, form_, kept, gradient, Real(-size), state.position[i], state.velocity[i]);
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

    const Args& args_;
    Oracle<Lanes, D> oracle_;
    std::int64_t step_;
    UpdateForm form_;
    Real initial_[Lanes::keeps_in_memory ? D : 1];  ///< where the gradients of a frozen program are taken
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

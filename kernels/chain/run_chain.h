#pragma once

#include "kernels/chain/chain_args.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// The state before the first step: δ_0, velocity 0.
template <class Lanes, int D>
STATIONARY_HD void start_chain(const ChainArgs<typename Lanes::Scalar>& args, ChainState<Lanes, D>& state) {
    using Real = typename Lanes::Real;
    STATIONARY_UNROLL
    for (int i = 0; i < D; ++i) {
        state.position[i] = Real(args.initial[i]);
        state.velocity[i] = Real(0);
    }
}

/// Number of the first draw that is still to come for a chain whose state is that after step `first` (see run_chain).
template <class Args>
STATIONARY_HD std::int64_t next_draw(const Args& args, std::int64_t first) {
    return first < args.burn_in ? 0 : (first - args.burn_in) / args.stride + (first > 0 ? 1 : 0);
}

/// Takes steps first + 1 … last of a chain whose state is that after step `first`, where the stepper stands, and
/// records its draws.
///
/// Draw k is the state after step burn_in + k·stride; those in (first, last] are recorded, and the state before any
/// step too if it is a draw (burn_in = 0, first = 0). Running (0, m], m ≥ 1, and then (m, n] is the same as running (0,
/// n], bit for bit. record(state, step) is called for every lane alike. Test: run_chain_test.cpp.
template <class Stepper, class Scalar, class State, class Record>
STATIONARY_HD void take_steps(const ChainArgs<Scalar>& args, Stepper& stepper, std::int64_t first, std::int64_t last,
                              State& state, Record&& record) {
    std::int64_t step = first;
    for (std::int64_t draw = next_draw(args, first); draw < args.draws; ++draw) {
        const std::int64_t due = args.burn_in + draw * args.stride;
        if (due > last) break;
        stepper.advance(state, due - step);
        step = due;
        record(state, step);
    }
    stepper.advance(state, last - step);
}

/// The same with a stepper of its own.
template <class Stepper, class Lanes, int D, class Record>
STATIONARY_HD void run_chain(const ChainArgs<typename Lanes::Scalar>& args, typename Lanes::Chain chain,
                             std::int64_t first, std::int64_t last, ChainState<Lanes, D>& state, Record&& record) {
    Stepper stepper(args, chain, first);
    take_steps(args, stepper, first, last, state, record);
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

#pragma once

#include "kernels/chain/compiled_dimension.h"
#include "kernels/chain/run_chain.h"
#include "kernels/cpu/cpu_level.h"
#include "kernels/lanes/pack_lanes.h"
#include "kernels/moments/shard_accumulator.h"

#include <algorithm>
#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Runs a range of chains, a pack of lanes at a time, each from its first step to its last.
template <class Scalar, int D, template <class, int> class Stepper>
void run_chains_of(const ChainArgs<Scalar>& args, ChainRange chains, ShardMoments& moments) {
    using Lanes = PackLanes<Scalar>;
    using ChainStepper = Stepper<Lanes, D>;
    ShardAccumulator<ChainStepper, Lanes, D> accumulator(args, moments);
    const std::int64_t steps = args.burn_in + (args.draws - 1) * args.stride;
    for (std::int64_t first = chains.first; first < chains.last; first += Lanes::lanes) {
        accumulator.start_pack(static_cast<int>(std::min<std::int64_t>(Lanes::lanes, chains.last - first)));
        ChainState<Lanes, D> state;
        start_chain(args, state);
        run_chain<ChainStepper>(args, Lanes::chains_from(static_cast<std::uint64_t>(first)), 0, steps, state,
                                [&](const auto& s, std::int64_t step) { accumulator.add(s, step); });
    }
    accumulator.finish();
}

/// The same with the compiled dimension chosen at run time.
template <class Scalar, template <class, int> class Stepper>
void run_chains(const ChainArgs<Scalar>& args, ChainRange chains, ShardMoments& moments) {
    with_compiled_dimension(args.dimension, [&](auto dimension) {
        run_chains_of<Scalar, decltype(dimension)::value, Stepper>(args, chains, moments);
    });
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

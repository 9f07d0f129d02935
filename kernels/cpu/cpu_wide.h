#pragma once

#include "kernels/chain/run_chain.h"
#include "kernels/cpu/cpu_level.h"
#include "kernels/lanes/pack_lanes.h"
#include "kernels/moments/wide_accumulator.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Zeroed memory of a thread that runs wide chains. (A vector's functions must not come from here: cpu_level.h.)
class WideBlock {
  public:
    explicit WideBlock(std::size_t bytes) : data_(::operator new (bytes, std::align_val_t{64})) {
        std::memset(data_, 0, bytes);
    }
    WideBlock(const WideBlock&) = delete;
    WideBlock& operator=(const WideBlock&) = delete;
    ~WideBlock() { ::operator delete (data_, std::align_val_t{64}); }
    [[nodiscard]] void* data() const { return data_; }

  private:
    void* data_;
};

/// Runs a range of wide chains, a pack of lanes at a time, each from its first step to its last.
template <class Scalar, template <class, class> class Stepper>
void run_wide_chains_of(const ChainArgs<Scalar>& args, ChainRange chains, ShardMoments& moments) {
    using Lanes = PackLanes<Scalar>;
    using Real = typename Lanes::Real;
    using Team = SoloTeam<Scalar>;
    using ChainStepper = Stepper<Lanes, Team>;
    using Accumulator = WideAccumulator<ChainStepper, Lanes>;
    const std::size_t state_bytes = static_cast<std::size_t>(ChainStepper::vectors(args.frozen)) *
                                    static_cast<std::size_t>(wide_length(args.dimension)) * sizeof(Real);
    const std::size_t stage_numbers =
        std::size_t{Accumulator::row_length} * 4 * static_cast<std::size_t>(quads_of(args.dimension));
    const WideBlock state_block(state_bytes);
    const WideBlock stage_block(stage_numbers * sizeof(std::int32_t));
    auto* const memory = static_cast<Real*>(state_block.data());
    Team team;
    Accumulator accumulator(args, moments, static_cast<std::int32_t*>(stage_block.data()));
    const std::int64_t steps = args.burn_in + (args.draws - 1) * args.stride;
    for (std::int64_t first = chains.first; first < chains.last; first += Lanes::lanes) {
        accumulator.start_pack(static_cast<int>(std::min<std::int64_t>(Lanes::lanes, chains.last - first)));
        std::memset(state_block.data(), 0, state_bytes);  // diverged chains leave what they like beyond the dimension
        ChainStepper stepper(args, team, Lanes::chains_from(static_cast<std::uint64_t>(first)), 0, memory);
        WideState<Real> state = ChainStepper::state_in(memory, args);
        start_wide_chain(args, team, state);
        take_steps(args, stepper, 0, steps, state,
                   [&](const auto& s, std::int64_t step) { accumulator.add(team, s, step); });
    }
    accumulator.finish();
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

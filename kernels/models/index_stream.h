#pragma once

#include "kernels/chain/chain_args.h"
#include "kernels/lanes/lanes.h"
#include "kernels/noise/noise_purpose.h"
#include "kernels/noise/permutation.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Indices 0 … N−1 of the training points that a chain draws, step by step, under any of the sampling schemes.
///
/// with_replacement: index u comes from word u of NoisePurpose::minibatch_index, as ⌊word·N/2³²⌋. Each index has
/// probability ⌊2³²/N⌋/2³² or one unit (2⁻³²) more: a relative bias of at most N·2⁻³², 1e-7 at N = 442.
/// without_replacement: the first B places of a fresh keyed permutation at every step.
/// reshuffle: a fresh keyed permutation for every epoch of n = ⌊N/B⌋ steps; step j of an epoch takes places
/// jB … jB + B − 1, and the N − nB places that are left are dropped (PyTorch's drop_last).
/// Tests: index_stream_test.cpp (index_bias among them), permutation_test.cpp.
template <class Lanes>
class IndexStream {
  public:
    using Args = ChainArgs<typename Lanes::Scalar>;
    using Word = typename Lanes::Word;
    using Index = typename Lanes::Index;
    /// Indices made at once.
    static constexpr int chunk = 4 * Lanes::blocks_at_once;
    /// Places of a permutation evaluated at once.
    static constexpr int places_at_once = 4;

    /// A chain about to take step `step`.
    STATIONARY_HD IndexStream(const Args& args, typename Lanes::Chain chain, std::int64_t step)
        : args_(args), chain_(chain), epoch_steps_(steps_per_epoch(args)) {
        const auto words = static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(args.batch_size);
        next_block_ = block_counter(NoisePurpose::minibatch_index, words / chunk * Lanes::blocks_at_once);
        used_ = static_cast<int>(words % chunk);
        epoch_ = step / epoch_steps_;
        step_in_epoch_ = step % epoch_steps_;
        if (args.sampling == BatchSampling::with_replacement) {
            if (used_ != 0) make_chunk();
        } else if (step_in_epoch_ != 0) {
            make_permutation();
        }
    }

    /// Calls add(index, sum) for the B training points of the next step, in the order in which they are drawn.
    template <int D, class Real, class Add>
    STATIONARY_HD void add_batch(Real (&sum)[D], Add&& add) {
        if (args_.sampling == BatchSampling::with_replacement) {
            add_independent(sum, add);
        } else {
            add_permuted(sum, add);
        }
    }

  private:
    static STATIONARY_HD std::int64_t steps_per_epoch(const Args& args) {
        return args.sampling == BatchSampling::reshuffle ? args.training_points / args.batch_size : 1;
    }

    /// Chunk by chunk, each with a copy of the sum that the loop over training points can hold in registers: nothing of
    /// Philox is alive there.
    template <int D, class Real, class Add>
    STATIONARY_HD void add_independent(Real (&sum)[D], Add& add) {
        for (std::int64_t left = args_.batch_size; left > 0;) {
            if (used_ == 0) make_chunk();
            const int here = left < chunk - used_ ? static_cast<int>(left) : chunk - used_;
            Real local[D];
            STATIONARY_UNROLL
            for (int i = 0; i < D; ++i) local[i] = sum[i];
            add_from_chunk(used_, used_ + here, local, add);
            STATIONARY_UNROLL
            for (int i = 0; i < D; ++i) sum[i] = local[i];
            used_ = (used_ + here) % chunk;
            left -= here;
        }
    }

    /// The training points at places first … last − 1 of the chunk. Where it lies in registers, a place known only at
    /// run time would put it into a GPU's local memory.
    template <int D, class Real, class Add>
    STATIONARY_HD void add_from_chunk(int first, int last, Real (&sum)[D], Add& add) const {
        if constexpr (Lanes::keeps_in_memory) {
            for (int k = first; k < last; ++k) add(indices_[k], sum);
        } else {
            STATIONARY_UNROLL
            for (int k = 0; k < chunk; ++k) {
                if (k >= first && k < last) add(indices_[k], sum);
            }
        }
    }

    template <int D, class Real, class Add>
    STATIONARY_HD void add_permuted(Real (&sum)[D], Add& add) {
        if (step_in_epoch_ == 0) make_permutation();
        auto place = static_cast<std::uint32_t>(step_in_epoch_ * args_.batch_size);
        for (std::int64_t left = args_.batch_size; left > 0; left -= places_at_once) {
            Word words[places_at_once];  // those past the batch are places of later steps, or none; they are not used
            STATIONARY_UNROLL
            for (int k = 0; k < places_at_once; ++k) words[k] = Word(place++);
            permutation_.apply(words);
            STATIONARY_UNROLL
            for (int k = 0; k < places_at_once; ++k) {
                if (k < left) add(Lanes::index(words[k]), sum);
            }
        }
        finish_step();
    }

    STATIONARY_HD void finish_step() {
        if (++step_in_epoch_ == epoch_steps_) {
            step_in_epoch_ = 0;
            ++epoch_;
        }
    }

    STATIONARY_OUTLINED_HD void make_chunk() {
        Lanes::index_blocks(args_.key, next_block_, chain_, args_.training_points, indices_);
        next_block_ += Lanes::blocks_at_once;
    }

    STATIONARY_HD void make_permutation() {
        typename Lanes::RawWord key[4];
        Lanes::block(args_.key, block_counter(NoisePurpose::epoch_order, static_cast<std::uint64_t>(epoch_)), chain_,
                     key);
        permutation_.start(key, args_.training_points);
    }

    const Args& args_;
    typename Lanes::Chain chain_;
    std::uint64_t next_block_;
    int used_;
    Index indices_[chunk];  ///< of the current chunk
    std::int64_t epoch_steps_;
    std::int64_t epoch_;
    std::int64_t step_in_epoch_;
    Permutation<Lanes> permutation_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

#pragma once

#include "kernels/chain_args.h"
#include "kernels/lanes.h"
#include "kernels/noise_purpose.h"
#include "kernels/permutation.h"

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

    /// A chain about to take step `step`.
    STATIONARY_HD IndexStream(const Args& args, typename Lanes::Chain chain, std::int64_t step)
        : args_(args), chain_(chain), epoch_steps_(steps_per_epoch(args)) {
        const auto words = static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(args.batch_size);
        next_block_ = block_counter(NoisePurpose::minibatch_index, words / 4);
        used_ = static_cast<int>(words % 4);
        epoch_ = step / epoch_steps_;
        step_in_epoch_ = step % epoch_steps_;
        if (args.sampling == BatchSampling::with_replacement) {
            if (used_ != 0) make_block();
        } else if (step_in_epoch_ != 0) {
            make_permutation();
        }
    }

    /// Calls use(index) for the B training points of the next step, in the order in which they are drawn.
    template <class Use>
    STATIONARY_HD void for_batch(Use&& use) {
        const bool independent = args_.sampling == BatchSampling::with_replacement;
        if (!independent && step_in_epoch_ == 0) make_permutation();
        auto place = static_cast<std::uint32_t>(step_in_epoch_ * args_.batch_size);
        for (std::int64_t b = 0; b < args_.batch_size; ++b) {
            use(independent ? independent_index() : permutation_(Word(place++)));
        }
        if (!independent) finish_step();
    }

  private:
    static STATIONARY_HD std::int64_t steps_per_epoch(const Args& args) {
        return args.sampling == BatchSampling::reshuffle ? args.training_points / args.batch_size : 1;
    }

    STATIONARY_HD Word independent_index() {
        if (used_ == 0) make_block();
        const typename Lanes::RawWord word = pick();
        used_ = (used_ + 1) % 4;
        return Lanes::multiply_high(word, args_.training_points);
    }

    STATIONARY_HD void finish_step() {
        if (++step_in_epoch_ == epoch_steps_) {
            step_in_epoch_ = 0;
            ++epoch_;
        }
    }

    STATIONARY_HD void make_block() {
        Lanes::block(args_.key, next_block_, chain_, words_);
        ++next_block_;
    }

    STATIONARY_HD void make_permutation() {
        typename Lanes::RawWord key[4];
        Lanes::block(args_.key, block_counter(NoisePurpose::epoch_order, static_cast<std::uint64_t>(epoch_)), chain_,
                     key);
        permutation_.start(key, args_.training_points);
    }

    STATIONARY_HD typename Lanes::RawWord pick() const {
#if defined(__CUDA_ARCH__)
        return used_ == 0 ? words_[0] : used_ == 1 ? words_[1] : used_ == 2 ? words_[2] : words_[3];
#else
        return words_[used_];
#endif
    }

    const Args& args_;
    typename Lanes::Chain chain_;
    std::uint64_t next_block_;
    int used_;
    typename Lanes::RawWord words_[4];
    std::int64_t epoch_steps_;
    std::int64_t epoch_;
    std::int64_t step_in_epoch_;
    Permutation<Lanes> permutation_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

#pragma once

#include <cstdint>

namespace stationary {

// clang-format off
/// The registry of every use of random words. Each purpose owns a part of a chain's stream that no other may read.
///
/// A chain's stream is cuRAND's Philox4_32_10 sequence (seed = the cell's key, subsequence = chain id). It is read in
/// blocks of four words; block n of purpose p is counter (p·2⁵⁶ + n, chain id), which curand_init reaches with
/// offset = 4·(p·2⁵⁶ + n).
///
/// | purpose         | what serves what                                                                        |
/// | --------------- | --------------------------------------------------------------------------------------- |
/// | gradient_noise  | word (step·B + b)·m + i: normal i of training point b of a step. langevin: B = 1; m = d, |
/// |                 | for gaussian_regression d + 1 (the features' d normals, then the label's)                |
/// | minibatch_index | word step·B + b: index of training point b of a step, with replacement                   |
/// | initial_state   | reserved for a random start                                                              |
/// | epoch_order     | block e: key of the permutation of epoch e (reshuffle) or of step e (without_replacement) |
///
/// Normals come in pairs: words 2k and 2k+1 give normals 2k and 2k+1 (normals.h).
/// Test: noise_stream_test.cpp, no_word_is_read_twice.
// clang-format on
enum class NoisePurpose : std::uint32_t { gradient_noise = 0, minibatch_index = 1, initial_state = 2, epoch_order = 3 };

/// Blocks of one purpose: 2⁵⁶; a run that would need more is refused by the planner.
constexpr int purpose_shift = 56;

/// Counter of block n of a purpose (the low 64 bits of the Philox counter; the high 64 are the chain id).
constexpr std::uint64_t block_counter(NoisePurpose purpose, std::uint64_t block) {
    return (static_cast<std::uint64_t>(purpose) << purpose_shift) + block;
}

}  // namespace stationary

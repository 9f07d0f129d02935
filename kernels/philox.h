#pragma once

#include "kernels/arithmetic.h"

#include <cstdint>

#if defined(__CUDACC__)
#include <curand_kernel.h>
#endif

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Ten rounds of Philox 4×32 over words of type W (one lane or many): counter → four random words, in place.
///
/// Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11. The words are those of cuRAND's
/// curand_Philox4x32_10 and of Random123's philox4x32 with ten rounds. W needs multiply_wide(W, word) and ^ with W and
/// with a word. Tests: philox_test.cpp (published vectors, Random123, cuRAND on the host).
template <class W>
STATIONARY_HD void philox4x32_10(W (&counter)[4], std::uint32_t key_low, std::uint32_t key_high) {
    STATIONARY_UNROLL
    for (int round = 0; round < 10; ++round) {
        const auto left = multiply_wide(counter[0], 0xD2511F53U);
        const auto right = multiply_wide(counter[2], 0xCD9E8D57U);
        counter[0] = right.high ^ counter[1] ^ key_low;
        counter[2] = left.high ^ counter[3] ^ key_high;
        counter[1] = right.low;
        counter[3] = left.low;
        key_low += 0x9E3779B9U;
        key_high += 0xBB67AE85U;
    }
}

/// Block `block` of a chain's cuRAND sequence: the four words at offsets 4·block … 4·block + 3 of curand_init(key,
/// chain, …).
STATIONARY_HD void philox_block(std::uint64_t key, std::uint64_t block, std::uint64_t chain,
                                std::uint32_t (&words)[4]) {
    const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
    const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
#if defined(__CUDA_ARCH__)
    const uint4 out = curand_Philox4x32_10(make_uint4(low(block), high(block), low(chain), high(chain)),
                                           make_uint2(low(key), high(key)));
    words[0] = out.x;
    words[1] = out.y;
    words[2] = out.z;
    words[3] = out.w;
#else
    words[0] = low(block);
    words[1] = high(block);
    words[2] = low(chain);
    words[3] = high(chain);
    philox4x32_10(words, low(key), high(key));
#endif
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

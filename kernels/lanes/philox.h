#pragma once

#include "kernels/lanes/arithmetic.h"

#include <cstdint>

#if defined(__CUDACC__)
#include <curand_kernel.h>
#endif

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// One round of Philox 4×32: in → out. `order` puts the halves of the products, and the words they are joined with,
/// into the form of the output: SIMD packs keep words in another order between the rounds than after the last.
template <class W, class Order, class Out>
STATIONARY_HD void philox_round(const W (&in)[4], std::uint32_t key_low, std::uint32_t key_high, Order order,
                                Out (&out)[4]) {
    const auto left = multiply_wide(in[0], 0xD2511F53U);
    const auto right = multiply_wide(in[2], 0xCD9E8D57U);
    const Out first = order(right.high) ^ order(in[1]) ^ key_low;
    const Out third = order(left.high) ^ order(in[3]) ^ key_high;
    out[0] = first;
    out[1] = order(right.low);
    out[2] = third;
    out[3] = order(left.low);
}

/// Ten rounds of Philox 4×32 over words of type W (one lane or many): counter → four random words.
///
/// Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11. The words are those of cuRAND's
/// curand_Philox4x32_10 and of Random123's philox4x32 with ten rounds. W needs multiply_wide(W, word) and ^ with W and
/// with a word. Tests: philox_test.cpp (published vectors, Random123, cuRAND on the host), noise_stream_test.cpp
/// (packs).
template <class W, class Order, class LastOrder, class Out>
STATIONARY_HD void philox4x32_10(W (&counter)[4], std::uint64_t key, Order order, LastOrder last_order, Out (&out)[4]) {
    auto key_low = static_cast<std::uint32_t>(key);
    auto key_high = static_cast<std::uint32_t>(key >> 32);
    STATIONARY_UNROLL
    for (int round = 0; round < 9; ++round) {
        philox_round(counter, key_low, key_high, order, counter);
        key_low += 0x9E3779B9U;
        key_high += 0xBB67AE85U;
    }
    philox_round(counter, key_low, key_high, last_order, out);
}

/// The order of a single lane's words: there is only one.
struct NoOrder {
    STATIONARY_HD std::uint32_t operator()(std::uint32_t w) const { return w; }
};

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
    philox4x32_10(words, key, NoOrder{}, NoOrder{}, words);
#endif
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary

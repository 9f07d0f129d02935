#include "kernels/lanes/philox.h"

#include <Random123/philox.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

namespace stationary {
namespace {

using Words = std::array<std::uint32_t, 4>;

Words rounds(Words counter, std::uint32_t key_low, std::uint32_t key_high) {
    std::uint32_t words[4]{counter[0], counter[1], counter[2], counter[3]};
    philox4x32_10(words, std::uint64_t{key_high} << 32 | key_low, NoOrder{}, NoOrder{}, words);
    return {words[0], words[1], words[2], words[3]};
}

Words block(std::uint64_t key, std::uint64_t counter, std::uint64_t chain) {
    std::uint32_t words[4];
    philox_block(key, counter, chain, words);
    return {words[0], words[1], words[2], words[3]};
}

Words random123(std::uint64_t key, std::uint64_t counter, std::uint64_t chain) {
    const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
    const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
    const philox4x32_ctr_t in{{low(counter), high(counter), low(chain), high(chain)}};
    const philox4x32_key_t seed{{low(key), high(key)}};
    const philox4x32_ctr_t out = philox4x32_R(10, in, seed);
    return {out.v[0], out.v[1], out.v[2], out.v[3]};
}

/// Random123's published kat_vectors, philox4x32 with ten rounds.
TEST(Philox, published_vectors) {
    EXPECT_EQ(rounds({0, 0, 0, 0}, 0, 0), (Words{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}));
    constexpr std::uint32_t ones = 0xffffffffU;
    EXPECT_EQ(rounds({ones, ones, ones, ones}, ones, ones),
              (Words{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU}));
    EXPECT_EQ(rounds({0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}, 0xa4093822U, 0x299f31d0U),
              (Words{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}));
}

/// The same vector through the place that a chain's block has in the counter.
TEST(Philox, block_and_chain_fill_the_counter) {
    EXPECT_EQ(block(0x299f31d0a4093822U, 0x85a308d3243f6a88U, 0x0370734413198a2eU),
              (Words{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}));
}

TEST(Philox, same_words_as_random123) {
    std::mt19937_64 generator(7);
    for (int i = 0; i < 200000; ++i) {
        const std::uint64_t key = generator();
        const std::uint64_t counter = generator();
        const std::uint64_t chain = generator();
        ASSERT_EQ(block(key, counter, chain), random123(key, counter, chain));
    }
}

TEST(Philox, blocks_and_chains_across_32_bits) {
    constexpr std::uint64_t edge = std::uint64_t{1} << 32;
    for (const std::uint64_t counter : {edge - 1, edge, edge + 1}) {
        for (const std::uint64_t chain : {edge - 1, edge, edge + 1}) {
            EXPECT_EQ(block(9, counter, chain), random123(9, counter, chain));
            EXPECT_NE(block(9, counter, chain), block(9, counter, chain - edge + 7));
        }
    }
}

}  // namespace
}  // namespace stationary

// cuRAND's device generator, compiled for the host by declaring its functions for both.
#define QUALIFIERS static __forceinline__ __host__ __device__
#include <curand_kernel.h>

#include "kernels/lanes/philox.h"

#include <curand.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace stationary {
namespace {

constexpr std::uint64_t four_billion = std::uint64_t{1} << 32;

const std::vector<std::uint64_t> seeds{0, 1, 0x123456789abcdef0ULL, ~std::uint64_t{0}};
const std::vector<std::uint64_t> chains{0, 1, four_billion - 1, four_billion, four_billion + 1, 0xfedcba9876543210ULL};
const std::vector<std::uint64_t> blocks{
    0, 1, four_billion - 1, four_billion, four_billion + 1, (std::uint64_t{1} << 56) + 12345};

/// curand_init(key, chain, 4·block) stands at the first word of our block, and goes on into the next.
TEST(CurandWords, device_generator_gives_the_words_of_a_chain) {
    for (const std::uint64_t seed : seeds) {
        for (const std::uint64_t chain : chains) {
            for (const std::uint64_t block : blocks) {
                curandStatePhilox4_32_10_t state;
                curand_init(seed, chain, 4 * block, &state);
                for (std::uint64_t next = block; next < block + 2; ++next) {
                    std::uint32_t words[4];
                    philox_block(seed, next, chain, words);
                    for (int k = 0; k < 4; ++k) {
                        ASSERT_EQ(curand(&state), words[k]) << seed << " " << chain << " " << next << " " << k;
                    }
                }
            }
        }
    }
}

TEST(CurandWords, an_offset_inside_a_block_skips_its_first_words) {
    std::uint32_t words[4];
    philox_block(17, four_billion + 3, 5, words);
    for (unsigned k = 0; k < 4; ++k) {
        curandStatePhilox4_32_10_t state;
        curand_init(17, 5, 4 * (four_billion + 3) + k, &state);
        EXPECT_EQ(curand(&state), words[k]);
    }
}

/// cuRAND's library generator on the host.
class HostGenerator {
  public:
    HostGenerator(std::uint64_t seed, std::uint64_t offset, curandOrdering_t ordering) {
        check(curandCreateGeneratorHost(&generator_, CURAND_RNG_PSEUDO_PHILOX4_32_10));
        check(curandSetPseudoRandomGeneratorSeed(generator_, seed));
        check(curandSetGeneratorOffset(generator_, offset));
        check(curandSetGeneratorOrdering(generator_, ordering));
    }
    HostGenerator(const HostGenerator&) = delete;
    HostGenerator& operator=(const HostGenerator&) = delete;
    ~HostGenerator() { curandDestroyGenerator(generator_); }

    std::vector<unsigned> words(std::size_t count) {
        std::vector<unsigned> out(count);
        check(curandGenerate(generator_, out.data(), count));
        return out;
    }

  private:
    static void check(curandStatus_t status) { ASSERT_EQ(status, CURAND_STATUS_SUCCESS); }

    curandGenerator_t generator_ = nullptr;
};

/// The library deals out the blocks of 65,536 subsequences in turn: group q of four words is block ⌊q/65536⌋ of chain
/// q mod 65536, and an offset (in words) starts so much further on. Default and legacy ordering are the same.
void expect_dealt_in_turn(std::uint64_t seed, std::uint64_t first_group, curandOrdering_t ordering) {
    constexpr std::uint64_t subsequences = 65536;
    constexpr std::uint64_t groups = 2 * subsequences + 3;
    HostGenerator generator(seed, 4 * first_group, ordering);
    const std::vector<unsigned> actual = generator.words(4 * groups);
    for (std::uint64_t q = 0; q < groups; ++q) {
        std::uint32_t words[4];
        const std::uint64_t group = first_group + q;
        philox_block(seed, group / subsequences, group % subsequences, words);
        for (std::uint64_t k = 0; k < 4; ++k)
            ASSERT_EQ(actual[4 * q + k], words[k]) << "group " << group << ", word " << k;
    }
}

TEST(CurandWords, host_library_deals_out_the_blocks_of_65536_chains_in_turn) {
    for (const curandOrdering_t ordering : {CURAND_ORDERING_PSEUDO_DEFAULT, CURAND_ORDERING_PSEUDO_LEGACY}) {
        expect_dealt_in_turn(42, 0, ordering);
        expect_dealt_in_turn(0xfedcba9876543210ULL, 5 * 65536 + 17, ordering);
        expect_dealt_in_turn(7, (std::uint64_t{1} << 48) - 65536, ordering);  // block numbers cross 2³²
    }
}

}  // namespace
}  // namespace stationary

// On a GPU: the one operation of the reproducible normals that is not correctly rounded by the instruction itself.
#include "kernels/interface/backend.h"
#include "kernels/noise/normals.h"

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <cstdint>

namespace stationary {
namespace {

constexpr unsigned threads = 256;
constexpr std::uint64_t all_words = std::uint64_t{1} << 32;

/// Counts, of the multiples of `every`, the words from whose squared radius square_root_of_square and __fsqrt_rn make
/// different bits; those below `spoiled` are compared with a root one unit too large.
__global__ void count_wrong_roots(std::uint64_t every, std::uint64_t spoiled, unsigned long long* wrong) {
    unsigned long long mine = 0;
    const std::uint64_t first = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    for (std::uint64_t word = first * every; word < all_words; word += std::uint64_t{gridDim.x} * blockDim.x * every) {
        const float square = squared_radius<float>(static_cast<std::uint32_t>(word));
        const std::uint32_t expected = as_word(__fsqrt_rn(square)) + (word < spoiled ? 1U : 0U);
        mine += as_word(square_root_of_square(square)) != expected ? 1 : 0;
    }
    if (mine > 0) atomicAdd(wrong, mine);
}

class GpuRoot : public testing::Test {
  protected:
    void SetUp() override {
        const CudaStatus status = cuda_status();
        if (!status.usable) GTEST_SKIP() << status.reason;
    }

    static std::uint64_t wrong_roots(unsigned blocks, std::uint64_t every, std::uint64_t spoiled) {
        unsigned long long* wrong = nullptr;
        EXPECT_EQ(cudaMallocManaged(&wrong, sizeof *wrong), cudaSuccess);
        *wrong = 0;
        count_wrong_roots<<<blocks, threads>>>(every, spoiled, wrong);
        EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
        const std::uint64_t result = *wrong;
        EXPECT_EQ(cudaFree(wrong), cudaSuccess);
        return result;
    }
};

constexpr unsigned many_blocks = 4096;

TEST_F(GpuRoot, is_correctly_rounded_for_every_word) { EXPECT_EQ(wrong_roots(many_blocks, 1, 0), 0u); }

TEST_F(GpuRoot, sees_wrong_roots) { EXPECT_EQ(wrong_roots(many_blocks, 1, 1000), 1000u); }

/// 65,536 words: what an emulated GPU can do too.
TEST_F(GpuRoot, is_correctly_rounded_for_a_sample_of_words) {
    constexpr std::uint64_t every = 65537;
    EXPECT_EQ(wrong_roots(8, every, 0), 0u);
    EXPECT_EQ(wrong_roots(8, every, 10 * every), 10u);
}

}  // namespace
}  // namespace stationary

// Launches of one kernel that need more and less shared memory, from several threads at once.

#include "kernels/launch/cuda_shared_memory.h"

#include "tests/kernel_support/backend_contract.h"
#include "tests/kernel_support/gpu_test.h"
#include "tests/kernel_support/same_moments.h"
#include "tests/kernel_support/wide_programs.h"

#include <gtest/gtest.h>

#include <exception>
#include <string>
#include <thread>
#include <vector>

namespace stationary {
namespace {

using backend_contract::run;
using chain_programs::Momentum;
using same_moments::expect_same_moments;

/// Two cells of one kernel, whose blocks want different amounts of shared memory.
struct TwoSizes {
    std::string name;
    CellProgram small, large;
};

void PrintTo(const TwoSizes& sizes, std::ostream* out) { *out << sizes.name; }

std::vector<TwoSizes> two_sizes() {
    const auto least_squares = [](std::int64_t points) {
        CellProgram program = chain_programs::least_squares(10, points, 2, Momentum::none);
        program.shard_chains = 20;
        return program;
    };
    const auto wide = [](int dimension) {
        return wide_programs::brief(
            chain_programs::diagonal(chain_programs::quadratic(dimension, 1, Momentum::heavy_ball)));
    };
    return {{"tables_of_72_and_192_KiB", least_squares(1500), least_squares(4000)},
            {"wide_chains_of_36_and_200", wide(36), wide(200)}};
}

class GpuSharedMemory : public GpuTest<TwoSizes> {};

/// The moments of `rounds` runs of a cell, or what went wrong.
std::string run_often(Backend& cuda, const CellProgram& program, const std::vector<ShardMoments>& expected) {
    constexpr int rounds = 20;  // that one meets another's setting in at least one is all but sure
    try {
        for (int round = 0; round < rounds; ++round) {
            if (!(run(cuda, program, {0, 1}) == expected)) return "other moments";
        }
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

TEST_P(GpuSharedMemory, calls_with_tables_of_different_sizes_at_once) {
    const CellProgram* const programs[] = {&GetParam().small, &GetParam().large};
    const std::vector<ShardMoments> expected[] = {run(*cpu_, *programs[0], {0, 1}), run(*cpu_, *programs[1], {0, 1})};
    std::vector<std::string> failures(8);
    std::vector<std::thread> threads;
    for (std::size_t k = 0; k < failures.size(); ++k) {
        threads.emplace_back([&, k] { failures[k] = run_often(*cuda_, *programs[k % 2], expected[k % 2]); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& failure : failures) EXPECT_EQ(failure, "");
}

INSTANTIATE_TEST_SUITE_P(Sizes, GpuSharedMemory, testing::ValuesIn(two_sizes()),
                         [](const auto& information) { return information.param.name; });

}  // namespace
}  // namespace stationary

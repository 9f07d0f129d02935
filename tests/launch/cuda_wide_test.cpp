// Wide chains on a GPU against the CPU.

#include "tests/kernel_support/backend_contract.h"
#include "tests/kernel_support/gpu_test.h"
#include "tests/kernel_support/same_moments.h"
#include "tests/kernel_support/wide_programs.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

namespace stationary {
namespace {

using backend_contract::run;
using chain_programs::Momentum;
using same_moments::expect_same_moments;
using wide_programs::Model;

class GpuWide : public GpuTest<Model> {};

/// Fewer and more quads of components than a warp has lanes.
TEST_P(GpuWide, gives_the_moments_of_the_cpu) {
    for (const int dimension : {33, 64, 131}) {
        SCOPED_TRACE(dimension);
        CellProgram program = GetParam().program(dimension);
        program.shard_chains = 37;
        const std::int64_t across_2_32 = (std::int64_t{1} << 32) / program.shard_chains;
        for (const std::int64_t first : {std::int64_t{0}, across_2_32}) {
            const ShardRange range{first, first + 3};
            expect_same_moments(run(*cuda_, program, range), run(*cpu_, program, range));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Models, GpuWide, testing::ValuesIn(wide_programs::models()),
                         [](const auto& information) { return information.param.name; });

class GpuWideLaunches : public GpuWide {};

TEST_P(GpuWideLaunches, largest_dimension) {
    CellProgram program = GetParam().program(max_dimension);
    program.shard_chains = 19;
    expect_same_moments(run(*cuda_, program, {0, 2}), run(*cpu_, program, {0, 2}));
}

TEST_P(GpuWideLaunches, many_steps_in_several_launches) {
    CellProgram program = GetParam().program(40);
    program.burn_in = 20000;
    program.shard_chains = 33;
    expect_same_moments(run(*cuda_, program, {3, 6}), run(*cpu_, program, {3, 6}));
}

TEST_P(GpuWideLaunches, chains_that_go_wrong) {
    CellProgram diverging = GetParam().program(40);
    diverging.step_size = 1e6;
    diverging.draws = 9;
    expect_same_moments(run(*cuda_, diverging, {0, 2}), run(*cpu_, diverging, {0, 2}));
    CellProgram saturating = GetParam().program(40);
    for (double& scale : saturating.scale) scale *= 64.0;
    expect_same_moments(run(*cuda_, saturating, {0, 2}), run(*cpu_, saturating, {0, 2}));
}

/// Three draws of 22,200 chains: the mean square of a component has a standard error of 1 % at most.
TEST_P(GpuWideLaunches, fast_normals_have_the_same_law) {
    CellProgram program = GetParam().program(40);
    if (program.double_precision) GTEST_SKIP() << "fast normals go with single precision";
    program.burn_in = 60;
    program.draws = 3;
    program.shard_chains = 370;
    program.scale.assign(program.scale.size(), 0x1p12);
    const auto total_square = [&](Backend& backend) {
        double sum = 0.0;
        for (const ShardMoments& moments : run(backend, program, {0, 60})) {
            EXPECT_EQ(moments.diverged_chains, 0);
            sum += static_cast<double>(moments.products.front());
        }
        return sum;
    };
    const double reproducible = total_square(*cpu_);
    program.fast_normals = true;
    EXPECT_NEAR(total_square(*cuda_) / reproducible, 1.0, 0.05);
    program.double_precision = true;
    EXPECT_THROW(run(*cuda_, program, {0, 1}), std::invalid_argument);
}

std::vector<Model> few_models() {
    std::vector<Model> few;
    for (const Model& model : wide_programs::models()) {
        const bool chosen = model.name == "langevin" || model.name == "langevin_double" ||
                            model.name == "quadratic_nesterov" || model.name == "gaussian_regression_heavy_ball";
        if (chosen) few.push_back(model);
    }
    return few;
}

INSTANTIATE_TEST_SUITE_P(Models, GpuWideLaunches, testing::ValuesIn(few_models()),
                         [](const auto& information) { return information.param.name; });

}  // namespace
}  // namespace stationary

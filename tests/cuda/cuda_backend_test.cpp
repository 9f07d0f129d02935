#include "tests/kernel_support/backend_contract.h"
#include "tests/kernel_support/gpu_test.h"
#include "tests/kernel_support/same_moments.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

namespace stationary {
namespace {

using backend_contract::Model;
using backend_contract::run;
using chain_programs::Momentum;
using same_moments::expect_same_moments;

/// The contract's models, and those that only the GPU has a kernel of its own for: no padding, data sets beyond shared
/// memory; and chains that go wrong.
std::vector<Model> gpu_models() {
    std::vector<Model> models = backend_contract::models();
    for (const int d : {4, 12, 24}) {
        const std::string dimension = "_unpadded_d" + std::to_string(d);
        models.push_back({"langevin" + dimension, chain_programs::langevin(d)});
        models.push_back({"quadratic" + dimension, chain_programs::quadratic(d, 3, Momentum::nesterov)});
    }
    models.push_back({"least_squares_d10_n20000", chain_programs::least_squares(10, 20000, 2, Momentum::heavy_ball)});
    models.push_back({"diverging", same_moments::diverging(chain_programs::langevin(3))});
    models.push_back({"saturating", same_moments::saturating(chain_programs::langevin(3))});
    return models;
}

class GpuBackend : public GpuTest<Model> {};

TEST_P(GpuBackend, gives_the_moments_of_the_cpu) {
    const CellProgram& program = GetParam().program;
    const std::int64_t across_2_32 = (std::int64_t{1} << 32) / program.shard_chains;
    for (const std::int64_t first : {std::int64_t{0}, across_2_32}) {
        const ShardRange range{first, first + 5};
        expect_same_moments(run(*cuda_, program, range), run(*cpu_, program, range));
    }
}

INSTANTIATE_TEST_SUITE_P(Models, GpuBackend, testing::ValuesIn(gpu_models()),
                         [](const auto& information) { return information.param.name; });

class GpuLaunches : public GpuBackend {};

/// More steps than the first launches take, and blocks that a shard does not fill.
TEST_P(GpuLaunches, many_steps_in_several_launches) {
    CellProgram program = GetParam().program;
    program.burn_in = 200000;
    program.shard_chains = 300;
    const ShardRange range{3, 9};
    expect_same_moments(run(*cuda_, program, range), run(*cpu_, program, range));
}

TEST_P(GpuLaunches, stop_when_told) {
    CellProgram program = GetParam().program;
    program.shard_chains = 1 << 20;  // a launch takes one shard of this size
    int shards = 0;
    cuda_->run(program, {0, 3}, [&](ShardMoments&&) { return ++shards < 1; });
    EXPECT_EQ(shards, 1);
}

/// As a run does: some calls for each stream at once, each with some shards of one of two cells.
TEST_P(GpuLaunches, many_calls_at_once_on_every_device_give_the_moments_of_the_cpu) {
    CellProgram longer = GetParam().program;
    longer.burn_in = 50000;
    longer.shard_chains = 300;
    const std::vector<CellProgram> cells{GetParam().program, longer,
                                         chain_programs::least_squares(10, 20000, 2, Momentum::heavy_ball)};
    const auto backend = make_cuda_backend(cuda_status().usable_devices);
    const int calls = 3 * backend->info().workers;
    std::vector<std::vector<ShardMoments>> moments(static_cast<std::size_t>(calls));
    std::vector<std::thread> threads;
    for (int k = 0; k < calls; ++k) {
        threads.emplace_back([&, k] {
            const auto call = static_cast<std::size_t>(k);
            moments[call] = run(*backend, cells[call % 3], {k / 3, k / 3 + 2});
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (int k = 0; k < calls; ++k) {
        const auto call = static_cast<std::size_t>(k);
        expect_same_moments(moments[call], run(*cpu_, cells[call % 3], {k / 3, k / 3 + 2}));
    }
}

/// A cell that would take minutes.
TEST_P(GpuLaunches, stop_between_launches_when_told) {
    CellProgram program = GetParam().program;
    program.burn_in = std::int64_t{1} << 40;
    int shards = 0;
    int asked = 0;
    cuda_->run(program, {0, 3}, ShardSink([&](ShardMoments&&) { return ++shards > 0; }, [&] { return ++asked > 5; }));
    EXPECT_EQ(shards, 0);
    EXPECT_EQ(asked, 6);
    expect_same_moments(run(*cuda_, GetParam().program, {0, 3}), run(*cpu_, GetParam().program, {0, 3}));
}

/// Three draws of 22,200 chains: the mean square of a component has a standard error of 1 %.
TEST_P(GpuLaunches, fast_normals_have_the_same_law) {
    CellProgram program = GetParam().program;
    program.scale.assign(program.scale.size(), 0x1p14);
    const ShardRange range{0, 600};
    const auto total_square = [&](Backend& backend) {
        double sum = 0.0;
        for (const ShardMoments& moments : run(backend, program, range)) {
            EXPECT_EQ(moments.diverged_chains, 0);
            sum += static_cast<double>(moments.products.front());
        }
        return sum;
    };
    const double reproducible = total_square(*cpu_);
    program.fast_normals = true;
    EXPECT_NEAR(total_square(*cuda_) / reproducible, 1.0, 0.05);
    EXPECT_EQ(run(*cuda_, program, {0, 5}), run(*cuda_, program, {0, 5}));
}

TEST_P(GpuLaunches, refuse_fast_normals_in_double) {
    CellProgram program = GetParam().program;
    program.fast_normals = program.double_precision = true;
    EXPECT_THROW(run(*cuda_, program, {0, 1}), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Models, GpuLaunches,
                         testing::Values(Model{"langevin_d1", chain_programs::langevin(1)},
                                         Model{"quadratic_d3", chain_programs::quadratic(3, 3, Momentum::heavy_ball)}),
                         [](const auto& information) { return information.param.name; });

}  // namespace
}  // namespace stationary

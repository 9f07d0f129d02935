// Chains of more than max_compiled_dimension components on the CPU backend, against the reference.

#include "tests/kernel_support/backend_contract.h"
#include "tests/kernel_support/same_moments.h"
#include "tests/kernel_support/wide_programs.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stationary {
namespace {

using backend_contract::reference_shards;
using chain_programs::Momentum;
using same_moments::expect_same_moments;
using wide_programs::Model;

std::vector<SimdLevel> levels() {
    std::vector<SimdLevel> available;
    for (const SimdLevel level : {SimdLevel::generic, SimdLevel::avx2, SimdLevel::avx512}) {
        if (simd_level_available(level)) available.push_back(level);
    }
    return available;
}

std::vector<ShardMoments> run(const CellProgram& program, ShardRange range, int threads = 1,
                              SimdLevel level = best_simd_level()) {
    return backend_contract::run(*make_cpu_backend(threads, level), program, range);
}

void expect_moments_of_the_reference(const CellProgram& program, ShardRange range) {
    const auto expected = reference_shards(program, range);
    ASSERT_EQ(expected[0].finite_draws, program.shard_chains * program.draws);
    ASSERT_EQ(expected[0].saturated_draws, 0);
    for (const SimdLevel level : levels()) {
        SCOPED_TRACE(to_string(level));
        expect_same_moments(run(program, range, 1, level), expected);
    }
    expect_same_moments(run(program, range, 2), expected);
}

class WideBackend : public testing::TestWithParam<Model> {};

/// The last quad of components full and padded, fewer and more quads than a warp has lanes.
TEST_P(WideBackend, moments_are_those_of_the_reference_at_every_level) {
    for (const int dimension : {33, 36, 64, 100, 129, 200}) {
        SCOPED_TRACE(dimension);
        expect_moments_of_the_reference(GetParam().program(dimension), {5, 6});
    }
}

/// The last bit: with the reference's own state as the centre and a scale of 2⁹⁰, any difference at all saturates.
TEST_P(WideBackend, states_are_those_of_the_reference_to_the_last_bit) {
    CellProgram program = GetParam().program(70);
    program.burn_in = 9;
    program.draws = 1;
    program.shard_chains = 1;
    program.pull_scale = 0.0;
    if (!program.step_weights.empty()) program = chain_programs::weighted_sum(program);
    constexpr std::int64_t shard = 1234567;
    reference::centre_on_chain(program, shard);
    program.scale.assign(program.scale.size(), 0x1p90);
    for (const SimdLevel level : levels()) {
        const auto moments = run(program, {shard, shard + 1}, 1, level);
        EXPECT_EQ(moments.at(0).finite_draws, 1);
        EXPECT_EQ(moments.at(0).saturated_draws, 0) << to_string(level);
        for (const Int128 sum : moments.at(0).sum) EXPECT_TRUE(sum == 0) << to_string(level);
    }
    EXPECT_EQ(run(program, {shard + 1, shard + 2}).at(0).saturated_draws, 1) << "another chain";
}

INSTANTIATE_TEST_SUITE_P(Models, WideBackend, testing::ValuesIn(wide_programs::models()),
                         [](const auto& information) { return information.param.name; });

class LargestDimension : public testing::TestWithParam<Model> {};

TEST_P(LargestDimension, moments_are_those_of_the_reference_at_every_level) {
    CellProgram program = GetParam().program(max_dimension);
    program.burn_in = 1;
    program.stride = 1;
    program.shard_chains = 2;
    for (double& scale : program.scale) scale *= 0x1p-6;
    program.velocity_scale = 0x1p4;
    if (!program.step_weights.empty()) program = chain_programs::weighted_sum(program);
    expect_moments_of_the_reference(program, {3, 4});
}

std::vector<Model> without_momentum() {
    std::vector<Model> chosen;
    for (const Model& model : wide_programs::models()) {
        const bool plain = model.momentum == Momentum::none && model.sampling == BatchSampling::with_replacement;
        if (plain && (!model.double_precision || model.kind->name == "langevin")) chosen.push_back(model);
    }
    return chosen;
}

INSTANTIATE_TEST_SUITE_P(Models, LargestDimension, testing::ValuesIn(without_momentum()),
                         [](const auto& information) { return information.param.name; });

TEST(WideBackendShards, do_not_depend_on_the_range_they_run_in_nor_on_parts) {
    CellProgram program = wide_programs::brief(chain_programs::quadratic(40, 3, Momentum::nesterov));
    program.shard_chains = 67;  // parts of 16 chains, the last of 3
    const auto together = run(program, {0, 3}, 2);
    ASSERT_EQ(together.size(), 3U);
    for (std::int64_t shard = 0; shard < 3; ++shard) {
        expect_same_moments(run(program, {shard, shard + 1}).at(0), together[static_cast<std::size_t>(shard)]);
    }
    EXPECT_NE(together[0].sum, together[1].sum);
}

/// More draws than a row of the accumulator holds, and packs that begin anywhere in it.
TEST(WideBackendShards, many_draws) {
    CellProgram program = wide_programs::brief(chain_programs::langevin(33));
    program.burn_in = 0;
    program.stride = 1;
    program.draws = 37;
    program.shard_chains = 23;
    const auto expected = reference_shards(program, {1, 2});
    for (const SimdLevel level : levels()) expect_same_moments(run(program, {1, 2}, 1, level), expected);
}

TEST(WideBackendShards, chains_across_32_bits) {
    const CellProgram program = wide_programs::brief(chain_programs::langevin(35));
    const std::int64_t shard = (std::int64_t{1} << 32) / program.shard_chains;
    for (const SimdLevel level : levels()) {
        expect_same_moments(run(program, {shard, shard + 1}, 1, level), reference_shards(program, {shard, shard + 1}));
    }
}

/// Every chain overflows between its first draw and its last.
TEST(WideBackendDivergence, is_counted_and_adds_exactly_zero) {
    for (const bool double_precision : {false, true}) {
        for (CellProgram program :
             {chain_programs::langevin(38), chain_programs::quadratic(41, 2, Momentum::nesterov)}) {
            program = wide_programs::brief(program);
            program.double_precision = double_precision;
            program.step_size = 1e6;
            program.stride = 30;
            program.draws = 3;
            const auto expected = reference_shards(program, {0, 1});
            ASSERT_EQ(expected[0].diverged_chains, program.shard_chains);
            for (const SimdLevel level : levels()) expect_same_moments(run(program, {0, 1}, 1, level), expected);
        }
    }
}

/// One training point of 40 blows up whoever draws it, so that some lanes of a pack diverge beside others.
TEST(WideBackendDivergence, lanes_diverge_on_their_own) {
    CellProgram program = wide_programs::brief(chain_programs::least_squares(39, 40, 2, Momentum::none));
    program.shard_chains = 37;
    for (std::size_t i = 0; i < 39; ++i) program.features[i] = 1e30;
    const auto expected = reference_shards(program, {0, 2});
    for (const ShardMoments& shard : expected) {
        ASSERT_GT(shard.diverged_chains, 0);
        ASSERT_LT(shard.diverged_chains, program.shard_chains);
    }
    for (const SimdLevel level : levels()) expect_same_moments(run(program, {0, 2}, 1, level), expected);
}

TEST(WideBackendSaturation, draws_with_a_clamped_component_are_counted) {
    CellProgram position = wide_programs::brief(chain_programs::langevin(45));
    position.shard_chains = 20;
    position.scale[43] = 0x1p28;
    CellProgram velocity = wide_programs::brief(chain_programs::quadratic(45, 3, Momentum::heavy_ball));
    velocity.shard_chains = 20;
    velocity.velocity_scale = 0x1p26;
    for (const CellProgram& program : {position, velocity}) {
        const auto expected = reference_shards(program, {0, 1});
        ASSERT_GT(expected[0].saturated_draws, 0);
        for (const SimdLevel level : levels()) expect_same_moments(run(program, {0, 1}, 1, level), expected);
    }
}

TEST(WideBackendMemory, counts_the_triangle_of_products) {
    const auto backend = make_cpu_backend(1, best_simd_level());
    const CellProgram program = chain_programs::langevin(max_dimension);
    const std::int64_t one = backend->memory_bytes(program, 1);
    EXPECT_GE(one, 2 * 1024 * 1024 * 4);
    EXPECT_GE(backend->memory_bytes(program, 3) - one, std::int64_t{2} * 16 * 1025 * 512);
}

}  // namespace
}  // namespace stationary

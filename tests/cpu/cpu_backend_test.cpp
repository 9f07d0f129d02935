#include "tests/kernel_support/backend_contract.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace stationary {
namespace {

using backend_contract::Model;
using backend_contract::reference_shards;
using chain_programs::Momentum;

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

class CpuBackend : public testing::TestWithParam<Model> {};

/// 37 chains per shard, which no pack of 4, 8 or 16 lanes divides, at a resolution near that of float.
TEST_P(CpuBackend, moments_are_those_of_the_reference_at_every_level_and_thread_count) {
    const CellProgram& program = GetParam().program;
    const ShardRange range{5, 8};
    const auto expected = reference_shards(program, range);
    ASSERT_EQ(expected[0].finite_draws, program.shard_chains * program.draws);
    ASSERT_EQ(expected[0].saturated_draws, 0);
    for (const SimdLevel level : levels()) {
        for (const int threads : {1, 2}) {
            EXPECT_EQ(run(program, range, threads, level), expected)
                << to_string(level) << ", " << threads << " threads";
        }
    }
}

/// The last bit: with the reference's own state as the centre and a scale of 2⁹⁰, any difference at all saturates.
TEST_P(CpuBackend, states_are_those_of_the_reference_to_the_last_bit) {
    CellProgram program = GetParam().program;
    program.burn_in = 40;
    program.draws = 1;
    program.shard_chains = 1;
    if (!program.step_weights.empty()) program = chain_programs::weighted_sum(program);
    constexpr std::int64_t shard = 1234567;
    reference::centre_on_chain(program, shard);
    program.scale.assign(program.scale.size(), 0x1p90);
    for (const SimdLevel level : levels()) {
        const auto moments = run(program, {shard, shard + 1}, 1, level);
        ASSERT_EQ(moments.size(), 1U);
        EXPECT_EQ(moments[0].finite_draws, 1);
        EXPECT_EQ(moments[0].saturated_draws, 0) << to_string(level);
        for (const Int128 sum : moments[0].sum) EXPECT_TRUE(sum == 0) << to_string(level);
    }
    const auto another_chain = run(program, {shard + 1, shard + 2});
    EXPECT_EQ(another_chain[0].saturated_draws, 1);
}

INSTANTIATE_TEST_SUITE_P(Models, CpuBackend, testing::ValuesIn(backend_contract::models()),
                         [](const auto& information) { return information.param.name; });

TEST(CpuBackendShards, do_not_depend_on_the_range_they_run_in) {
    const CellProgram program = chain_programs::quadratic(5, 3, Momentum::heavy_ball);
    const auto together = run(program, {0, 7}, 2);
    ASSERT_EQ(together.size(), 7U);
    for (std::int64_t shard = 6; shard >= 0; --shard) {
        const auto alone = run(program, {shard, shard + 1});
        ASSERT_EQ(alone.size(), 1U);
        EXPECT_EQ(alone[0], together[static_cast<std::size_t>(shard)]);
    }
    EXPECT_NE(together[0].sum, together[1].sum);
    EXPECT_TRUE(together[0].velocity_squares != together[1].velocity_squares);
    EXPECT_TRUE(run(program, {3, 3}).empty());
}

/// Chains are numbered through the shards: the pooled sums do not depend on the shard size.
TEST(CpuBackendShards, pooled_sums_do_not_depend_on_the_shard_size) {
    CellProgram program = chain_programs::least_squares(10, 442, 3, Momentum::none);
    const auto pooled = [&](std::int64_t shard_chains) {
        program.shard_chains = shard_chains;
        std::vector<Int128> sums(program.initial.size(), 0);
        for (const ShardMoments& m : run(program, {0, 120 / shard_chains})) {
            for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += m.sum[i];
        }
        return sums;
    };
    const auto expected = pooled(120);
    for (const std::int64_t shard_chains : {1, 3, 8, 15, 24, 40, 60})
        EXPECT_EQ(pooled(shard_chains), expected) << shard_chains;
}

/// Small dimensions take several steps per chunk of normals; draws fall anywhere in a chunk.
TEST(CpuBackendShards, draws_fall_anywhere_in_a_chunk_of_normals) {
    for (const int dimension : {1, 2, 3, 4}) {
        for (const std::int64_t stride : {1, 3, 7, 8, 16, 19}) {
            CellProgram program = chain_programs::langevin(dimension);
            program.burn_in = 2 * stride - 1;
            program.stride = stride;
            program.draws = 5;
            const auto expected = reference_shards(program, {1, 2});
            for (const SimdLevel level : levels()) {
                EXPECT_EQ(run(program, {1, 2}, 1, level), expected) << dimension << ' ' << stride << to_string(level);
            }
        }
    }
}

TEST(CpuBackendShards, chains_across_32_bits) {
    CellProgram program = chain_programs::langevin(3);
    constexpr std::int64_t shard = (std::int64_t{1} << 32) / 37;  // 37 chains around 2³²
    for (const bool double_precision : {false, true}) {
        program.double_precision = double_precision;
        for (const SimdLevel level : levels()) {
            EXPECT_EQ(run(program, {shard - 1, shard + 2}, 1, level),
                      reference_shards(program, {shard - 1, shard + 2}));
        }
    }
}

/// A step that multiplies the state by about −10⁶: float overflows after seven steps, double after more.
TEST(CpuBackendDivergence, is_counted_and_adds_exactly_zero) {
    for (const bool double_precision : {false, true}) {
        CellProgram program = chain_programs::langevin(3);
        program.double_precision = double_precision;
        program.step_size = 1e6;
        program.burn_in = 60;
        program.stride = 2;
        const std::int64_t chains = program.shard_chains;
        for (const SimdLevel level : levels()) {
            const auto shards = run(program, {0, 2}, 1, level);
            EXPECT_EQ(shards, reference_shards(program, {0, 2})) << to_string(level);
            for (const ShardMoments& m : shards) {
                EXPECT_EQ(m.finite_draws, 0);
                EXPECT_EQ(m.diverged_chains, chains);
                EXPECT_EQ(m.saturated_draws, 0);
                EXPECT_EQ(m.first_bad_step, 60);
                EXPECT_TRUE(m.velocity_squares == 0);
                for (const Int128 sum : m.sum) EXPECT_TRUE(sum == 0);
                for (const Int128 product : m.products) EXPECT_TRUE(product == 0);
            }
        }
    }
}

TEST(CpuBackendDivergence, first_bad_step_is_that_of_the_earliest_draw) {
    CellProgram program = chain_programs::quadratic(5, 3, Momentum::nesterov);
    program.step_size = 1e6;
    program.burn_in = 0;
    program.stride = 1;
    program.draws = 30;
    for (const SimdLevel level : levels()) {
        const auto shards = run(program, {0, 1}, 1, level);
        EXPECT_EQ(shards, reference_shards(program, {0, 1})) << to_string(level);
        EXPECT_GT(shards[0].first_bad_step, 2);
        EXPECT_LT(shards[0].first_bad_step, 20);
        EXPECT_EQ(shards[0].diverged_chains, program.shard_chains);
        EXPECT_GT(shards[0].finite_draws, 2 * program.shard_chains);
        EXPECT_GT(shards[0].saturated_draws, 0);
    }
}

/// One training point of 200 blows up whoever draws it, so that some lanes of a pack diverge beside others that do not.
TEST(CpuBackendDivergence, lanes_diverge_on_their_own) {
    for (const bool double_precision : {false, true}) {
        CellProgram program = chain_programs::least_squares(3, 200, 2, Momentum::none);
        program.double_precision = double_precision;
        for (std::size_t i = 0; i < 3; ++i) program.features[i] = double_precision ? 1e200 : 1e30;
        for (const SimdLevel level : levels()) {
            const auto shards = run(program, {0, 4}, 1, level);
            EXPECT_EQ(shards, reference_shards(program, {0, 4})) << to_string(level);
            for (const ShardMoments& m : shards) {
                EXPECT_GT(m.diverged_chains, 0);
                EXPECT_LT(m.diverged_chains, program.shard_chains);
                EXPECT_LT(m.finite_draws, program.shard_chains * program.draws);
                EXPECT_GT(m.finite_draws, 0);
            }
        }
    }
}

TEST(CpuBackendSaturation, draws_with_a_clamped_component_are_counted) {
    CellProgram position = chain_programs::langevin(5);
    position.scale[3] = 0x1p26;  // |δ − centre| above ¼ is clamped
    CellProgram velocity = chain_programs::quadratic(5, 3, Momentum::heavy_ball);
    velocity.velocity_scale = 0x1p24;  // |v| above 1 is clamped
    for (const CellProgram& program : {position, velocity}) {
        for (const SimdLevel level : levels()) {
            const auto shards = run(program, {0, 3}, 2, level);
            EXPECT_EQ(shards, reference_shards(program, {0, 3})) << to_string(level);
            EXPECT_GT(shards[0].saturated_draws, 0);
            EXPECT_LT(shards[0].saturated_draws, shards[0].finite_draws);
            EXPECT_EQ(shards[0].finite_draws, program.shard_chains * program.draws);
        }
    }
}

TEST(CpuBackendVelocity, squares_are_those_of_the_last_gradient_without_momentum) {
    CellProgram program = chain_programs::quadratic(2, 1, Momentum::none);
    program.noise_factor.assign(4, 0.0);
    program.hessian = {1.0, 0.0, 0.0, 0.5};
    program.initial = {0.5, -2.0};
    program.step_size = 0.25;
    program.burn_in = 1;
    program.stride = 1;
    program.draws = 2;
    program.shard_chains = 3;
    program.velocity_scale = 64.0;
    // Gradients 0.5, −1 and then, from 0.375, −1.75: 0.375, −0.875. In units of 1/64: 32, 64, 24, 56.
    EXPECT_TRUE(run(program, {0, 1})[0].velocity_squares == 3 * (32 * 32 + 64 * 64 + 24 * 24 + 56 * 56));
    EXPECT_TRUE(run(chain_programs::langevin(3), {0, 1})[0].velocity_squares == 0);
}

/// Sums of products beyond 64 bits: 2¹⁸ clamped draws of (2²⁴ − 1)² each.
TEST(CpuBackendSaturation, sums_do_not_overflow_64_bits) {
    CellProgram program = chain_programs::langevin(1);
    program.burn_in = 0;
    program.stride = 1;
    program.draws = 1 << 14;
    program.shard_chains = 16;
    program.scale[0] = 0x1p120;
    program.hessian[0] = 0.0;
    program.noise_factor[0] = 0.0;
    const auto shards = run(program, {0, 1});
    constexpr Int128 limit = (1 << 24) - 1;
    constexpr Int128 draws = 1 << 18;
    EXPECT_TRUE(shards[0].sum[0] == draws * limit);
    EXPECT_TRUE(shards[0].products[0] == draws * limit * limit);
    EXPECT_TRUE(shards[0].products[0] > (Int128{1} << 64));
    EXPECT_EQ(shards[0].saturated_draws, 1 << 18);
}

TEST(CpuBackendSink, false_stops_further_shards) {
    const CellProgram program = chain_programs::langevin(2);
    for (const int threads : {1, 2}) {
        int delivered = 0;
        make_cpu_backend(threads, best_simd_level())->run(program, {0, 1000}, [&](ShardMoments&&) {
            return ++delivered < 3;
        });
        EXPECT_GE(delivered, 3);
        EXPECT_LE(delivered, 2 + threads);  // one more per other thread may have been in flight
    }
}

TEST(CpuBackendSink, its_exceptions_reach_the_caller) {
    const CellProgram program = chain_programs::langevin(2);
    for (const int threads : {1, 2}) {
        const auto backend = make_cpu_backend(threads, best_simd_level());
        const ShardSink full_disk = [](ShardMoments&&) -> bool { throw std::runtime_error("disk full"); };
        EXPECT_THROW(backend->run(program, {0, 10}, full_disk), std::runtime_error);
    }
}

TEST(CpuBackendErrors, programs_that_it_cannot_run) {
    const auto backend = make_cpu_backend(1, best_simd_level());
    const auto refuses = [&](auto&& spoil) {
        CellProgram program = chain_programs::quadratic(3, 2, Momentum::none);
        spoil(program);
        EXPECT_THROW(backend->run(program, {0, 1}, [](ShardMoments&&) { return true; }), std::invalid_argument);
    };
    refuses([](CellProgram& p) { p.fast_normals = true; });
    refuses([](CellProgram& p) { p.dimension = max_dimension + 1; });
    refuses([](CellProgram& p) { p.hessian.pop_back(); });
    refuses([](CellProgram& p) { p.draws = 0; });
}

TEST(CpuBackendErrors, levels_that_the_processor_lacks) {
    for (const SimdLevel level : {SimdLevel::generic, SimdLevel::avx2, SimdLevel::avx512}) {
        if (simd_level_available(level)) {
            EXPECT_EQ(make_cpu_backend(3, level)->info().simd, to_string(level));
        } else {
            EXPECT_THROW(make_cpu_backend(1, level), std::invalid_argument);
        }
    }
    EXPECT_TRUE(simd_level_available(SimdLevel::generic));
    EXPECT_TRUE(simd_level_available(best_simd_level()));
}

TEST(CpuBackendCalls, from_several_threads_at_once_give_the_same_moments) {
    const auto backend = make_cpu_backend(2, best_simd_level());
    const CellProgram langevin = chain_programs::langevin(3);
    const CellProgram sgd = chain_programs::least_squares(5, 40, 3, chain_programs::Momentum::nesterov);
    const auto expected_langevin = backend_contract::run(*backend, langevin, {0, 20});
    const auto expected_sgd = backend_contract::run(*backend, sgd, {0, 20});
    std::vector<std::thread> threads;
    for (int k = 0; k < 4; ++k) {
        threads.emplace_back([&, k] {
            const bool even = k % 2 == 0;
            const auto moments = backend_contract::run(*backend, even ? langevin : sgd, {0, 20});
            EXPECT_EQ(moments, even ? expected_langevin : expected_sgd);
        });
    }
    for (std::thread& thread : threads) thread.join();
}

TEST(CpuBackendInfo, names_the_machine) {
    const BackendInfo info = make_cpu_backend(3, SimdLevel::generic)->info();
    EXPECT_EQ(info.kind, "cpu");
    EXPECT_EQ(info.threads, 3);
    EXPECT_EQ(info.simd, "generic");
    EXPECT_FALSE(info.device.empty());
    EXPECT_GE(make_cpu_backend(0, SimdLevel::generic)->info().threads, 1);
}

TEST(CpuBackendMemory, grows_with_shards_and_not_with_steps) {
    const auto backend = make_cpu_backend(1, best_simd_level());
    CellProgram program = chain_programs::least_squares(10, 442, 1, Momentum::none);
    const std::int64_t one = backend->memory_bytes(program, 1);
    EXPECT_GE(one, 442 * 11 * 4);
    EXPECT_GE(backend->memory_bytes(program, 101) - one, 100 * 16 * (10 + 55));
    program.draws = 1000000;
    EXPECT_EQ(backend->memory_bytes(program, 1), one);
}

}  // namespace
}  // namespace stationary

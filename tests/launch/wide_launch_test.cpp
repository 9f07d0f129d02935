// What a GPU does with wide chains, run on the host lane by lane and thread by thread, against the CPU backend.

#include "kernels/interface/backend.h"
#include "tests/kernel_support/backend_contract.h"
#include "tests/kernel_support/host_warp.h"
#include "tests/kernel_support/same_moments.h"
#include "tests/kernel_support/wide_programs.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace stationary {
namespace {

using chain_programs::Momentum;
using host_warp::HostWideLaunch;
using same_moments::expect_same_moments;

template <class Scalar, template <class, class> class Stepper>
void expect_cpu_moments(CellProgram program) {
    program.double_precision = sizeof(Scalar) == 8;
    const auto cpu = make_cpu_backend(1, best_simd_level());
    const std::int64_t across_2_32 = (std::int64_t{1} << 32) / program.shard_chains;
    for (const std::int64_t first : {std::int64_t{0}, across_2_32}) {
        const ShardRange range{first, first + 2};
        const auto expected = backend_contract::run(*cpu, program, range);
        expect_same_moments(HostWideLaunch<Scalar, Stepper, false>(program, range).run(1000, 4), expected);
        expect_same_moments(HostWideLaunch<Scalar, Stepper, true>(program, range).run(1, 3), expected);
    }
}

/// Every kind, momentum and sampling, at dimensions with fewer and more quads than a warp has lanes.
class WideLaunchModels : public testing::TestWithParam<wide_programs::Model> {
  protected:
    template <template <class, class> class Stepper>
    static void expect_cpu_moments_of(const CellProgram& program) {
        if (program.double_precision) {
            expect_cpu_moments<double, Stepper>(program);
        } else {
            expect_cpu_moments<float, Stepper>(program);
        }
    }
};

TEST_P(WideLaunchModels, moments_are_those_of_the_cpu) {
    for (const int dimension : {33, 64, 131}) {
        SCOPED_TRACE(dimension);
        const CellProgram program = GetParam().program(dimension);
        if (program.stepper == Stepper::langevin) {
            expect_cpu_moments_of<WideLangevinStepper>(program);
        } else if (program.oracle == Oracle::quadratic) {
            expect_cpu_moments_of<WideQuadraticSgdStepper>(program);
        } else if (program.oracle == Oracle::least_squares) {
            expect_cpu_moments_of<WideLeastSquaresSgdStepper>(program);
        } else if (program.oracle == Oracle::finite_quadratic) {
            expect_cpu_moments_of<WideFiniteQuadraticSgdStepper>(program);
        } else {
            expect_cpu_moments_of<WideGaussianRegressionSgdStepper>(program);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Models, WideLaunchModels, testing::ValuesIn(wide_programs::models()),
                         [](const auto& information) { return information.param.name; });

TEST(WideLaunch, a_draw_before_any_step) {
    CellProgram program = wide_programs::brief(chain_programs::langevin(36));
    program.burn_in = 0;
    expect_cpu_moments<float, WideLangevinStepper>(program);
    program.draws = 1;
    expect_cpu_moments<float, WideLangevinStepper>(program);
}

TEST(WideLaunch, diverged_and_saturated_draws) {
    CellProgram diverging = wide_programs::brief(chain_programs::quadratic(37, 2, Momentum::nesterov));
    diverging.step_size = 1e6;
    diverging.draws = 9;
    const auto cpu = make_cpu_backend(1, best_simd_level());
    const auto bad = backend_contract::run(*cpu, diverging, {0, 1});
    ASSERT_EQ(bad[0].diverged_chains, diverging.shard_chains);
    ASSERT_GT(bad[0].finite_draws, 0);
    expect_cpu_moments<float, WideQuadraticSgdStepper>(diverging);
    CellProgram saturating = wide_programs::brief(chain_programs::langevin(37));
    for (double& scale : saturating.scale) scale *= 64.0;
    ASSERT_GT(backend_contract::run(*cpu, saturating, {0, 1})[0].saturated_draws, 0);
    expect_cpu_moments<float, WideLangevinStepper>(saturating);
}

/// Tables by columns: the transposes, and nothing else moved.
TEST(WideTables, have_their_columns_in_a_row) {
    const CellProgram program = chain_programs::langevin(35);
    const CellTables<float> tables(program, table_dimension(35));
    const std::vector<float> columns = values_by_columns(tables, 35);
    const ChainArgs<float> rows_of = tables.args(tables.values().data());
    const ChainArgs<float> columns_of = tables.args(columns.data());
    for (int i = 0; i < 36; ++i) {
        for (int j = 0; j < 36; ++j) {
            ASSERT_EQ(columns_of.hessian[j * 36 + i], rows_of.hessian[i * 36 + j]);
            ASSERT_EQ(columns_of.noise_factor[j * 36 + i], rows_of.noise_factor[i * 36 + j]);
        }
        EXPECT_EQ(columns_of.initial[i], rows_of.initial[i]);
        EXPECT_EQ(columns_of.scale[i], rows_of.scale[i]);
    }
}

/// Random draws, some of the largest magnitude, of shards that no batch divides: every entry against a sum of its own.
TEST(WideProducts, are_exact) {
    for (const int dimension : {33, 63, 64, 127, 130}) {
        for (const std::int64_t shard_chains : {1, 16, 37}) {
            constexpr std::int64_t shards = 2;
            const auto length = static_cast<std::size_t>(stage_length(dimension));
            std::vector<std::int32_t> stage(static_cast<std::size_t>(shards * shard_chains) * length, 77);
            std::mt19937_64 generator(11);
            std::uniform_int_distribution<std::int32_t> value(-fixed_point_limit, fixed_point_limit);
            const auto d = static_cast<std::size_t>(dimension);
            for (std::size_t chain = 0; chain < stage.size() / length; ++chain) {
                for (std::size_t i = 0; i < d; ++i) stage[chain * length + i] = value(generator);
                stage[chain * length] = -fixed_point_limit;
                stage[chain * length + d] = 1;
            }
            const auto words = static_cast<std::size_t>(TotalsRow::words(dimension));
            std::vector<std::uint64_t> totals(shards * words, 0);
            host_warp::add_products({stage.data(), totals.data(), shard_chains, dimension}, shards);
            for (std::int64_t shard = 0; shard < shards; ++shard) {
                const auto row = static_cast<std::size_t>(shard) * words;
                const ShardMoments moments = read_totals(totals.data() + row, ~std::uint64_t{0}, shard, dimension);
                std::size_t k = 0;
                for (std::size_t i = 0; i < d; ++i) {
                    const auto sum_with = [&](std::size_t j) {
                        Int128 sum = 0;
                        for (std::int64_t c = 0; c < shard_chains; ++c) {
                            const std::int32_t* q = &stage[static_cast<std::size_t>(shard * shard_chains + c) * length];
                            sum += Int128{q[i]} * q[j];
                        }
                        return sum;
                    };
                    ASSERT_TRUE(moments.sum[i] == sum_with(d)) << i;
                    for (std::size_t j = i; j < d; ++j) ASSERT_TRUE(moments.products[k++] == sum_with(j)) << i << j;
                }
            }
        }
    }
}

/// 2¹⁶ + 5 chains of the largest magnitude: the sums go beyond 64 bits, each thread's stay below.
TEST(WideProducts, do_not_overflow) {
    constexpr int dimension = 33;
    constexpr std::int64_t chains = (std::int64_t{1} << 16) + 5;
    const auto length = static_cast<std::size_t>(stage_length(dimension));
    std::vector<std::int32_t> stage(static_cast<std::size_t>(chains) * length, fixed_point_limit);
    for (std::size_t chain = 0; chain < static_cast<std::size_t>(chains); ++chain) {
        stage[chain * length + dimension] = 1;
        stage[chain * length + 1] = -fixed_point_limit;
    }
    std::vector<std::uint64_t> totals(static_cast<std::size_t>(TotalsRow::words(dimension)), 0);
    host_warp::add_products({stage.data(), totals.data(), chains, dimension}, 1);
    const ShardMoments moments = read_totals(totals.data(), ~std::uint64_t{0}, 0, dimension);
    constexpr Int128 square = Int128{fixed_point_limit} * fixed_point_limit;
    EXPECT_TRUE(moments.products[0] == square * chains);
    EXPECT_TRUE(moments.products[1] == -square * chains);
    EXPECT_TRUE(moments.sum[32] == Int128{fixed_point_limit} * chains);
}

}  // namespace
}  // namespace stationary

// Every kernel that the CUDA backend may launch, each with as little work as shows that it is right:
// tests/cuda_emulator/check_launched_kernels says whether one was left out.

#include "kernels/chain/compiled_dimension.h"
#include "tests/kernel_support/backend_contract.h"
#include "tests/kernel_support/gpu_test.h"
#include "tests/kernel_support/same_moments.h"
#include "tests/kernel_support/wide_programs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

namespace stationary {
namespace {

using backend_contract::reference_shards;
using backend_contract::run;
using chain_programs::Momentum;
using same_moments::expect_same_moments;

/// The kernels of a model in one precision and with one kind of normals.
struct KernelTable {
    std::string name;
    std::vector<int> dimensions;
    std::function<CellProgram(int dimension)> program;
};

void PrintTo(const KernelTable& table, std::ostream* out) { *out << table.name; }

/// Which of them have a kernel of their own is the launching code's choice.
std::vector<int> every_dimension() {
    std::vector<int> dimensions(max_compiled_dimension);
    std::iota(dimensions.begin(), dimensions.end(), 1);
    return dimensions;
}

std::vector<int> every_compiled_dimension() { return {compiled_dimensions.begin(), compiled_dimensions.end()}; }

CellProgram few_chains(CellProgram p) {
    p.shard_chains = 3;
    return p;
}

/// Training points of a data set that no block's shared memory holds: 227 KiB on today's GPUs.
std::int64_t points_beyond_shared_memory(int dimension) { return 62000 / dimension + 1; }

constexpr Momentum nesterov = Momentum::nesterov;  // also has the kernels record v·Hδ

/// Models whose kernels draw normals.
std::vector<KernelTable> models_with_normals() {
    const std::vector<int> all = every_dimension();
    return {{"langevin", all, [](int d) { return few_chains(chain_programs::langevin(d)); }},
            {"quadratic", all, [](int d) { return few_chains(chain_programs::quadratic(d, 3, nesterov)); }},
            {"gaussian_regression", all,
             [](int d) { return few_chains(chain_programs::gaussian_regression(d, 2, nesterov)); }}};
}

/// Models of data sets, within shared memory and beyond it.
std::vector<KernelTable> models_of_data_sets() {
    const std::vector<int> all = every_compiled_dimension();
    return {{"least_squares", all, [](int d) { return few_chains(chain_programs::least_squares(d, 7, 2, nesterov)); }},
            {"least_squares_large", all,
             [](int d) {
                 return few_chains(chain_programs::least_squares(d, points_beyond_shared_memory(d), 2, nesterov));
             }},
            {"finite_quadratic", all,
             [](int d) { return few_chains(chain_programs::finite_quadratic(d, 7, 2, nesterov)); }},
            {"finite_quadratic_large", all, [](int d) {
                 return few_chains(chain_programs::finite_quadratic(d, points_beyond_shared_memory(d), 2, nesterov));
             }}};
}

/// Those for a warp per chain: one of each, whatever the dimension; its rows are padded or not.
std::vector<KernelTable> wide_models(bool with_normals) {
    std::vector<KernelTable> tables;
    for (const wide_programs::Kind& kind : wide_programs::kinds()) {
        const CellProgram p = kind.program(max_compiled_dimension + 1, nesterov, BatchSampling::with_replacement);
        const bool draws_normals = p.oracle == Oracle::quadratic || p.oracle == Oracle::gaussian_regression;
        if (p.frozen || with_normals != draws_normals) continue;
        tables.push_back({"wide_" + kind.name,
                          {max_compiled_dimension + 2, max_compiled_dimension + 4},
                          [&kind](int d) { return kind.program(d, nesterov, BatchSampling::with_replacement); }});
    }
    return tables;
}

void append(std::vector<KernelTable>& tables, const std::vector<KernelTable>& more) {
    tables.insert(tables.end(), more.begin(), more.end());
}

std::vector<KernelTable> reproducible_tables() {
    std::vector<KernelTable> tables = models_with_normals();
    append(tables, models_of_data_sets());
    append(tables, wide_models(true));
    append(tables, wide_models(false));
    const std::vector<KernelTable> single = tables;
    for (const KernelTable& table : single) {
        tables.push_back({table.name + "_double", table.dimensions, [program = table.program](int d) {
                              CellProgram p = program(d);
                              p.double_precision = true;
                              return p;
                          }});
    }
    return tables;
}

std::vector<KernelTable> fast_tables() {
    std::vector<KernelTable> tables = models_with_normals();
    append(tables, wide_models(true));
    for (KernelTable& table : tables) {
        table.program = [program = table.program](int d) {
            CellProgram p = program(d);
            p.fast_normals = true;
            return p;
        };
    }
    return tables;
}

constexpr ShardRange few_shards{1, 3};

class GpuKernels : public GpuTest<KernelTable> {};

TEST_P(GpuKernels, give_the_moments_of_the_cpu) {
    for (const int dimension : GetParam().dimensions) {
        SCOPED_TRACE(dimension);
        const CellProgram program = GetParam().program(dimension);
        expect_same_moments(run(*cuda_, program, few_shards), run(*cpu_, program, few_shards));
    }
}

INSTANTIATE_TEST_SUITE_P(Models, GpuKernels, testing::ValuesIn(reproducible_tables()),
                         [](const auto& information) { return information.param.name; });

/// Moments but for what the error of fast normals, some 1e-5, makes of them; other normals make some 100 % of them.
void expect_close_moments(const ShardMoments& actual, const ShardMoments& expected) {
    constexpr double tolerance = 1e-3;
    ASSERT_EQ(actual.finite_draws, expected.finite_draws);
    EXPECT_EQ(actual.saturated_draws, expected.saturated_draws);
    std::vector<double> norms;
    const std::size_t d = expected.sum.size();
    for (std::size_t i = 0, k = 0; i < d; k += d - i++)
        norms.push_back(std::sqrt(static_cast<double>(expected.products[k])));
    const double root_of_draws = std::sqrt(static_cast<double>(expected.finite_draws));
    const auto difference = [](Int128 a, Int128 b) { return std::abs(static_cast<double>(a - b)); };
    for (std::size_t i = 0, k = 0; i < d; ++i) {
        EXPECT_LT(difference(actual.sum[i], expected.sum[i]), tolerance * norms[i] * root_of_draws) << i;
        for (std::size_t j = i; j < d; ++j, ++k) {
            const double bound = tolerance * norms[i] * norms[j];
            EXPECT_LT(difference(actual.products[k], expected.products[k]), bound) << i << ' ' << j;
        }
    }
    const double velocity_squares = static_cast<double>(expected.velocity_squares);
    EXPECT_NEAR(static_cast<double>(actual.velocity_squares), velocity_squares, tolerance * velocity_squares);
}

class GpuFastKernels : public GpuKernels {};

/// The reference's normals are those of fast_normals.h, with the C library's functions.
TEST_P(GpuFastKernels, give_the_moments_of_the_reference_to_a_thousandth) {
    for (const int dimension : GetParam().dimensions) {
        SCOPED_TRACE(dimension);
        CellProgram program = GetParam().program(dimension);
        const auto expected = reference_shards(program, few_shards);
        const auto moments = run(*cuda_, program, few_shards);
        ASSERT_EQ(moments.size(), expected.size());
        for (std::size_t s = 0; s < moments.size(); ++s) expect_close_moments(moments[s], expected[s]);
        EXPECT_EQ(run(*cuda_, program, few_shards), moments) << "the same kernel once more";
        program.fast_normals = false;
        EXPECT_NE(run(*cpu_, program, few_shards), moments) << "reproducible normals";
    }
}

INSTANTIATE_TEST_SUITE_P(Models, GpuFastKernels, testing::ValuesIn(fast_tables()),
                         [](const auto& information) { return information.param.name; });

}  // namespace
}  // namespace stationary

// The step code of two models as another compiler makes it (tests/CMakeLists.txt), against the same reference that the
// library is held to: the same bits from g++ and clang++.

#include "kernels/chain/cell_tables.h"
#include "kernels/chain/compiled_dimension.h"
#include "kernels/cpu/cpu_level.h"
#include "tests/kernel_support/backend_contract.h"
#include "tests/kernel_support/wide_programs.h"

#include <gtest/gtest.h>

namespace stationary {

extern const StepFunctions langevin_step_clang_generic, langevin_step_clang_avx2, langevin_step_clang_avx512;
extern const StepFunctions least_squares_step_clang_generic, least_squares_step_clang_avx2,
    least_squares_step_clang_avx512;
extern const StepFunctions wide_langevin_step_clang_generic, wide_langevin_step_clang_avx2,
    wide_langevin_step_clang_avx512;

namespace {

struct LevelOfOtherCompiler {
    SimdLevel level;
    const StepFunctions* langevin;
    const StepFunctions* least_squares;
    const StepFunctions* wide_langevin;
};

std::vector<LevelOfOtherCompiler> available_levels() {
    std::vector<LevelOfOtherCompiler> levels;
    for (const LevelOfOtherCompiler& one :
         {LevelOfOtherCompiler{SimdLevel::generic, &langevin_step_clang_generic, &least_squares_step_clang_generic,
                               &wide_langevin_step_clang_generic},
          LevelOfOtherCompiler{SimdLevel::avx2, &langevin_step_clang_avx2, &least_squares_step_clang_avx2,
                               &wide_langevin_step_clang_avx2},
          LevelOfOtherCompiler{SimdLevel::avx512, &langevin_step_clang_avx512, &least_squares_step_clang_avx512,
                               &wide_langevin_step_clang_avx512}}) {
        if (simd_level_available(one.level)) levels.push_back(one);
    }
    return levels;
}

template <class Scalar>
ShardMoments run(const CellProgram& program, std::int64_t shard, ChainsFunction<Scalar> function) {
    const CellTables<Scalar> tables(program, table_dimension(program.dimension));
    ShardMoments moments;
    moments.shard = shard;
    moments.sum.assign(static_cast<std::size_t>(program.dimension), 0);
    moments.products.assign(static_cast<std::size_t>(packed_size(program.dimension)), 0);
    const std::int64_t first = shard * program.shard_chains;
    function(tables.args(tables.values().data()), {first, first + program.shard_chains}, moments);
    return moments;
}

ShardMoments run(const CellProgram& program, std::int64_t shard, const StepFunctions& functions) {
    return program.double_precision ? run<double>(program, shard, functions.double_precision)
                                    : run<float>(program, shard, functions.single_precision);
}

class OtherCompiler : public testing::TestWithParam<backend_contract::Model> {};

TEST_P(OtherCompiler, moments_are_those_of_the_reference_at_every_level) {
    const CellProgram& program = GetParam().program;
    const ShardMoments expected = reference::shard_moments(program, 5);
    for (const LevelOfOtherCompiler& one : available_levels()) {
        const StepFunctions& functions = program.stepper == Stepper::langevin ? *one.langevin : *one.least_squares;
        EXPECT_EQ(run(program, 5, functions), expected) << to_string(one.level);
    }
}

TEST(OtherCompilerWide, moments_are_those_of_the_reference_at_every_level) {
    for (const int dimension : {33, 70}) {
        for (const bool double_precision : {false, true}) {
            CellProgram program = wide_programs::brief(chain_programs::langevin(dimension));
            program.double_precision = double_precision;
            const ShardMoments expected = reference::shard_moments(program, 5);
            for (const LevelOfOtherCompiler& one : available_levels()) {
                EXPECT_EQ(run(program, 5, *one.wide_langevin), expected) << to_string(one.level);
            }
        }
    }
}

std::vector<backend_contract::Model> compiled_models() {
    std::vector<backend_contract::Model> models;
    for (auto& model : backend_contract::models()) {
        if (model.program.stepper == Stepper::langevin || model.program.oracle == Oracle::least_squares)
            models.push_back(model);
    }
    return models;
}

INSTANTIATE_TEST_SUITE_P(Models, OtherCompiler, testing::ValuesIn(compiled_models()),
                         [](const auto& information) { return information.param.name; });

}  // namespace
}  // namespace stationary

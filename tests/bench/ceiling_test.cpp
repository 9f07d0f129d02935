// The counts of bench/ against counts made by hand from the formulas.

#include "bench/ceiling/ceiling.h"

#include "bench/ceiling/core_frequency.h"
#include "bench/ceiling/noise_counts.h"
#include "bench/ceiling/step_counts.h"
#include "bench/programs.h"

#include <gtest/gtest.h>

namespace stationary::bench {
namespace {

constexpr double block_operations = 106;  ///< Philox: 34 products, 30 moves, 36 exclusive-ors, 6 joins
constexpr double pair_operations = 35;    ///< Box–Muller: 24 on floats, 5 on bits, 3 conversions, 3 for the root

double cycles(Primitive primitive, double count, SimdLevel level) {
    return port_cycles(PrimitiveCounts().add(primitive, count), level);
}

TEST(PortTable, ShufflesHaveOnePortOf512Bits) {
    EXPECT_DOUBLE_EQ(cycles(Primitive::shuffle, 10, SimdLevel::avx512), 10);
    EXPECT_DOUBLE_EQ(cycles(Primitive::shuffle, 10, SimdLevel::avx2), 5);
}

TEST(PortTable, WorkFillsThePortsThatShufflesLeave) {
    PrimitiveCounts counts;
    counts.add(Primitive::shuffle, 10).add(Primitive::multiply, 10);
    EXPECT_DOUBLE_EQ(port_cycles(counts, SimdLevel::avx512), 10);
    counts.add(Primitive::multiply, 10);
    EXPECT_DOUBLE_EQ(port_cycles(counts, SimdLevel::avx512), 15);
}

TEST(PortTable, ProductsTakeTwoPortsAndLogicThreeOf256Bits) {
    EXPECT_DOUBLE_EQ(cycles(Primitive::fused_multiply_add, 6, SimdLevel::avx2), 3);
    EXPECT_DOUBLE_EQ(cycles(Primitive::integer, 6, SimdLevel::avx2), 2);
    EXPECT_DOUBLE_EQ(cycles(Primitive::three_input_logic, 6, SimdLevel::avx2), 4);
    EXPECT_DOUBLE_EQ(cycles(Primitive::three_input_logic, 6, SimdLevel::avx512), 3);
}

TEST(PortTable, TheDividerAndTheLoadsBind) {
    EXPECT_DOUBLE_EQ(cycles(Primitive::square_root, 2, SimdLevel::avx512), 24);
    EXPECT_DOUBLE_EQ(cycles(Primitive::square_root, 2, SimdLevel::avx2), 12);
    EXPECT_DOUBLE_EQ(cycles(Primitive::load, 9, SimdLevel::avx2), 4.5);
}

TEST(PortTable, EveryPrimitiveCostsSomethingAtEveryLevel) {
    for (std::size_t i = 0; i < primitive_kinds; ++i) {
        for (const SimdLevel level : {SimdLevel::generic, SimdLevel::avx2, SimdLevel::avx512}) {
            EXPECT_GT(cycles(static_cast<Primitive>(i), 1, level), 0) << i << ' ' << to_string(level);
        }
    }
}

TEST(NoiseCounts, PhiloxHasFortyProductsLessWhatAllBlocksShare) {
    const PrimitiveCounts counts = philox_block();
    EXPECT_EQ(counts[Primitive::wide_multiply], 40 - 4 - 2);  // all of round 1, the chain's half of round 2
    EXPECT_EQ(counts[Primitive::high_half], 2 + 7 * 4);
    EXPECT_EQ(counts[Primitive::lane_order], 6);
    EXPECT_DOUBLE_EQ(port_cycles(counts, SimdLevel::avx512), block_operations / 2);
    EXPECT_DOUBLE_EQ(port_cycles(split_philox_block(), SimdLevel::avx512), 106 / 2.0);
}

TEST(NoiseCounts, ANormalIsAQuarterOfABlockAndHalfAPair) {
    EXPECT_DOUBLE_EQ(port_cycles(box_muller_pair(), SimdLevel::avx512), pair_operations / 2);
    EXPECT_DOUBLE_EQ(port_cycles(normals(4), SimdLevel::avx512), (block_operations + 2 * pair_operations) / 2);
    EXPECT_DOUBLE_EQ(port_cycles(words(4), SimdLevel::avx512), block_operations / 2);
}

TEST(NoiseCounts, KeysOfAPermutationAreSharedByAnEpoch) {
    const auto sampled = [](BatchSampling sampling) {
        const CellProgram program = least_squares_program(2, 64, 8, 0.0, sampling);
        return port_cycles(indices(program), SimdLevel::avx512);
    };
    const double every_step = sampled(BatchSampling::without_replacement);
    const double every_epoch = sampled(BatchSampling::reshuffle);  // of 64/8 steps
    const double keys = (every_step - every_epoch) / (7.0 / 8.0);
    // A place: 24 rounds of a difference, a sum, two extrema, two exclusive-ors, a shift, two products and a select
    // (two operations each).
    EXPECT_NEAR(every_step - keys, 8 * 24 * (2 + 2 + 2 + 1 + 2 * 2 + 2) / 2.0, 1e-9);
    EXPECT_LT(sampled(BatchSampling::with_replacement), every_epoch);
}

TEST(StepCounts, LangevinInOneDimension) {
    // A quarter of a block, half a pair, one product each for H and F, and the two operations of the update.
    const double operations = block_operations / 4 + pair_operations / 2 + 1 + 1 + 2;
    EXPECT_DOUBLE_EQ(cycles_per_pack_step(langevin_program(1), SimdLevel::avx512), operations / 2);
}

TEST(StepCounts, LangevinWithFullAndDiagonalTables) {
    const double noise = block_operations + 2 * pair_operations;
    const double hessian = 4 * (4 + 3);                             // rows of four products and three additions
    const double noise_factor = (1 + 2 + 3 + 4) + (0 + 1 + 2 + 3);  // of one to four
    const double update = 2 * 4;
    EXPECT_DOUBLE_EQ(cycles_per_pack_step(langevin_program(4), SimdLevel::avx512),
                     (noise + hessian + noise_factor + update) / 2);
    EXPECT_DOUBLE_EQ(cycles_per_pack_step(diagonal_langevin_program(4), SimdLevel::avx512),
                     (noise + 4 + 4 + update) / 2);
    EXPECT_EQ(matrix_operations(langevin_program(4)), 2 * (16 + 10));
    EXPECT_EQ(matrix_operations(diagonal_langevin_program(4)), 2 * (4 + 4));
}

TEST(StepCounts, DoublesTakeTwoVectorsAndWidenedNormals) {
    CellProgram program = langevin_program(1);
    program.double_precision = true;
    const double operations = block_operations / 4 + pair_operations / 2 + 5 + 2 * (1 + 1 + 2);
    EXPECT_DOUBLE_EQ(cycles_per_pack_step(program, SimdLevel::avx512), operations / 2);
}

TEST(StepCounts, OneTrainingPointOfLeastSquares) {
    const double index = 106.0 / 4 + 2 + 1;   // a word, its product with N, even and odd joined
    const double row = 3 * (12 + 8);          // ten features and the residual: three quarters
    const double dot_and_axpy = 13 + 1 + 10;  // ten products, three additions; the residual; ten fmas
    const double ridge_and_update = 20 + 10;
    const double operations = index + row + dot_and_axpy + ridge_and_update;
    const CellProgram program = least_squares_program(10, 442, 1);
    EXPECT_DOUBLE_EQ(cycles_per_pack_step(program, SimdLevel::avx512), operations / 2);
    EXPECT_DOUBLE_EQ(cycles_per_pack_step(least_squares_program(10, 442, 1, 0.9), SimdLevel::avx512),
                     (operations + 10) / 2);
    EXPECT_DOUBLE_EQ(cycles_per_pack_step(nesterov(program, 0.9), SimdLevel::avx512), (operations + 20) / 2);
}

TEST(StepCounts, StreamingModels) {
    const auto noise = [](double normals) { return normals * (block_operations / 4 + pair_operations / 2); };
    // d = 2: H of two rows (2 products, 1 addition each), F of rows of one and two; B = 3.
    const double hessian = 6;
    const double noise_factor = 1 + 3;
    EXPECT_DOUBLE_EQ(cycles_per_pack_step(quadratic_sgd_program(2, 3), SimdLevel::avx512),
                     (noise(6) + 4 + noise_factor + hessian + 2 + 2) / 2);
    EXPECT_DOUBLE_EQ(cycles_per_pack_step(gaussian_regression_program(2, 3), SimdLevel::avx512),
                     (noise(9) + 3 * (noise_factor + 3 + 1 + 2) + 2 + 2) / 2);
}

TEST(StepCounts, FiniteQuadraticAddsRows) {
    const double per_point = 106.0 / 4 + 3 + (12 + 8) + 4;
    EXPECT_DOUBLE_EQ(cycles_per_pack_step(finite_quadratic_program(4, 442, 2), SimdLevel::avx512),
                     (2 * per_point + 4 * 7 + 4 + 4) / 2);
}

TEST(Ceiling, GrowsWithLanesCoresAndFrequency) {
    const CellProgram program = langevin_program(1);
    const double one = ceiling_chain_steps_per_second(program, SimdLevel::avx512, {3e9, 1});
    EXPECT_DOUBLE_EQ(one, 3e9 * 16 / cycles_per_pack_step(program, SimdLevel::avx512));
    EXPECT_DOUBLE_EQ(ceiling_chain_steps_per_second(program, SimdLevel::avx512, {6e9, 4}), 8 * one);
    EXPECT_GT(one, ceiling_chain_steps_per_second(program, SimdLevel::avx2, {3e9, 1}));
    EXPECT_EQ(peak_operations_per_cycle(SimdLevel::avx512, 4), 64);
    EXPECT_EQ(peak_operations_per_cycle(SimdLevel::avx2, 8), 16);
}

TEST(CoreFrequency, IsThatOfAProcessor) {
    const double hertz = measure_core_hertz();
#if defined(__x86_64__) || defined(__aarch64__)
    EXPECT_GT(hertz, 1e8);
    EXPECT_LT(hertz, 1e10);
#else
    EXPECT_EQ(hertz, 0.0);
#endif
}

}  // namespace
}  // namespace stationary::bench

#include "kernels/steps/langevin_stepper.h"

#include "kernels/chain/cell_tables.h"
#include "kernels/chain/run_chain.h"
#include "tests/kernel_support/chain_programs.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace stationary {
namespace {

/// Without the entries off the diagonals.
CellProgram diagonal(CellProgram program) {
    const auto d = static_cast<std::size_t>(program.dimension);
    for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t j = 0; j < d; ++j) {
            if (i != j) program.hessian[i * d + j] = program.noise_factor[i * d + j] = 0.0;
        }
    }
    return program;
}

/// As a GPU takes them, many steps at a time, against one after the other.
template <class Scalar, int D, NormalMap map, int exact>
void expect_same_state(CellProgram program, std::int64_t first_step, std::uint32_t steps) {
    SCOPED_TRACE("d = " + std::to_string(program.dimension) + ", " + std::to_string(steps) + " steps from " +
                 std::to_string(first_step));
    using Lanes = ScalarLanes<Scalar, map, StatePlace::registers, exact>;
    program.fast_normals = map == NormalMap::fast;
    const CellTables<Scalar> tables(program, D);
    const ChainArgs<Scalar> args = tables.args(tables.values().data());
    constexpr std::uint64_t chain = (std::uint64_t{1} << 32) + 3;

    ChainState<Lanes, D> together;
    start_chain(args, together);
    LangevinStepper<Lanes, D> fast(args, chain, first_step);
    fast.advance(together, steps);

    ChainState<Lanes, D> one_by_one;
    start_chain(args, one_by_one);
    LangevinStepper<Lanes, D> slow(args, chain, first_step);
    for (std::uint32_t step = 0; step < steps; ++step) slow.step(one_by_one, true);
    for (int i = 0; i < program.dimension; ++i) ASSERT_EQ(together.position[i], one_by_one.position[i]) << i;
}

/// From the start, from inside a block, and over the step whose block has the counter 2³².
template <class Scalar, int D, NormalMap map, int exact = 0>
void expect_same_states(const CellProgram& program) {
    const std::int64_t over_carry = (std::int64_t{1} << 34) / program.dimension;
    for (const CellProgram& shape : {program, diagonal(program)}) {
        for (const std::uint32_t steps : {1U, 3U, 16U, 35U, 100U}) {
            for (const std::int64_t first_step : {std::int64_t{0}, std::int64_t{3}, over_carry - 7, over_carry - 64}) {
                expect_same_state<Scalar, D, map, exact>(shape, first_step, steps);
            }
        }
    }
}

template <class Scalar, NormalMap map>
void expect_same_states_in_every_dimension() {
    expect_same_states<Scalar, 1, map>(chain_programs::langevin(1));
    expect_same_states<Scalar, 2, map>(chain_programs::langevin(2));
    expect_same_states<Scalar, 4, map>(chain_programs::langevin(4));
    expect_same_states<Scalar, 4, map>(chain_programs::langevin(3));
    expect_same_states<Scalar, 8, map>(chain_programs::langevin(8));
    expect_same_states<Scalar, 12, map>(chain_programs::langevin(9));
    expect_same_states<Scalar, 12, map>(chain_programs::langevin(12));
    expect_same_states<Scalar, 4, map, 3>(chain_programs::langevin(3));
    expect_same_states<Scalar, 8, map, 5>(chain_programs::langevin(5));
    expect_same_states<Scalar, 8, map, 6>(chain_programs::langevin(6));
    expect_same_states<Scalar, 12, map, 10>(chain_programs::langevin(10));
}

TEST(LangevinStepper, many_steps_at_a_time_are_the_same_as_one_by_one) {
    expect_same_states_in_every_dimension<float, NormalMap::reproducible>();
}

TEST(LangevinStepper, many_steps_at_a_time_in_double) {
    expect_same_states<double, 1, NormalMap::reproducible>(chain_programs::langevin(1));
    expect_same_states<double, 4, NormalMap::reproducible>(chain_programs::langevin(4));
}

TEST(LangevinStepper, many_steps_at_a_time_with_fast_normals) {
    expect_same_states_in_every_dimension<float, NormalMap::fast>();
}

}  // namespace
}  // namespace stationary

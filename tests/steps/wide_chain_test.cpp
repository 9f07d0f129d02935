// The steps of wide chains with scalar lanes, by one thread and by the lanes of a warp, against the reference: from any
// step, and cut into any stretches.

#include "kernels/chain/cell_tables.h"
#include "kernels/chain/compiled_dimension.h"
#include "kernels/chain/run_chain.h"
#include "kernels/steps/wide_steppers.h"
#include "tests/kernel_support/chain_reference.h"
#include "tests/kernel_support/host_warp.h"
#include "tests/kernel_support/wide_programs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace stationary {
namespace {

using wide_programs::Model;
constexpr std::int64_t edge = std::int64_t{1} << 32;

template <class Scalar>
struct State {
    std::vector<Scalar> position;
    std::vector<Scalar> velocity;
    bool operator==(const State&) const = default;
};

/// The state of a chain that stood at its start after step cuts[0], after steps cuts[1], …: in the last one.
template <class Scalar, template <class, class> class Stepper, class Team>
State<Scalar> run_stretches(const CellProgram& program, std::uint64_t chain, const std::vector<std::int64_t>& cuts) {
    using ChainStepper = Stepper<ScalarLanes<Scalar>, Team>;
    const CellTables<Scalar> tables(program, table_dimension(program.dimension));
    const std::vector<Scalar> values =
        Team::tables == TableOrder::columns ? values_by_columns(tables, program.dimension) : tables.values();
    const ChainArgs<Scalar> args = tables.args(values.data());
    const auto length = static_cast<std::size_t>(wide_length(program.dimension));
    const auto d = static_cast<std::size_t>(program.dimension);
    State<Scalar> kept{std::vector<Scalar>(args.initial, args.initial + d), std::vector<Scalar>(d, Scalar(0))};
    Team team;
    for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
        std::vector<Scalar> memory(static_cast<std::size_t>(ChainStepper::vectors(args.frozen)) * length, Scalar(0));
        ChainStepper stepper(args, team, chain, cuts[k], memory.data());
        WideState<Scalar> state = ChainStepper::state_in(memory.data(), args);
        std::copy(kept.position.begin(), kept.position.end(), state.position);
        if (ChainStepper::has_velocity) std::copy(kept.velocity.begin(), kept.velocity.end(), state.velocity);
        stepper.advance(state, cuts[k + 1] - cuts[k]);
        kept.position.assign(state.position, state.position + d);
        if (ChainStepper::has_velocity) kept.velocity.assign(state.velocity, state.velocity + d);
    }
    return kept;
}

template <class Scalar, class Team>
State<Scalar> run(const CellProgram& program, std::uint64_t chain, const std::vector<std::int64_t>& cuts) {
    if (program.stepper == Stepper::langevin) {
        return run_stretches<Scalar, WideLangevinStepper, Team>(program, chain, cuts);
    }
    switch (program.oracle) {
        case Oracle::quadratic:
            return run_stretches<Scalar, WideQuadraticSgdStepper, Team>(program, chain, cuts);
        case Oracle::finite_quadratic:
            return run_stretches<Scalar, WideFiniteQuadraticSgdStepper, Team>(program, chain, cuts);
        case Oracle::gaussian_regression:
            return run_stretches<Scalar, WideGaussianRegressionSgdStepper, Team>(program, chain, cuts);
        case Oracle::least_squares:
            break;
    }
    return run_stretches<Scalar, WideLeastSquaresSgdStepper, Team>(program, chain, cuts);
}

template <class Scalar>
State<Scalar> reference_state(const CellProgram& program, std::uint64_t id, std::int64_t first, std::int64_t last) {
    reference::Chain<Scalar> chain(program, id, static_cast<std::uint64_t>(first));
    while (chain.steps() < last) chain.step();
    return {chain.position(), chain.velocity()};
}

template <class Scalar>
void expect_states_of_the_reference(const CellProgram& program, std::uint64_t chain, std::int64_t first,
                                    std::int64_t last) {
    const auto expected = reference_state<Scalar>(program, chain, first, last);
    const std::vector<std::int64_t> cuts{first, first + 1, first + 3, last};
    EXPECT_TRUE((run<Scalar, SoloTeam<Scalar>>(program, chain, {first, last}) == expected));
    EXPECT_TRUE((run<Scalar, SoloTeam<Scalar>>(program, chain, cuts) == expected));
    EXPECT_TRUE((run<Scalar, host_warp::HostWarp<false>>(program, chain, cuts) == expected));
    EXPECT_TRUE((run<Scalar, host_warp::HostWarp<true>>(program, chain, {first, last}) == expected));
    EXPECT_FALSE((run<Scalar, SoloTeam<Scalar>>(program, chain + 1, {first, last}) == expected));
}

class WideChain : public testing::TestWithParam<Model> {};

TEST_P(WideChain, takes_the_steps_of_the_reference) {
    for (const int dimension : {33, 36, 130}) {
        SCOPED_TRACE(dimension);
        const CellProgram program = GetParam().program(dimension);
        if (program.double_precision) {
            expect_states_of_the_reference<double>(program, 3, 0, program.steps());
        } else {
            expect_states_of_the_reference<float>(program, 3, 0, program.steps());
        }
    }
}

/// Programs with a weight for every step cannot start there.
TEST_P(WideChain, takes_steps_across_32_bits) {
    if (!GetParam().program(33).step_weights.empty()) return;
    for (const int dimension : {33, 70}) {
        for (const std::int64_t chain : {edge - 1, edge}) {
            SCOPED_TRACE(dimension);
            const CellProgram program = GetParam().program(dimension);
            const auto id = static_cast<std::uint64_t>(chain);
            if (program.double_precision) {
                expect_states_of_the_reference<double>(program, id, edge - 2, edge + 3);
            } else {
                expect_states_of_the_reference<float>(program, id, edge - 2, edge + 3);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Models, WideChain, testing::ValuesIn(wide_programs::models()),
                         [](const auto& information) { return information.param.name; });

}  // namespace
}  // namespace stationary

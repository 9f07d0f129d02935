#include "kernels/chain/run_chain.h"

#include "kernels/chain/cell_tables.h"
#include "kernels/models/finite_quadratic_oracle.h"
#include "kernels/models/gaussian_regression_oracle.h"
#include "kernels/models/least_squares_oracle.h"
#include "kernels/steps/langevin_stepper.h"
#include "kernels/steps/sgd_stepper.h"
#include "tests/kernel_support/chain_programs.h"
#include "tests/kernel_support/chain_reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <vector>

namespace stationary {
namespace {

using chain_programs::Momentum;
constexpr std::uint64_t edge = std::uint64_t{1} << 32;

template <class Lanes, int D>
using QuadraticSgd = SgdStepper<Lanes, D, QuadraticOracle>;
template <class Lanes, int D>
using LeastSquaresSgd = SgdStepper<Lanes, D, LeastSquaresOracle>;
template <class Lanes, int D>
using FiniteQuadraticSgd = SgdStepper<Lanes, D, FiniteQuadraticOracle>;
template <class Lanes, int D>
using GaussianRegressionSgd = SgdStepper<Lanes, D, GaussianRegressionOracle>;

/// A recorded state: the step and the d components of position and velocity.
template <class Scalar>
struct Record {
    std::int64_t step;
    std::vector<Scalar> position;
    std::vector<Scalar> velocity;
    bool operator==(const Record&) const = default;

    friend void PrintTo(const Record& record, std::ostream* out) {
        *out << "step " << record.step << ':' << std::hexfloat;
        for (const Scalar x : record.position) *out << ' ' << x;
        for (const Scalar v : record.velocity) *out << ' ' << v;
    }
};

/// Runs a chain with scalar lanes in the stretches (cuts[0], cuts[1]], (cuts[1], cuts[2]], … The last record is the
/// state at the end.
template <class Scalar, int D, template <class, int> class Stepper>
std::vector<Record<Scalar>> run_stretches(const CellProgram& program, std::uint64_t chain,
                                          const std::vector<std::int64_t>& cuts) {
    using Lanes = ScalarLanes<Scalar>;
    const CellTables<Scalar> tables(program, D, Lanes::row_stride(D));
    const ChainArgs<Scalar> args = tables.args(tables.values().data());
    std::vector<Record<Scalar>> records;
    const auto record = [&](const ChainState<Lanes, D>& state, std::int64_t step) {
        records.push_back({step, std::vector<Scalar>(state.position, state.position + program.dimension),
                           std::vector<Scalar>(state.velocity, state.velocity + program.dimension)});
    };
    ChainState<Lanes, D> state;
    start_chain(args, state);
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        run_chain<Stepper<Lanes, D>>(args, chain, cuts[i], cuts[i + 1], state, record);
    }
    record(state, cuts.back());
    return records;
}

template <class Scalar, int D>
std::vector<Record<Scalar>> run_padded(const CellProgram& program, std::uint64_t chain,
                                       const std::vector<std::int64_t>& cuts) {
    if (program.stepper == Stepper::langevin) return run_stretches<Scalar, D, LangevinStepper>(program, chain, cuts);
    switch (program.oracle) {
        case Oracle::quadratic:
            return run_stretches<Scalar, D, QuadraticSgd>(program, chain, cuts);
        case Oracle::finite_quadratic:
            return run_stretches<Scalar, D, FiniteQuadraticSgd>(program, chain, cuts);
        case Oracle::gaussian_regression:
            return run_stretches<Scalar, D, GaussianRegressionSgd>(program, chain, cuts);
        case Oracle::least_squares:
            break;
    }
    return run_stretches<Scalar, D, LeastSquaresSgd>(program, chain, cuts);
}

template <class Scalar>
std::vector<Record<Scalar>> run(const CellProgram& program, std::uint64_t chain,
                                const std::vector<std::int64_t>& cuts) {
    if (program.dimension == 1) return run_padded<Scalar, 1>(program, chain, cuts);
    if (program.dimension <= 4) return run_padded<Scalar, 4>(program, chain, cuts);
    return run_padded<Scalar, 12>(program, chain, cuts);
}

using chain_programs::with_sampling;

/// Reshuffled epochs of 3, 4 and 1 steps beside the draws at 5, 9 and 13, with and without points left over.
std::vector<CellProgram> programs() {
    return {
        chain_programs::langevin(1),
        chain_programs::langevin(3),
        chain_programs::langevin(10),
        chain_programs::quadratic(2, 3, Momentum::heavy_ball),
        chain_programs::quadratic(5, 3, Momentum::nesterov),
        chain_programs::quadratic(7, 2, Momentum::dampened),
        chain_programs::least_squares(3, 7, 3, Momentum::heavy_ball),
        chain_programs::least_squares(10, 442, 2, Momentum::nesterov),
        with_sampling(chain_programs::finite_quadratic(3, 11, 3, Momentum::heavy_ball), BatchSampling::reshuffle),
        with_sampling(chain_programs::finite_quadratic(5, 5, 5, Momentum::none), BatchSampling::reshuffle),
        with_sampling(chain_programs::least_squares(3, 8, 2, Momentum::none), BatchSampling::reshuffle),
        with_sampling(chain_programs::least_squares(3, 9, 4, Momentum::nesterov), BatchSampling::without_replacement),
        chain_programs::finite_quadratic(2, 7, 3, Momentum::dampened),
        chain_programs::gaussian_regression(3, 3, Momentum::heavy_ball),
        chain_programs::gaussian_regression(10, 2, Momentum::none)};
}

/// Programs whose steps have weights: one for every step, so the number of steps is fixed.
std::vector<CellProgram> weighted_programs() {
    using chain_programs::weighted_sum;
    return {weighted_sum(chain_programs::quadratic(3, 2, Momentum::none)),
            weighted_sum(
                with_sampling(chain_programs::finite_quadratic(3, 7, 2, Momentum::none), BatchSampling::reshuffle)),
            weighted_sum(chain_programs::gaussian_regression(5, 2, Momentum::heavy_ball))};
}

std::vector<CellProgram> all_programs() {
    std::vector<CellProgram> all = programs();
    for (CellProgram& program : weighted_programs()) all.push_back(std::move(program));
    return all;
}

/// What the reference chain records over (first, last], and its state at the end.
template <class Scalar>
std::vector<Record<Scalar>> reference_records(const CellProgram& p, std::uint64_t id, std::int64_t first,
                                              std::int64_t last) {
    reference::Chain<Scalar> chain(p, id, static_cast<std::uint64_t>(first));
    std::vector<Record<Scalar>> records;
    const auto record_if_due = [&] {
        const std::int64_t since = chain.steps() - p.burn_in;
        const bool due = since >= 0 && since % p.stride == 0 && since / p.stride < p.draws;
        if (due) records.push_back({chain.steps(), chain.position(), chain.velocity()});
    };
    if (first == 0) record_if_due();
    while (chain.steps() < last) {
        chain.step();
        record_if_due();
    }
    records.push_back({last, chain.position(), chain.velocity()});
    return records;
}

TEST(RunChain, agrees_with_the_reference_bit_for_bit) {
    for (const CellProgram& p : all_programs()) {
        for (const std::uint64_t chain : {std::uint64_t{0}, std::uint64_t{12345}, edge - 1, edge, edge + 1}) {
            EXPECT_EQ(run<float>(p, chain, {0, p.steps()}), reference_records<float>(p, chain, 0, p.steps()));
            EXPECT_EQ(run<double>(p, chain, {0, p.steps()}), reference_records<double>(p, chain, 0, p.steps()));
        }
    }
}

/// A restart loses the velocity unless the state carries it, and the place in the noise unless the stepper finds it
/// again. Without momentum the reference's steps are the same from any start; with it the whole state must pass from
/// one stretch to the next.
TEST(RunChain, stretches_give_the_same_as_one_run) {
    for (const CellProgram& p : all_programs()) {
        const auto whole = run<float>(p, 3, {0, p.steps()});
        ASSERT_EQ(whole.size(), static_cast<std::size_t>(p.draws) + 1);
        for (std::int64_t m = 1; m < p.steps(); ++m) {
            EXPECT_EQ(run<float>(p, 3, {0, m, p.steps()}), whole) << "cut at " << m;
            EXPECT_EQ(run<float>(p, 3, {0, m, std::min(m + 3, p.steps()), p.steps()}), whole) << "cut at " << m;
        }
    }
}

std::vector<std::int64_t> draw_steps(std::int64_t burn_in, std::int64_t stride, std::int64_t draws, std::int64_t first,
                                     std::int64_t last) {
    CellProgram p = chain_programs::langevin(1);
    p.burn_in = burn_in;
    p.stride = stride;
    p.draws = draws;
    auto records = run<float>(p, 0, {first, last});
    records.pop_back();
    std::vector<std::int64_t> steps;
    for (const auto& record : records) steps.push_back(record.step);
    return steps;
}

TEST(RunChain, draws_at_the_right_steps) {
    using Steps = std::vector<std::int64_t>;
    EXPECT_EQ(draw_steps(0, 1, 3, 0, 2), (Steps{0, 1, 2}));
    EXPECT_EQ(draw_steps(0, 4, 3, 0, 8), (Steps{0, 4, 8}));
    EXPECT_EQ(draw_steps(5, 4, 3, 0, 13), (Steps{5, 9, 13}));
    EXPECT_EQ(draw_steps(5, 4, 3, 0, 12), (Steps{5, 9}));
    EXPECT_EQ(draw_steps(5, 4, 3, 0, 100), (Steps{5, 9, 13}));
    EXPECT_EQ(draw_steps(5, 4, 3, 4, 9), (Steps{5, 9}));
    EXPECT_EQ(draw_steps(5, 4, 3, 5, 9), (Steps{9}));
    EXPECT_EQ(draw_steps(5, 4, 3, 8, 9), (Steps{9}));
    EXPECT_EQ(draw_steps(5, 4, 3, 9, 12), (Steps{}));
    EXPECT_EQ(draw_steps(5, 4, 3, 9, 13), (Steps{13}));
    EXPECT_EQ(draw_steps(5, 4, 3, 13, 50), (Steps{}));
    EXPECT_EQ(draw_steps(0, 4, 3, 4, 8), (Steps{8}));
    EXPECT_EQ(draw_steps(0, 1, 1, 0, 7), (Steps{0}));
    EXPECT_EQ(draw_steps(3, 2, 1, 0, 0), (Steps{}));
}

/// Steps and chains across 2³²: noise from the direct words at that place, draws at the right steps.
TEST(RunChain, steps_across_32_bits) {
    const auto first = static_cast<std::int64_t>(edge - 2);
    for (CellProgram p : programs()) {
        p.burn_in = static_cast<std::int64_t>(edge);
        p.stride = 2;
        for (const std::uint64_t chain : {std::uint64_t{1}, edge - 1, edge, edge + 1}) {
            const auto expected = reference_records<float>(p, chain, first, p.steps());
            ASSERT_EQ(expected.size(), 4U);
            EXPECT_EQ(run<float>(p, chain, {first, p.steps()}), expected);
            EXPECT_EQ(run<float>(p, chain, {first, first + 1, first + 3, p.steps()}), expected);
            EXPECT_NE(run<float>(p, chain + edge, {first, p.steps()}), expected);
        }
    }
}

}  // namespace
}  // namespace stationary

// The table of bugs × points of docs/theory.md, section 9: which planted bug shows where. The tests of laws stand at
// points where every bug shows; this one proves that those points see them and that the blind ones do not. One mode, h
// = s = 1; fixed seed.

#include "kernels/chain/cell_tables.h"
#include "kernels/chain/run_chain.h"
#include "kernels/lanes/lanes.h"
#include "kernels/models/quadratic_oracle.h"
#include "kernels/steps/sgd_stepper.h"
#include "tests/support/law_support.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace stationary::test {
namespace {

struct Point {
    int batch_size;
    double learning_rate;
    double momentum;
};
constexpr Point points[] = {{1, 0.1, 0.0}, {1, 0.1, 0.9}, {8, 0.1, 0.0}, {8, 0.2, 0.9}};

struct Bug {
    const char* name;
    void (*plant)(CellProgram&);
    bool seen[4];  ///< at each of the points
};
const Bug bugs[] = {
    {"none", [](CellProgram&) {}, {false, false, false, false}},
    {"noise proportional to 1/B squared",
     [](CellProgram& p) { p.noise_factor[0] /= std::sqrt(static_cast<double>(p.batch_size)); },
     {false, false, true, true}},
    {"momentum off by 2 %", [](CellProgram& p) { p.momentum *= 0.98; }, {false, true, false, true}},
    {"learning rate off by 2 %", [](CellProgram& p) { p.step_size *= 1.02; }, {true, true, true, true}},
    {"burn-in cut to 1/20",
     [](CellProgram& p) {
         p.burn_in /= 20;
         p.draws = 1;
     },
     {true, true, true, true}},
};

double variance_t(const Bug& bug, const Point& point) {
    const PlannedExperiment planned = plan_experiment(
        "[model]\nkind = \"quadratic\"\nhessian = [[1.0]]\ngradient_noise_covariance = [[1.0]]\n"
        "[sweep]\ndynamics = \"sgd\"\nlearning_rate = " +
        std::to_string(point.learning_rate) + "\nbatch_size = " + std::to_string(point.batch_size) +
        "\nmomentum = " + std::to_string(point.momentum) + "\n[ensemble]\nchains = 131072\ndraws = 16\n");
    CellPlan plan = planned.plans.front();
    bug.plant(plan.program);
    const Prediction law = exact_law(planned.model, plan.cell);
    return std::abs(entry_t(estimate_of(plan.program, plan.shards), law.covariance).front());
}

// Right code: |t| > 6 with probability 1.1e-7 (Student, 63 degrees of freedom), 9 looks. A bug that the table calls
// seen stands more than 8 standard errors out: with 2·10⁶ draws a relative error of 0.8 % of the variance.
TEST(StatisticalBugs, show_where_the_table_says) {
    for (const Bug& bug : bugs) {
        for (int k = 0; k < 4; ++k) {
            const double t = variance_t(bug, points[k]);
            if (bug.seen[k]) {
                EXPECT_GT(t, 8.0) << bug.name << " at B = " << points[k].batch_size << ", mu = " << points[k].momentum;
            } else {
                EXPECT_LT(t, 6.0) << bug.name << " at B = " << points[k].batch_size << ", mu = " << points[k].momentum;
            }
        }
    }
}

/// A wrong policy for the step code: chains 2c and 2c + 1 read the same noise.
struct SharedNoiseLanes : ScalarLanes<float> {
    static void block(std::uint64_t key, std::uint64_t counter, Chain chain, RawWord (&words)[4]) {
        ScalarLanes<float>::block(key, counter, chain / 2, words);
    }
    static void noise_blocks(std::uint64_t key, std::uint64_t counter, Chain chain, NoiseWord (&words)[4]) {
        block(key, counter, chain, words);
    }
};

/// The last position of each of 4096 chains of one mode, B = 8, η = 0.2, μ = 0.9.
template <class Lanes>
std::vector<double> last_positions() {
    CellProgram program;
    program.dimension = 1;
    program.key = 11;
    program.step_size = 0.2;
    program.momentum = 0.9;
    program.batch_size = 8;
    program.hessian = program.noise_factor = {1.0};
    program.initial = program.centre = {0.0};
    program.scale = {65536.0};
    program.burn_in = 200;
    const CellTables<float> tables(program, 1);
    const ChainArgs<float> args = tables.args(tables.values().data());
    std::vector<double> positions;
    for (std::uint64_t chain = 0; chain < 4096; ++chain) {
        ChainState<Lanes, 1> state;
        start_chain(args, state);
        run_chain<SgdStepper<Lanes, 1, QuadraticOracle>>(args, chain, 0, program.steps(), state,
                                                         [](const auto&, std::int64_t) {});
        positions.push_back(state.position[0]);
    }
    return positions;
}

/// Correlation of neighbouring chains over its standard error, and the variance over that of the exact law, minus 1,
/// over its own.
struct Look {
    double correlation;
    double variance;
};
Look look_at(const std::vector<double>& x) {
    constexpr double exact =
        0.2 * 1.9 / (8 * 0.1 * (2 * 1.9 - 0.2));  // heavy ball: η s (1+μ) / (B h (1−μ) (2(1+μ) − ηh))
    double squares = 0.0;
    double products = 0.0;
    for (std::size_t c = 0; c < x.size(); ++c) squares += x[c] * x[c];
    for (std::size_t c = 0; c + 1 < x.size(); c += 2) products += x[c] * x[c + 1];
    const auto n = static_cast<double>(x.size());
    return {2.0 * products / squares * std::sqrt(n / 2.0), (squares / n / exact - 1.0) / std::sqrt(2.0 / n)};
}

// Right code: both are close to N(0, 1), beyond 5 with probability 6e-7. Shared noise makes the correlation 1, 45
// standard errors, and no variance test sees it.
TEST(StatisticalBugs, shared_noise_shows_between_chains_only) {
    const Look right = look_at(last_positions<ScalarLanes<float>>());
    EXPECT_LT(std::abs(right.correlation), 5.0);
    EXPECT_LT(std::abs(right.variance), 5.0);
    const Look wrong = look_at(last_positions<SharedNoiseLanes>());
    EXPECT_GT(wrong.correlation, 40.0);
    EXPECT_LT(std::abs(wrong.variance), 7.0);
}

}  // namespace
}  // namespace stationary::test

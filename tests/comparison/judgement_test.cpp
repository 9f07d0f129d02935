#include "host/comparison/judgement.h"

#include "host/laws/cell_stability.h"
#include "host/plan/kept_plan.h"

#include "tests/support/synthetic_estimate.h"

#include <gtest/gtest.h>

#include <string>

namespace stationary {
namespace {

const char* const quadratic_sweep = R"(
[model]
kind = "quadratic"
hessian = [[2.0, 0.3], [0.3, 1.0]]
gradient_noise_covariance = [[1.0, 0.2], [0.2, 0.5]]
minimizer = [3.0, -4.0]
[sweep]
dynamics = ["langevin", "sgd"]
eta0 = [0.001, 0.002]
batch_size = [1, 2, 64]
momentum = [0.0, 0.5]
)";

/// A run whose estimates are exactly the last (exact) prediction of each cell, with a small error bar.
struct FinishedRun {
    Experiment experiment;
    LossModel model = build_loss_model(experiment);
    std::vector<Cell> cells = make_cells(experiment, model);
    std::vector<Stability> stability = find_stability(model, cells);
    std::vector<CellPlan> plans = plan_cells(experiment, model, cells);
    std::vector<std::vector<Prediction>> predictions = predict_cells(model, cells);
    std::vector<CellRun> runs;

    explicit FinishedRun(const char* text = quadratic_sweep)
        : experiment(parse_experiment(text, "test.toml", ".", {})) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const Matrix& covariance = predictions[i].back().covariance;
            runs.push_back(
                {plans[i].shards, 2.0, synthetic::exact_estimate(covariance, 1e-6 * covariance.trace(), 1e-15)});
        }
    }
    [[nodiscard]] RunResults judged() const {
        return judge({experiment, model, stability, plans, predictions, runs}, {"cpu", "test", 1, "generic"});
    }
};

const CellResult& find(const RunResults& results, Dynamics dynamics, double eta0, std::int64_t batch_size,
                       double momentum) {
    for (const CellResult& cell : results.cells) {
        if (cell.cell.dynamics == dynamics && cell.cell.eta0 == eta0 && cell.cell.batch_size == batch_size &&
            cell.cell.momentum == momentum) {
            return cell;
        }
    }
    throw std::out_of_range("no such cell");
}

TEST(Judgement, SmallStepLimitSolvesTheLyapunovEquation) {
    const FinishedRun run;
    const Matrix c = small_step_limit(run.model, 0.002).covariance;
    const Matrix residual = run.model.hessian * c + c * run.model.hessian - 0.002 * run.model.gradient_noise_covariance;
    EXPECT_LT(residual.norm(), 1e-15);
}

TEST(Judgement, OneFamilyHoldsEveryComparisonAndInvarianceMember) {
    // 6 langevin and 12 sgd cells, two theories each, 3 entries and a trace; all 18 cells share η0 with others, each
    // with its error as a whole, two modes, the loss and one entry off the diagonal.
    EXPECT_EQ(FinishedRun().judged().intervals, 18 * 2 * 4 + 18 * 5);
}

TEST(Judgement, ExactTheoryAgreesWhereTheSmallStepLimitDiffers) {
    const RunResults results = FinishedRun().judged();
    const CellResult& large = find(results, Dynamics::sgd, 0.002, 64, 0.0);
    ASSERT_EQ(large.laws.size(), 2u);
    EXPECT_EQ(large.laws[0].law.prediction.theory, Theory::sde);
    EXPECT_EQ(large.laws[0].comparison->verdict, Verdict::differs);
    EXPECT_EQ(large.laws[1].law.prediction.theory, Theory::discrete);
    EXPECT_EQ(large.laws[1].comparison->verdict, Verdict::agrees);
    const CellResult& small = find(results, Dynamics::sgd, 0.002, 1, 0.0);
    EXPECT_EQ(small.laws[0].comparison->verdict, Verdict::agrees);
    EXPECT_EQ(results.status, RunStatus::complete);
}

TEST(Judgement, InvarianceIsJudgedPerDynamicsEta0AndMomentum) {
    const RunResults results = FinishedRun().judged();
    ASSERT_EQ(results.invariance.size(), 6u);
    for (const InvarianceResult& group : results.invariance) {
        EXPECT_EQ(group.invariance.cells.size(), 3u);
        EXPECT_EQ(group.invariance.verdict, Verdict::differs);
        EXPECT_EQ(group.invariance.holds_up_to_batch_size, 2);
        EXPECT_EQ(group.largest_batch_size, 64);
        EXPECT_NEAR(std::abs(group.deviation), group.invariance.relative_spread, 1e-12);
        for (const std::int64_t cell : group.invariance.cells) {
            EXPECT_EQ(results.cells[static_cast<std::size_t>(cell)].cell.eta0, group.invariance.eta0);
            EXPECT_EQ(results.cells[static_cast<std::size_t>(cell)].cell.momentum, group.invariance.momentum);
        }
    }
}

TEST(Judgement, MomentumWidensTheReachOfTheRule) {
    const RunResults results = FinishedRun().judged();
    double plain = 0.0;
    double with_momentum = 0.0;
    for (const InvarianceResult& group : results.invariance) {
        if (group.invariance.dynamics != Dynamics::sgd || group.invariance.eta0 != 0.002) continue;
        (group.invariance.momentum == 0.0 ? plain : with_momentum) = group.invariance.holds_up_to_reach;
    }
    EXPECT_NEAR(with_momentum, plain / 3.0, 1e-12);  // (1 − μ)/(1 + μ) = 1/3 at μ = 0.5
    EXPECT_NEAR(plain, 0.002 * results.model.largest_curvature * 2.0, 1e-12);
}

TEST(Judgement, TheExactLawPutsTheBreakdownWhereItWasMeasured) {
    const RunResults results = FinishedRun().judged();
    for (const InvarianceResult& group : results.invariance) {
        EXPECT_EQ(group.invariance.breakdown, Verdict::agrees);
        EXPECT_EQ(group.invariance.predicted_range->batch_size, group.invariance.holds_up_to_batch_size);
        ASSERT_EQ(group.observables.size(), 4u);
        for (const ObservableSpread& spread : group.observables) {
            EXPECT_NEAR(spread.worst.measured.value, spread.worst.predicted, 1e-9);
            EXPECT_NEAR(spread.predicted_spread, std::abs(spread.worst.predicted), 1e-9);
        }
        // The stiffest mode is worst, by about half its η·h.
        EXPECT_EQ(group.observables[0].kind, Observable::diagonal);
        EXPECT_EQ(group.observables[0].worst.i, 1);
        EXPECT_EQ(group.observables[0].verdict, Verdict::differs);
    }
}

TEST(Judgement, GroupsOfAllMomentaFollowTheEffectiveBatch) {
    const RunResults results = FinishedRun().judged();
    ASSERT_EQ(results.invariance_over_momenta.size(), 2u);  // sgd at two η0; langevin has no momentum
    for (const InvarianceResult& group : results.invariance_over_momenta) {
        EXPECT_EQ(group.scope, InvarianceScope::all_momenta);
        EXPECT_EQ(group.momenta, (std::vector<double>{0.0, 0.5}));
        ASSERT_EQ(group.invariance.cells.size(), 6u);
        EXPECT_EQ(group.largest_batch_size, 64);
        EXPECT_EQ(group.largest_momentum, 0.0);
        EXPECT_EQ(group.invariance.breakdown, Verdict::agrees);
    }
    ASSERT_EQ(results.invariance_rows.size(), 18u);
    for (const InvarianceRow& row : results.invariance_rows) {
        const Cell& cell = results.cells[static_cast<std::size_t>(row.cell)].cell;
        const double expected = static_cast<double>(cell.batch_size) * (cell.momentum == 0.5 ? 1.0 / 3.0 : 1.0);
        EXPECT_NEAR(row.effective_batch, expected, 1e-12 * expected);
        EXPECT_NEAR(row.reach, cell.eta0 * results.model.largest_curvature * expected, 1e-12);
        // On the diagonal additive noise knows (B, μ) by B_eff alone: 1/(1 − reach/2) for the stiffest mode.
        EXPECT_NEAR(worst_of(row.observed, Observable::diagonal)->predicted, 1.0 / (1.0 - row.reach / 2.0) - 1.0,
                    1e-12);
    }
}

TEST(Judgement, AHeavyTailedCellIsNotObservedAndLeavesNothingShown) {
    FinishedRun run;
    for (Estimate* estimate : {&*run.runs[0].estimate, &*run.runs[1].estimate, &*run.runs[2].estimate})
        estimate->shard_kurtosis = 2.0 * heavy_tail_kurtosis;
    const RunResults results = run.judged();
    EXPECT_TRUE(results.invariance_rows[0].observed.empty());
    EXPECT_TRUE(results.invariance[0].observables.empty());
    EXPECT_EQ(results.invariance[0].invariance.breakdown, Verdict::inconclusive);
    EXPECT_FALSE(results.invariance_rows[3].observed.empty());
}

/// Fewer batches per epoch than training points: what is measured is exactly the law at the epoch's start.
TEST(Judgement, ReshufflingIsSetBesideIndependentBatches) {
    const char* const sweep = R"(
[model]
kind = "quadratic"
hessian = [[2.0, 0.3], [0.3, 1.0]]
gradient_residuals = [[1.0, 0.2], [-0.5, 0.9], [0.3, -0.8], [-0.8, -0.3]]
[sweep]
dynamics = ["sgd"]
sampling = ["with_replacement", "reshuffle"]
eta0 = 0.001
batch_size = [1, 2]
)";
    FinishedRun run(sweep);
    const RunResults results = run.judged();
    ASSERT_EQ(results.cells.size(), 4u);
    for (const CellResult& cell : results.cells) {
        EXPECT_EQ(cell.reshuffle.has_value(), cell.cell.sampling == Sampling::reshuffle);
        if (!cell.reshuffle) continue;
        const CellResult& independent = find(results, Dynamics::sgd, 0.001, cell.cell.batch_size, 0.0);
        EXPECT_EQ(independent.cell.sampling, Sampling::with_replacement);
        const double fraction =
            cell.measurement->effective_temperature / independent.laws.back().law.effective_temperature;
        EXPECT_NEAR(cell.reshuffle->fraction, fraction, 1e-12);
        EXPECT_NEAR(cell.reshuffle->predicted, fraction, 1e-6 * fraction);
        EXPECT_TRUE(cell.reshuffle->exact);
        EXPECT_LT(fraction, 1e-4);  // η³h n(n+1)c_B R/24 over ηR/(2hB): the noise of an epoch cancels
    }
}

TEST(Judgement, ReportsTheMeanInTheCoordinatesOfTheModel) {
    FinishedRun run;
    run.runs[0].estimate->mean = Vector{{0.25, 0.5}};
    const RunResults results = run.judged();
    EXPECT_DOUBLE_EQ(results.cells[0].measurement->mean(0), 3.25);
    EXPECT_DOUBLE_EQ(results.cells[0].measurement->mean(1), -3.5);
}

TEST(Judgement, TemperatureIsTheTraceOfHCOverTheDimension) {
    const FinishedRun run;
    const CellResult& cell = run.judged().cells[3];
    const double expected = (run.model.hessian * run.runs[3].estimate->covariance).trace() / 2.0;
    EXPECT_NEAR(cell.measurement->effective_temperature, expected, 1e-12 * expected);
    EXPECT_NEAR(cell.laws.back().law.effective_temperature, expected, 1e-6 * expected);
}

TEST(Judgement, DivergedAndSaturatedCellsGetNoVerdict) {
    FinishedRun run;
    run.runs[0].estimate->diverged_chains = 1;
    run.runs[1].estimate->saturated_draws = 1;
    const RunResults results = run.judged();
    EXPECT_EQ(results.status, RunStatus::diverged);
    for (const std::size_t i : {0u, 1u}) {
        EXPECT_TRUE(results.cells[i].unreliable);
        for (const ComparedLaw& law : results.cells[i].laws) {
            EXPECT_EQ(law.comparison->verdict, Verdict::inconclusive);
        }
    }
    EXPECT_FALSE(results.cells[2].unreliable);
}

TEST(Judgement, HeavyTailsComeFromTheFourthMomentOrTheShards) {
    FinishedRun run;
    run.stability[0].fourth_moment_limit = 0.5 * run.cells[0].learning_rate;
    run.runs[1].estimate->shard_kurtosis = 2.0 * heavy_tail_kurtosis;
    const RunResults results = run.judged();
    EXPECT_TRUE(results.cells[0].heavy_tailed);
    EXPECT_TRUE(results.cells[1].heavy_tailed);
    EXPECT_FALSE(results.cells[2].heavy_tailed);
    EXPECT_EQ(results.cells[1].laws[0].comparison->verdict, Verdict::inconclusive);
    EXPECT_EQ(results.status, RunStatus::complete);
}

TEST(Judgement, UnfinishedCellsLeaveTheRunInterrupted) {
    FinishedRun run;
    run.runs[4] = {1, 0.5, run.runs[4].estimate};
    run.runs[5] = CellRun{};
    const RunResults results = run.judged();
    EXPECT_EQ(results.status, RunStatus::interrupted);
    EXPECT_EQ(results.cells[4].chains, run.plans[4].program.shard_chains);
    EXPECT_EQ(results.cells[4].steps_total, run.plans[4].program.shard_chains * run.plans[4].program.steps());
    EXPECT_FALSE(results.cells[5].measurement.has_value());
    EXPECT_FALSE(results.cells[5].laws[0].comparison.has_value());
    EXPECT_EQ(results.intervals, FinishedRun().judged().intervals);
}

TEST(Judgement, PredictOnlyKeepsUnstableCells) {
    const Overrides overrides{{"sweep.batch_size=[1,100000]"}, {}, {}, {}};
    const Experiment experiment = parse_experiment(quadratic_sweep, "test.toml", ".", overrides);
    const LossModel model = build_loss_model(experiment);
    const PredictResults results = predict_only(experiment, model, make_cells(experiment, model));
    bool unstable = false;
    for (const PredictedCell& cell : results.cells) {
        EXPECT_EQ(cell.stability.stable, cell.cell.batch_size == 1);
        unstable = unstable || !cell.stability.stable;
        EXPECT_EQ(cell.laws.front().prediction.theory, Theory::sde);
    }
    EXPECT_TRUE(unstable);
}

}  // namespace
}  // namespace stationary

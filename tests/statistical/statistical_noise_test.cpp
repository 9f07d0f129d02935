#include "host/frozen/gradient_noise.h"
#include "host/frozen/weighted_sum.h"
#include "host/run/run_shards.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <sstream>
#include <string>

/// The two measuring commands on the CPU backend, with right programs and with planted bugs. Every seed is fixed. With
/// right code each family of comparisons misses its truth with probability at most 1e-3 for another seed; the draws
/// leave room for a verdict (half-widths of 0.6 % and less against a tolerance of 2 %), so that a right row is
/// inconclusive with probability below 1e-6.
namespace stationary {
namespace {

using Bug = std::function<void(CellProgram&)>;

void no_bug(CellProgram&) {}

std::vector<CellRun> run_all(const std::vector<CellPlan>& plans, const Bug& bug, int threads = 2) {
    const StopRequest never(std::chrono::steady_clock::now(), std::nullopt);
    std::ostringstream stream;
    Progress progress(ProgressStyle::none, stream, 1, 1.0, Progress::Clock::now());
    const auto backend = make_cpu_backend(threads, best_simd_level());
    std::vector<CellRun> runs;
    for (CellPlan plan : plans) {
        bug(plan.program);
        runs.push_back(run_cell(*backend, plan, threads == 1 ? 7 : plan.shards, never, progress));
    }
    return runs;
}

const char* const finite_points = R"(
[model]
kind = "quadratic"
hessian = [[2.0, 0.3], [0.3, 1.0]]
gradient_residuals = [[1.0, 0.0], [-1.0, 0.5], [0.5, -2.0], [-0.5, 1.5], [2.0, 1.0], [-2.0, -0.5], [0.7, 0.1]]
[sweep]
dynamics = ["sgd"]
eta0 = [0.01]
batch_size = [1, 3, 7]
sampling = ["with_replacement", "without_replacement", "reshuffle"]
[verdict]
tolerance = 0.02
[gradient_noise]
at = [0.5, -1.0]
draws = 1000000
)";

const char* const streaming_points = R"(
[model]
kind = "gaussian_regression"
feature_covariance = [[1.0, 0.3], [0.3, 0.5]]
label_noise_variance = 0.5
[sweep]
dynamics = ["sgd"]
eta0 = [0.01]
batch_size = [2, 8]
[verdict]
tolerance = 0.02
[gradient_noise]
at = [0.5, -1.0]
draws = 2000000
)";

GradientNoiseResults measure(const char* text, const Bug& bug = no_bug) {
    const Experiment experiment = parse_experiment(text, "test.toml", ".", {});
    const LossModel model = build_loss_model(experiment);
    const std::vector<CellPlan> plans = plan_gradient_noise(experiment, model);
    return judge_gradient_noise(experiment, model, plans, run_all(plans, bug), {});
}

std::string name(const GradientNoiseRow& row) {
    return to_string(row.sampling) + " B=" + std::to_string(row.batch_size);
}

TEST(StatisticalNoise, MinibatchGradientsHaveTheirExactCovariance) {
    for (const char* text : {finite_points, streaming_points}) {
        for (const GradientNoiseRow& row : measure(text).rows) {
            EXPECT_EQ(row.prediction.comparison->verdict, Verdict::agrees) << name(row);
            EXPECT_FALSE(row.prediction.comparison->significant) << name(row);
        }
    }
}

TEST(StatisticalNoise, WholeSetWithoutReplacementHasNoNoiseAtAll) {
    int silent = 0;
    for (const GradientNoiseRow& row : measure(finite_points).rows) {
        if (row.sampling == Sampling::with_replacement || row.batch_size != 7) continue;
        ++silent;
        EXPECT_EQ(row.measured.estimate->covariance.norm(), 0.0) << name(row);
        EXPECT_EQ(row.prediction.comparison->signed_relative_error, 0.0) << name(row);
        EXPECT_EQ(row.prediction.comparison->verdict, Verdict::agrees) << name(row);
    }
    EXPECT_EQ(silent, 2);
}

TEST(StatisticalNoise, NoiseOfOneOverBSquaredIsFoundBesideBOne) {
    // The mean of B² points in place of B.
    const auto squared = [](CellProgram& program) { program.batch_size *= program.batch_size; };
    for (const GradientNoiseRow& row : measure(streaming_points, squared).rows) {
        EXPECT_EQ(row.prediction.comparison->verdict, Verdict::differs) << name(row);
        EXPECT_NEAR(row.prediction.comparison->signed_relative_error, 1.0 / double(row.batch_size) - 1.0, 0.02);
    }
}

TEST(StatisticalNoise, TheWrongSamplingIsFoundBesideBOne) {
    const auto replaced = [](CellProgram& program) { program.sampling = BatchSampling::with_replacement; };
    for (const GradientNoiseRow& row : measure(finite_points, replaced).rows) {
        const bool right = row.sampling == Sampling::with_replacement || row.batch_size == 1;
        EXPECT_EQ(row.prediction.comparison->verdict, right ? Verdict::agrees : Verdict::differs) << name(row);
    }
}

TEST(StatisticalNoise, ASamplerThatMissesAPointIsFound) {
    // The last point is never drawn; the first stands in for it.
    const auto biased = [](CellProgram& program) {
        std::copy_n(program.gradient_residuals.begin(), 2, program.gradient_residuals.end() - 2);
    };
    int found = 0;
    for (const GradientNoiseRow& row : measure(finite_points, biased).rows) {
        if (row.prediction.factor == 0.0) continue;
        ++found;
        EXPECT_EQ(row.prediction.comparison->verdict, Verdict::differs) << name(row);
    }
    EXPECT_EQ(found, 7);
}

WeightedSumResults sum_up(const Bug& bug, const std::vector<std::string>& set = {}, int threads = 2) {
    Overrides overrides;
    overrides.set = {"weighted_sum.draws=1000000", "weighted_sum.window=[1,5,20]", "sweep.momentum=[0.5]",
                     "verdict.tolerance=0.02"};
    overrides.set.insert(overrides.set.end(), set.begin(), set.end());
    const Experiment experiment = load_weighted_sum("", overrides, {0.5, 0.25, 0.125});
    const LossModel model = build_loss_model(experiment);
    const WeightedSumPlan plan = plan_weighted_sum(experiment, model);
    return judge_weighted_sum(experiment, model, plan, run_all(plan.plans, bug, threads), {});
}

TEST(StatisticalNoise, WeightedSumsAddSquaresAndWindowsFollowTheExactLaw) {
    for (const char* update : {"heavy_ball", "nesterov", "ema"}) {
        const WeightedSumResults results = sum_up(no_bug, {std::string("sweep.update=['") + update + "']"});
        EXPECT_EQ(results.squared.comparison->verdict, Verdict::agrees);
        EXPECT_FALSE(results.squared.comparison->significant);
        EXPECT_EQ(results.as_printed.comparison->verdict, Verdict::differs);
        EXPECT_NEAR(results.as_printed.comparison->signed_relative_error, -0.625, 0.005);
        for (const WindowRow& row : results.windows) {
            EXPECT_EQ(row.exact.comparison->verdict, Verdict::agrees) << update << " T=" << row.steps;
            EXPECT_EQ(row.total_influence_limit.comparison->verdict, Verdict::differs) << update << " T=" << row.steps;
        }
    }
}

TEST(StatisticalNoise, SumOfWeightsInPlaceOfSquaresIsFound) {
    // Weights √α: their squares add up to Σα.
    const auto rooted = [](CellProgram& program) {
        for (double& weight : program.step_weights) weight = -std::sqrt(std::abs(weight));
    };
    const WeightedSumResults results = sum_up(rooted);
    EXPECT_EQ(results.squared.comparison->verdict, Verdict::differs);
    EXPECT_EQ(results.as_printed.comparison->verdict, Verdict::agrees);
}

TEST(StatisticalNoise, AVelocityThatDidNotFillIsFound) {
    // The window begins with v = 0.
    const auto empty = [](CellProgram& program) {
        if (!program.frozen || program.momentum == 0.0) return;
        std::erase(program.step_weights, 0.0);
        program.burn_in = static_cast<std::int64_t>(program.step_weights.size());
    };
    // What v_0 adds fades as T grows: a quarter of the covariance at T = 1, 1.8 % of it, within the tolerance, at 20.
    const WeightedSumResults results = sum_up(empty);
    EXPECT_EQ(results.windows[0].exact.comparison->verdict, Verdict::differs);
    EXPECT_EQ(results.windows[1].exact.comparison->verdict, Verdict::differs);
    EXPECT_TRUE(results.windows[2].exact.comparison->significant);
}

TEST(StatisticalNoise, FingerprintsDoNotDependOnThreadsOrLaunches) {
    const std::vector<std::string> few{"weighted_sum.draws=20000"};
    const WeightedSumResults one = sum_up(no_bug, few, 1), two = sum_up(no_bug, few, 2);
    EXPECT_EQ(one.measured.estimate->fingerprint, two.measured.estimate->fingerprint);
    for (std::size_t i = 0; i < one.windows.size(); ++i)
        EXPECT_EQ(one.windows[i].measured.estimate->fingerprint, two.windows[i].measured.estimate->fingerprint);
    EXPECT_NE(one.windows[0].measured.estimate->fingerprint, one.windows[1].measured.estimate->fingerprint);
}

}  // namespace
}  // namespace stationary

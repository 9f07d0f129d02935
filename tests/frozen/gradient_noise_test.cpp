#include "host/frozen/gradient_noise.h"

#include "host/base/error.h"
#include "host/base/text.h"
#include "host/frozen/frozen_json.h"
#include "host/frozen/frozen_report.h"
#include "tests/support/synthetic_estimate.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>

namespace stationary {
namespace {

const char* const finite_quadratic = R"(
title = "four points"
[model]
kind = "quadratic"
hessian = [[2.0, 0.3], [0.3, 1.0]]
gradient_residuals = [[1.0, 0.0], [-1.0, 0.5], [0.5, -2.0], [-0.5, 1.5]]
[sweep]
dynamics = ["langevin", "sgd"]
eta0 = [0.01, 0.02]
batch_size = [1, 2, 4]
momentum = [0.0, 0.9]
sampling = ["with_replacement", "without_replacement"]
[gradient_noise]
draws = 100000
)";

struct Planned {
    Experiment experiment;
    LossModel model;
    std::vector<CellPlan> plans;

    explicit Planned(const Overrides& overrides = {})
        : experiment(parse_experiment(finite_quadratic, "four.toml", ".", overrides)),
          model(build_loss_model(experiment)),
          plans(plan_gradient_noise(experiment, model)) {}

    /// As if every covariance had come out at `bias` times the exact one.
    [[nodiscard]] GradientNoiseResults judged(double bias) const {
        std::vector<CellRun> runs;
        for (const CellPlan& plan : plans) {
            const double factor = minibatch_noise_factor(model, plan.cell);
            const Matrix exact = bias * factor * model.gradient_noise_covariance;
            runs.push_back({plan.shards, 1.0, synthetic::exact_estimate(exact, 1e-4 * exact.trace(), 1e-12)});
        }
        return judge_gradient_noise(experiment, model, plans, runs, {"cpu", "test", 1, "generic"});
    }
};

TEST(GradientNoise, PlansOneRowForEachBatchSizeAndSampling) {
    const Planned planned;
    ASSERT_EQ(planned.plans.size(), 6U);
    for (std::size_t i = 0; i < 6; ++i)
        for (std::size_t j = 0; j < i; ++j) EXPECT_NE(planned.plans[i].program.key, planned.plans[j].program.key);
    for (const CellPlan& plan : planned.plans) {
        EXPECT_EQ(plan.cell.dynamics, Dynamics::sgd);
        EXPECT_GE(plan.shards, 64);
        EXPECT_GE(plan.chains() * plan.program.draws, 100000);
        EXPECT_EQ(plan.program.momentum, 0.0);
    }
}

TEST(GradientNoise, HoldsEveryRowAgainstItsOwnFactor) {
    const GradientNoiseResults results = Planned().judged(1.0);
    for (const GradientNoiseRow& row : results.rows) {
        const auto batch = static_cast<double>(row.batch_size);
        const bool replaced = row.sampling == Sampling::with_replacement;
        const double factor = replaced ? 1.0 / batch : (4.0 - batch) / (3.0 * batch);
        EXPECT_DOUBLE_EQ(row.prediction.factor, factor);
        EXPECT_NEAR(row.measured.factor.value, factor, 1e-12);
        EXPECT_EQ(row.prediction.comparison->verdict, Verdict::agrees) << row.batch_size;
    }
    EXPECT_EQ(results.context.family.intervals, 6 * 4);
    EXPECT_EQ(results.context.status, RunStatus::complete);
    for (const GradientNoiseRow& row : Planned().judged(1.05).rows) {
        const bool silent = row.prediction.factor == 0.0;
        EXPECT_EQ(row.prediction.comparison->verdict, silent ? Verdict::agrees : Verdict::differs) << row.batch_size;
    }
}

TEST(GradientNoise, TakesThePlaceFromTheExperiment) {
    Overrides overrides;
    overrides.set = {"gradient_noise.at=[3.0,-1.0]"};
    const Planned planned(overrides);
    EXPECT_EQ(planned.plans[0].program.initial, (std::vector<double>{3.0, -1.0}));
    EXPECT_EQ(planned.judged(1.0).at, (Vector{{3.0, -1.0}}));
    EXPECT_NE(gradient_noise_table(planned.judged(1.0)).find("(3, -1)"), std::string::npos);
}

TEST(GradientNoise, NeedsSgdInTheSweep) {
    Overrides overrides;
    overrides.set = {"sweep.dynamics=['langevin']"};
    try {
        const Planned planned(overrides);
        FAIL() << "a sweep without sgd was planned";
    } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find("sweep.dynamics"), std::string::npos) << error.what();
    }
}

TEST(GradientNoise, AnUnfinishedRowHasNoVerdict) {
    const Planned planned;
    const std::vector<CellRun> runs(planned.plans.size());
    const GradientNoiseResults results =
        judge_gradient_noise(planned.experiment, planned.model, planned.plans, runs, {"cpu", "test", 1, "generic"});
    EXPECT_EQ(results.context.status, RunStatus::interrupted);
    const auto json = nlohmann::json::parse(gradient_noise_json(results));
    EXPECT_TRUE(json["rows"][0]["covariance"].is_null());
    EXPECT_EQ(json["rows"][0]["verdict"], "inconclusive");
    EXPECT_NE(gradient_noise_table(results).find("interrupted before a shard was done"), std::string::npos);
}

TEST(GradientNoise, ReportsHaveTheContractsNames) {
    const GradientNoiseResults results = Planned().judged(1.05);
    const auto json = nlohmann::json::parse(gradient_noise_json(results));
    ASSERT_EQ(json["rows"].size(), 6U);
    for (const char* name : {"batch_size", "sampling", "covariance", "covariance_standard_error", "prediction",
                             "relative_error", "relative_error_standard_error", "verdict", "fingerprint"})
        EXPECT_TRUE(json["rows"][0].contains(name)) << name;
    EXPECT_NEAR(json["rows"][0]["signed_relative_error"].get<double>(), 0.05, 1e-9);
    EXPECT_EQ(json["rows"][0]["verdict"], "differs");
    const std::string table = gradient_noise_table(results);
    EXPECT_NE(table.find("without_replacement"), std::string::npos) << table;
    EXPECT_NE(table.find("0.3333"), std::string::npos) << table;
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 120U) << line;
}

}  // namespace
}  // namespace stationary

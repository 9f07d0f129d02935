#include "host/frozen/weighted_sum.h"

#include "host/base/error.h"
#include "host/base/text.h"
#include "host/frozen/frozen_json.h"
#include "host/frozen/frozen_report.h"
#include "tests/support/synthetic_estimate.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <sstream>
#include <string>

namespace stationary {
namespace {

struct Planned {
    Experiment experiment;
    LossModel model;
    WeightedSumPlan plan;

    explicit Planned(const std::vector<double>& alpha, const Overrides& overrides = {})
        : experiment(load_weighted_sum("", overrides, alpha)),
          model(build_loss_model(experiment)),
          plan(plan_weighted_sum(experiment, model)) {}

    /// As if the weighted sum had come out at `factor` times Σ¹, and every window at its exact law.
    [[nodiscard]] WeightedSumResults judged(double factor) const {
        std::vector<CellRun> runs;
        const std::vector<CellRun> none(plan.plans.size());
        const WeightedSumResults laws = judge_weighted_sum(experiment, model, plan, none, {});
        for (std::size_t i = 0; i < plan.plans.size(); ++i) {
            const Matrix c =
                i == 0 ? Matrix(factor * model.gradient_noise_covariance) : laws.windows[i - 1].exact.covariance;
            runs.push_back({plan.plans[i].shards, 1.0, synthetic::exact_estimate(c, 1e-4 * c.trace(), 1e-15)});
        }
        return judge_weighted_sum(experiment, model, plan, runs, {"cpu", "test", 1, "generic"});
    }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The conclusion without its line breaks.
std::string words(const WeightedSumResults& results) {
    std::string text = weighted_sum_conclusion(results);
    for (char& c : text) c = c == '\n' ? ' ' : c;
    return text;
}

TEST(WeightedSum, TellsTheSquaresFromTheSum) {
    const WeightedSumResults results = Planned({0.5, 0.25, 0.125}).judged(0.328125);
    EXPECT_DOUBLE_EQ(results.sum_alpha, 0.875);
    EXPECT_DOUBLE_EQ(results.sum_alpha_squared, 0.328125);
    EXPECT_EQ(results.squared.comparison->verdict, Verdict::agrees);
    EXPECT_EQ(results.as_printed.comparison->verdict, Verdict::differs);
    EXPECT_NEAR(results.as_printed.comparison->signed_relative_error, 0.328125 / 0.875 - 1.0, 1e-9);
    EXPECT_TRUE(contains(words(results), "factor 0.3281, agrees")) << words(results);
    EXPECT_TRUE(contains(words(results), "factor 0.875, differs: the measured covariance is -62.5")) << words(results);
}

TEST(WeightedSum, SaysWhenTheDataSupportThePrintedClaim) {
    const WeightedSumResults results = Planned({0.5, 0.25, 0.125}).judged(0.875);
    EXPECT_EQ(results.squared.comparison->verdict, Verdict::differs);
    EXPECT_EQ(results.as_printed.comparison->verdict, Verdict::agrees);
}

TEST(WeightedSum, ZeroAndOneWeightsMakeBothClaimsTheSame) {
    const WeightedSumResults results = Planned({1.0, 0.0, 1.0}).judged(2.0);
    EXPECT_EQ(results.squared.comparison->verdict, Verdict::agrees);
    EXPECT_EQ(results.as_printed.comparison->verdict, Verdict::agrees);
    EXPECT_TRUE(contains(words(results), "agrees too")) << words(results);
}

TEST(WeightedSum, WeightsThatCancelHaveACovarianceAllTheSame) {
    for (const auto& alpha : {std::vector<double>{1.0, -1.0}, {0.5, -1.0}}) {
        const Planned planned(alpha);
        const double squares = alpha[0] * alpha[0] + alpha[1] * alpha[1];
        const WeightedSumResults results = planned.judged(squares);
        EXPECT_EQ(results.squared.comparison->verdict, Verdict::agrees);
        EXPECT_EQ(results.as_printed.comparison->verdict, Verdict::differs);
        EXPECT_TRUE(contains(words(results), "it is no covariance of this sum")) << words(results);
    }
}

TEST(WeightedSum, WindowsGoFromOneStepToTheTotalInfluence) {
    const WeightedSumResults results = Planned({0.5}).judged(0.25);
    ASSERT_EQ(results.windows.size(), 6U);
    const Cell& cell = *results.window_cell;
    const double mu = cell.momentum, eta = cell.learning_rate;
    EXPECT_EQ(mu, 0.9);
    for (const WindowRow& row : results.windows) {
        // docs/theory.md, section 7, with s = 1.
        const auto steps = static_cast<double>(row.steps);
        const double finite = steps / std::pow(1.0 - mu, 2) -
                              2.0 * mu * (1.0 - std::pow(mu, steps)) / (std::pow(1.0 - mu, 3) * (1.0 + mu));
        EXPECT_NEAR(row.exact.factor / (eta * eta / 2.0 * finite), 1.0, 1e-9) << row.steps;
        EXPECT_NEAR(row.total_influence_limit.factor / (steps * 2.0 * 0.01 * 0.01), 1.0, 1e-12) << row.steps;
        EXPECT_EQ(row.exact.comparison->verdict, Verdict::agrees);
        EXPECT_EQ(row.total_influence_limit.comparison->verdict, Verdict::differs);
    }
    EXPECT_LT(results.windows.front().exact.factor, 0.06 * results.windows.front().total_influence_limit.factor);
    EXPECT_GT(results.windows.back().exact.factor, 0.95 * results.windows.back().total_influence_limit.factor);
    EXPECT_EQ(results.context.family.intervals, 2 * 7 * 4);
}

TEST(WeightedSum, EveryUpdateRuleHasItsExactWindow) {
    for (const char* update : {"heavy_ball", "nesterov", "ema"}) {
        Overrides overrides;
        overrides.set = {std::string("sweep.update=['") + update + "']"};
        const WeightedSumResults results = Planned({0.5}, overrides).judged(0.25);
        // Influence adds up to η0 per training point whatever the rule, but for Nesterov's one step more of ηγμ.
        EXPECT_NEAR(results.windows[0].total_influence_limit.factor / (2.0 * 0.01 * 0.01), 1.0, 1e-12) << update;
        EXPECT_LT(results.windows[0].exact.factor, results.windows[1].exact.factor);
    }
}

TEST(WeightedSum, ChoosesTheFirstCellWithMomentum) {
    Overrides overrides;
    overrides.set = {"sweep.momentum=[0.0,0.5,0.9]", "sweep.batch_size=[4,8]"};
    const Planned planned({1.0}, overrides);
    EXPECT_EQ(planned.plan.window_cell->momentum, 0.5);
    EXPECT_EQ(planned.plan.window_cell->batch_size, 4);
    overrides.set = {"sweep.momentum=[0.0]"};
    EXPECT_EQ(Planned({1.0}, overrides).plan.window_cell->momentum, 0.0);
    overrides.set = {"sweep.dynamics=['langevin']"};
    const Planned without({1.0}, overrides);
    EXPECT_FALSE(without.plan.window_cell.has_value());
    EXPECT_EQ(without.plan.plans.size(), 1U);
    EXPECT_TRUE(contains(weighted_sum_table(without.judged(1.0)), "No momentum windows"));
}

TEST(WeightedSum, WeightsOfTheCommandLineTakeTheProfilesPlace) {
    Overrides overrides;
    overrides.set = {"weighted_sum.profile='uniform'", "weighted_sum.length=4"};
    EXPECT_EQ(Planned({}, overrides).plan.alpha, (std::vector<double>{0.25, 0.25, 0.25, 0.25}));
    EXPECT_EQ(Planned({2.0, 3.0}, overrides).plan.alpha, (std::vector<double>{2.0, 3.0}));
    EXPECT_THROW(Planned(std::vector<double>{}), InputError);
    EXPECT_THROW(load_weighted_sum("", {}, {0.0, 0.0}), InputError);
    EXPECT_THROW(load_weighted_sum("", {}, {1.0, std::nan("")}), InputError);
}

TEST(WeightedSum, ReportsHaveTheContractsNames) {
    const WeightedSumResults results = Planned({0.5, 0.25, 0.125}).judged(0.328125);
    const auto json = nlohmann::json::parse(weighted_sum_json(results));
    for (const char* name : {"sum_alpha", "sum_alpha_squared", "covariance", "covariance_standard_error", "claims",
                             "windows", "fingerprint"})
        EXPECT_TRUE(json.contains(name)) << name;
    EXPECT_EQ(json["claims"][0]["name"], "sum_alpha_squared");
    EXPECT_EQ(json["claims"][1]["name"], "sum_alpha_as_printed");
    for (const char* name : {"name", "factor", "relative_error", "relative_error_standard_error", "verdict"})
        EXPECT_TRUE(json["claims"][1].contains(name)) << name;
    for (const char* name :
         {"steps", "covariance", "covariance_standard_error", "exact", "total_influence_limit", "verdict"})
        EXPECT_TRUE(json["windows"][2].contains(name)) << name;
    const std::string table = weighted_sum_table(results);
    EXPECT_TRUE(contains(table, "built-in model")) << table;
    EXPECT_TRUE(contains(table, "In words:")) << table;
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 120U) << line;
}

}  // namespace
}  // namespace stationary

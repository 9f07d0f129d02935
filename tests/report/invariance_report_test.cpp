#include "host/report/invariance_report.h"

#include "host/base/text.h"
#include "host/comparison/judgement.h"
#include "host/laws/cell_stability.h"
#include "host/plan/kept_plan.h"
#include "host/report/report_json.h"
#include "host/report/report_table.h"

#include "tests/support/synthetic_estimate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

namespace stationary {
namespace {

/// Off the diagonal, where H and Σ¹ do not commute, momentum leaves little of the limit.
const char* const momenta = R"(
[model]
kind = "quadratic"
hessian = [[5.5, 4.5], [4.5, 5.5]]
gradient_noise_covariance = [[1.5, 0.3], [0.3, 0.6]]
[sweep]
dynamics = ["sgd"]
eta0 = 0.01
batch_size = [1, 19]
momentum = [0.0, 0.9]
)";

const char* const epochs = R"(
[model]
kind = "quadratic"
hessian = [[2.0, 0.6], [0.6, 1.0]]
gradient_residuals = [[1.0, 0.2], [-0.5, 0.9], [0.3, -0.8], [-0.8, -0.3], [0.4, 0.1], [-0.4, -0.1]]
[sweep]
dynamics = ["sgd"]
sampling = ["reshuffle"]
epoch_position = [0, 1]
eta0 = 0.001
batch_size = [1, 2]
)";

/// A finished run whose estimates are exactly the exact laws, with small error bars.
RunResults results_of(const char* text) {
    const Experiment experiment = parse_experiment(text, "test.toml", ".", {});
    const LossModel model = build_loss_model(experiment);
    const std::vector<Cell> cells = make_cells(experiment, model);
    const std::vector<Stability> stability = find_stability(model, cells);
    const std::vector<CellPlan> plans = plan_cells(experiment, model, cells);
    const std::vector<std::vector<Prediction>> predictions = predict_cells(model, cells);
    std::vector<CellRun> runs;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const Matrix& covariance = predictions[i].back().covariance;
        runs.push_back({plans[i].shards, 1.0, synthetic::exact_estimate(covariance, 1e-5 * covariance.trace(), 1e-18)});
    }
    return judge({experiment, model, stability, plans, predictions, runs}, {"cpu", "test", 1, "generic"});
}

std::size_t widest(const std::string& text) {
    std::size_t width = 0;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) width = std::max(width, display_width(line));
    return width;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(InvarianceReport, ShowsTheCollapseBesideTheExactLaw) {
    const std::string text = invariance_lines(results_of(momenta));
    EXPECT_LE(widest(text), 120u) << text;
    for (const char* part : {"sgd mu=0.9 eta0=0.01", "exact law: nowhere, as measured", "sgd all mu from 0 to 0.9",
                             "B_eff", "worst mode (exact)", "off-diagonal (exact)", "(0.131)", "(+5.26)", "0.05263"}) {
        EXPECT_TRUE(contains(text, part)) << part << " is not in\n" << text;
    }
}

TEST(InvarianceReport, FitsATerminalWithEveryColumnOfAnEpoch) {
    const RunResults results = results_of(epochs);
    EXPECT_LE(widest(results_table(results)), 120u) << results_table(results);
    EXPECT_TRUE(contains(invariance_lines(results), "sgd mu=0 reshuffle step 1 eta0=0.001"));
}

TEST(InvarianceReport, TellsHowColdReshufflingIs) {
    const RunResults results = results_of(epochs);
    const std::string text = reshuffle_lines(results);
    EXPECT_TRUE(contains(text, " exact\n")) << text;
    EXPECT_FALSE(contains(text, "approximate")) << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2 + 2 + 4);
    EXPECT_EQ(reshuffle_lines(results_of(momenta)), "");
    const Json cell = Json::parse(results_json(results))["cells"][0]["reshuffle"];
    EXPECT_NEAR(cell["fraction_of_with_replacement"].get<double>(), cell["predicted_fraction"].get<double>(), 1e-9);
    EXPECT_TRUE(cell["predicted_is_exact"].get<bool>());
}

TEST(InvarianceReport, JsonCarriesObservablesAndTheEndsOfTheRange) {
    const RunResults results = results_of(momenta);
    const Json json = Json::parse(results_json(results));
    ASSERT_EQ(json["invariance"].size(), 2u);
    const Json& group = json["invariance"][1];
    EXPECT_EQ(group["momentum"].get<double>(), 0.9);
    EXPECT_EQ(group["predicted_holds_up_to_batch_size"], 0);
    EXPECT_EQ(group["breakdown_as_predicted"], "agrees");
    ASSERT_EQ(group["observables"].size(), 4u);
    const Json& ratio = group["observables"][3];
    EXPECT_EQ(ratio["name"], "off_diagonal_ratio");
    EXPECT_EQ(ratio["verdict"], "differs");
    // 1 − C_12/C_12,sde at (19, 0.9), k = (0.1, 0.01): 0.11/(0.11 − 0.001 + 90·0.0081).
    EXPECT_NEAR(ratio["predicted"].get<double>(), 1.0 - 0.11 / (0.109 + 90.0 * 0.0081), 1e-9);
    EXPECT_NEAR(ratio["relative_spread"].get<double>(), ratio["predicted"].get<double>(), 1e-6);
    EXPECT_GT(ratio["standard_error"].get<double>(), 0.0);
    ASSERT_EQ(group["members"].size(), 2u);
    EXPECT_NEAR(group["members"][1]["effective_batch"].get<double>(), 1.0, 1e-12);
    EXPECT_EQ(group["members"][1]["cell"], group["cells"][1]);
    ASSERT_EQ(json["invariance_over_momenta"].size(), 1u);
    const Json& over = json["invariance_over_momenta"][0];
    EXPECT_FALSE(over.contains("momentum"));
    EXPECT_EQ(over["momenta"], Json::parse("[0.0, 0.9]"));
    EXPECT_EQ(over["cells"].size(), 4u);
}

TEST(InvarianceReport, SaysWhereNoExactLawIsKnown) {
    RunResults results = results_of(momenta);
    results.invariance[0].invariance.predicted_range.reset();
    results.invariance[0].invariance.predicted = std::nan("");
    EXPECT_TRUE(contains(invariance_lines(results), "no exact law is known"));
    const Json json = Json::parse(results_json(results));
    EXPECT_TRUE(json["invariance"][0]["predicted_holds_up_to_batch_size"].is_null());
    results.invariance.clear();
    results.invariance_over_momenta.clear();
    EXPECT_EQ(invariance_lines(results), "");
}

}  // namespace
}  // namespace stationary

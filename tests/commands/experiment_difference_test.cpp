#include "host/commands/experiment_difference.h"

#include "host/plan/kept_plan.h"

#include <gtest/gtest.h>

namespace stationary {
namespace {

const char* const experiment_text = R"(title = "a"
[model]
kind = "quadratic"
hessian = [[2.0]]
gradient_noise_covariance = [[1.0]]
[sweep]
dynamics = ["sgd"]
eta0 = [0.01]
batch_size = [1, 2]
[ensemble]
chains = 4096
)";

std::vector<std::string> with(const std::vector<std::string>& set) {
    const Experiment there = parse_experiment(experiment_text, "there.toml", ".", {});
    const LossModel model = build_loss_model(there);
    const auto plans = plan_cells(there, model, make_cells(there, model));
    Overrides overrides;
    overrides.set = set;
    const Experiment here = parse_experiment(experiment_text, "here.toml", ".", overrides);
    const LossModel here_model = build_loss_model(here);
    return differences(there, here, parse_plan_json(plan_json(plans), "plan.json"), make_cells(here, here_model));
}

using Lines = std::vector<std::string>;

TEST(ExperimentDifference, TheSameExperimentOrAnExtendedOneMayGoOn) {
    EXPECT_EQ(with({}), Lines{});
    EXPECT_EQ(with({"ensemble.chains=8192"}), Lines{});
    EXPECT_EQ(with({"sweep.batch_size=[4,2,1]"}), Lines{});
    EXPECT_EQ(with({"sweep.dynamics=[\"langevin\",\"sgd\"]", "ensemble.chains=5000"}), Lines{});
    EXPECT_EQ(with({"title=\"another\"", "ensemble.shards=100", "verdict.family_error_rate=0.01",
                    "gradient_noise.draws=1000", "weighted_sum.draws=1000"}),
              Lines{});
}

TEST(ExperimentDifference, EveryKeyThatDiffersIsShown) {
    EXPECT_EQ(with({"ensemble.seed=2", "ensemble.draws=4"}),
              (Lines{"ensemble.draws: 8 there, 4 here", "ensemble.seed: 1 there, 2 here"}));
    EXPECT_EQ(with({"model.hessian=[[3.0]]"}), Lines{"model.hessian: [[2.0]] there, [[3.0]] here"});
    EXPECT_EQ(with({"verdict.tolerance=0.02"}), Lines{"verdict.tolerance: 0.01 there, 0.02 here"});
    EXPECT_EQ(with({"run.precision=\"double\""}), Lines{"run.precision: \"float\" there, \"double\" here"});
    EXPECT_EQ(with({"ensemble.burn_in=10"}), Lines{"ensemble.burn_in: \"auto\" there, 10 here"});
}

TEST(ExperimentDifference, FewerChainsOrCellsAreADifference) {
    EXPECT_EQ(with({"ensemble.chains=1000"}), Lines{"ensemble.chains: 4096 there, 1000 here (there may only be more)"});
    EXPECT_EQ(with({"sweep.batch_size=[2,4]"}),
              (Lines{"sweep.batch_size: [1,2] there, [2,4] here",
                     "1 of its 2 cells are not in this sweep (there may only be more)"}));
}

TEST(ExperimentDifference, OtherContentsOfTheSameDataAreADifference) {
    const Experiment experiment = parse_experiment(experiment_text, "there.toml", ".", {});
    const LossModel model = build_loss_model(experiment);
    auto cells = make_cells(experiment, model);
    const auto kept = parse_plan_json(plan_json(plan_cells(experiment, model, cells)), "plan.json");
    for (Cell& cell : cells) cell.key ^= 1;
    EXPECT_EQ(differences(experiment, experiment, kept, cells), Lines{"model: the contents of the data differ"});
}

}  // namespace
}  // namespace stationary

#include "host/plan/kept_plan.h"

#include "host/base/error.h"
#include "host/plan/plan_key.h"

#include <gtest/gtest.h>

namespace stationary {
namespace {

const char* const experiment_text = R"(
[model]
kind = "quadratic"
hessian = [[2.0, 0.3], [0.3, 1.0]]
gradient_noise_covariance = [[1.0, 0.2], [0.2, 0.5]]
minimizer = [0.1, 0.2]
[sweep]
dynamics = ["langevin", "sgd"]
update = ["heavy_ball", "nesterov"]
momentum = [0.0, 0.9]
eta0 = [0.01]
batch_size = [1, 3]
[ensemble]
chains = 5000
initial = [0.3, 0.4]
)";

struct Kept : testing::Test {
    Experiment experiment = parse_experiment(experiment_text, "test.toml", ".", {});
    LossModel model = build_loss_model(experiment);
    std::vector<Cell> cells = make_cells(experiment, model);
    std::vector<CellPlan> plans = plan_cells(experiment, model, cells);
    KeptPlans kept = parse_plan_json(plan_json(plans), "plan.json");
};

TEST_F(Kept, PlansComeBackWithTheSameBits) {
    ASSERT_EQ(kept.size(), cells.size());
    const std::vector<CellPlan> again = plan_cells(experiment, model, cells, kept);
    for (std::size_t i = 0; i < plans.size(); ++i) {
        EXPECT_EQ(plan_key(again[i].program), plan_key(plans[i].program));
        EXPECT_EQ(again[i].shards, plans[i].shards);
    }
}

TEST_F(Kept, NothingIsComputedAgain) {
    // A burn-in that no plan would choose shows where it comes from.
    plans[1].program.burn_in = 12345;
    kept = parse_plan_json(plan_json(plans), "plan.json");
    EXPECT_EQ(plan_cells(experiment, model, cells, kept)[1].program.burn_in, 12345);
}

TEST_F(Kept, MoreChainsAreMoreShardsOfTheSameSize) {
    experiment.ensemble.chains = 50000;
    const std::vector<CellPlan> extended = plan_cells(experiment, model, cells, kept);
    for (std::size_t i = 0; i < plans.size(); ++i) {
        EXPECT_EQ(extended[i].program.shard_chains, plans[i].program.shard_chains);
        EXPECT_EQ(extended[i].shards, (50000 + plans[i].program.shard_chains - 1) / plans[i].program.shard_chains);
        EXPECT_EQ(plan_key(extended[i].program), plan_key(plans[i].program));
    }
    const CellPlan anew = plan_cells(experiment, model, cells)[0];
    EXPECT_NE(anew.program.shard_chains, plans[0].program.shard_chains) << "the test shows nothing";
}

TEST_F(Kept, ABuildThatComputesOtherInputsIsRefused) {
    KeptPlan plan = kept.at(cells[0].key);
    plan.plan_key ^= 1;
    EXPECT_THROW(restore_plan(plan, cells[0], plans[0].program, 5000), InputError);
}

TEST_F(Kept, DamageIsRefusedNamingTheFile) {
    const std::string text = plan_json(plans);
    for (const std::string& damaged :
         {std::string("{"), std::string("[]"), text.substr(0, text.size() / 2),
          std::string(R"({"schema": 1, "cells": []})"), std::string(R"({"schema": 2, "cells": [{"key": "xyz"}]})")}) {
        try {
            parse_plan_json(damaged, "some/plan.json");
            FAIL() << damaged;
        } catch (const InputError& error) {
            EXPECT_NE(std::string(error.what()).find("some/plan.json"), std::string::npos);
        }
    }
}

}  // namespace
}  // namespace stationary

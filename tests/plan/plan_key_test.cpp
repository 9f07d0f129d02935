#include "host/plan/plan_key.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <vector>

namespace stationary {
namespace {

TEST(PlanKey, EveryFieldCounts) {
    using Change = std::function<void(CellProgram&)>;
    const std::vector<Change> changes{
        [](CellProgram&) {},
        [](CellProgram& p) { p.key = 1; },
        [](CellProgram& p) { p.oracle = Oracle::least_squares; },
        [](CellProgram& p) { p.stepper = Stepper::langevin; },
        [](CellProgram& p) { p.sampling = BatchSampling::reshuffle; },
        [](CellProgram& p) { p.double_precision = true; },
        [](CellProgram& p) { p.fast_normals = true; },
        [](CellProgram& p) { p.frozen = true; },
        [](CellProgram& p) { p.dimension = 2; },
        [](CellProgram& p) { p.batch_size = 2; },
        [](CellProgram& p) { p.training_points = 2; },
        [](CellProgram& p) { p.burn_in = 2; },
        [](CellProgram& p) { p.stride = 2; },
        [](CellProgram& p) { p.draws = 2; },
        [](CellProgram& p) { p.shard_chains = 2; },
        [](CellProgram& p) { p.step_size = 2.0; },
        [](CellProgram& p) { p.momentum = 2.0; },
        [](CellProgram& p) { p.gradient_weight = 2.0; },
        [](CellProgram& p) { p.direct_weight = 2.0; },
        [](CellProgram& p) { p.velocity_weight = 2.0; },
        [](CellProgram& p) { p.label_noise = 2.0; },
        [](CellProgram& p) { p.ridge = 2.0; },
        [](CellProgram& p) { p.velocity_scale = 2.0; },
        [](CellProgram& p) { p.pull_scale = 2.0; },
        [](CellProgram& p) { p.hessian = {2.0}; },
        [](CellProgram& p) { p.noise_factor = {2.0}; },
        [](CellProgram& p) { p.ridge_gradient = {2.0}; },
        [](CellProgram& p) { p.initial = {2.0}; },
        [](CellProgram& p) { p.centre = {2.0}; },
        [](CellProgram& p) { p.scale = {2.0}; },
        [](CellProgram& p) { p.step_weights = {2.0}; },
    };
    std::set<std::uint64_t> keys;
    for (const Change& change : changes) {
        CellProgram program;
        change(program);
        EXPECT_EQ(plan_key(program), plan_key(program));
        keys.insert(plan_key(program));
    }
    EXPECT_EQ(keys.size(), changes.size());
}

}  // namespace
}  // namespace stationary

#include "host/base/hash.h"
#include "host/plan/plan.h"
#include "tests/support/synthetic_models.h"

#include <gtest/gtest.h>

namespace stationary {
namespace {

using namespace synthetic;
using Index = Eigen::Index;

std::uint64_t hash_of(const CellPlan& plan) {
    Hash hash;
    const CellProgram& p = plan.program;
    for (const std::int64_t value :
         {static_cast<std::int64_t>(p.oracle), static_cast<std::int64_t>(p.stepper),
          static_cast<std::int64_t>(p.double_precision), static_cast<std::int64_t>(p.fast_normals),
          static_cast<std::int64_t>(p.dimension), static_cast<std::int64_t>(p.key), p.batch_size, p.training_points,
          p.burn_in, p.stride, p.draws, p.shard_chains, plan.shards})
        hash.integer(static_cast<std::uint64_t>(value));
    for (const double value : {p.step_size, p.momentum, p.gradient_weight, p.direct_weight, p.velocity_weight, p.ridge})
        hash.real(value);
    for (const auto* values :
         {&p.hessian, &p.noise_factor, &p.features, &p.residuals, &p.ridge_gradient, &p.initial, &p.centre, &p.scale}) {
        hash.integer(values->size());
        for (const double value : *values) hash.real(value);
    }
    return hash.value();
}

/// With what hash_of leaves out.
std::uint64_t full_hash_of(const CellPlan& plan) {
    const CellProgram& p = plan.program;
    Hash hash;
    hash.integer(hash_of(plan)).integer(static_cast<std::uint64_t>(p.sampling)).integer(p.frozen ? 1 : 0);
    hash.real(p.label_noise).real(p.velocity_scale);
    for (const auto* values : {&p.gradient_residuals, &p.step_weights}) {
        hash.integer(values->size());
        for (const double value : *values) hash.real(value);
    }
    return hash.value();
}

TEST(PlanBits, the_schedule_does_not_depend_on_the_number_of_chains) {
    const LossModel model = least_squares(40, 3, 0.1, 3);
    Experiment experiment;
    const CellPlan few = plan_cell(experiment, model, sgd_cell(0.02, 2));
    experiment.ensemble.chains = 10000000;
    const CellPlan many = plan_cell(experiment, model, sgd_cell(0.02, 2));
    EXPECT_EQ(few.program.burn_in, many.program.burn_in);
    EXPECT_EQ(few.program.stride, many.program.stride);
    EXPECT_EQ(few.program.scale, many.program.scale);
    EXPECT_GE(many.chains(), 10000000);
}

TEST(PlanBits, a_planner_plans_each_cell_as_plan_cell_does) {
    const LossModel model = least_squares(40, 3, 0.1, 4);
    const Experiment experiment;
    Planner planner(experiment, model);
    for (const Cell& cell : {sgd_cell(0.02, 1), langevin_cell(0.02, 2), sgd_cell(0.02, 4, 0.5)})
        EXPECT_EQ(hash_of(planner.plan(cell)), hash_of(plan_cell(experiment, model, cell)));
}

TEST(PlanBits, last_bits_move_neither_schedule_nor_scale) {
    for (std::uint64_t seed = 1; seed <= 48; ++seed) {
        LossModel model = seed % 2 == 0 ? quadratic(4, seed) : least_squares(30, 4, 0.1, seed);
        Cell cell = sgd_cell(0.02, 2, seed % 3 == 0 ? 0.9 : 0.0);
        if (seed % 5 == 0 && seed % 2 != 0) cell.sampling = Sampling::reshuffle;
        const CellProgram before = plan_cell({}, model, cell).program;
        Uniform uniform(seed + 1000);
        model.hessian *= 1.0 + 1e-12 * uniform();
        for (Index i = 0; i < model.features.size(); ++i) model.features.data()[i] *= 1.0 + 1e-12 * uniform();
        model.gradient_noise_covariance *= 1.0 + 1e-12 * uniform();
        cell.learning_rate *= 1.0 + 1e-12 * uniform();
        const CellProgram after = plan_cell({}, model, cell).program;
        EXPECT_EQ(before.burn_in, after.burn_in) << seed;
        EXPECT_EQ(before.stride, after.stride) << seed;
        EXPECT_EQ(before.scale, after.scale) << seed;
        EXPECT_EQ(before.velocity_scale, after.velocity_scale) << seed;
    }
}

TEST(PlanBits, has_the_same_bits_on_every_compiler) {
    // Recorded values; g++ 12 and clang++ 14 give them at -O0 and at -O3 -march=native alike.
    const LossModel model = least_squares(442, 10, 0.1, 20);
    Experiment experiment;
    experiment.ensemble.initial = Vector::Constant(10, 0.75);
    EXPECT_EQ(hex(hash_of(plan_cell({}, model, langevin_cell(0.016, 8, 0.5)))), "01fce76b46075c4a");
    EXPECT_EQ(hex(hash_of(plan_cell({}, model, sgd_cell(0.016, 8)))), "57ff6d342dfc3b2d");
    EXPECT_EQ(hex(hash_of(plan_cell(experiment, model, sgd_cell(0.0016, 8, 0.9)))), "a0d61af0a7075503");
    EXPECT_EQ(hex(hash_of(plan_cell({}, quadratic(12, 21), sgd_cell(0.01, 3, 0.9, UpdateRule::nesterov)))),
              "743263f7b1bc4b69");
    EXPECT_EQ(hex(hash_of(plan_cell({}, least_squares(100, 16, 0.1, 22), sgd_cell(0.002, 1, 0.9)))),
              "8b4058aedc848b95");
}

TEST(PlanBits, has_the_same_bits_on_every_compiler_for_every_oracle_and_sampling) {
    // Recorded values; g++ 12 and clang++ 14 give them at -O0 and at -O3 -march=native alike.
    const LossModel residuals = finite_quadratic(442, 10, 23);
    const LossModel data = least_squares(442, 10, 0.1, 20);
    Cell cell = sgd_cell(0.0016, 8, 0.9);
    EXPECT_EQ(hex(full_hash_of(plan_cell({}, residuals, cell))), "d254b393cbe0572e");
    EXPECT_EQ(hex(full_hash_of(plan_cell({}, gaussian_regression(10, 0.3, 24), cell))), "13400896031f622e");
    cell.sampling = Sampling::without_replacement;
    EXPECT_EQ(hex(full_hash_of(plan_cell({}, data, cell))), "c0366b438a17c9cf");
    cell.sampling = Sampling::reshuffle;
    cell.epoch_position = 17;
    EXPECT_EQ(hex(full_hash_of(plan_cell({}, residuals, cell))), "a358125d44e39a64");
    EXPECT_EQ(hex(full_hash_of(plan_cell({}, data, cell))), "a1bfba8bb3b12f81");
}

}  // namespace
}  // namespace stationary

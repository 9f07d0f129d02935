#include "host/frozen/frozen_programs.h"

#include "host/base/error.h"
#include "host/plan/program_cost.h"
#include "kernels/chain/cell_tables.h"
#include "tests/support/synthetic_models.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace stationary {
namespace {

using namespace synthetic;
using Index = Eigen::Index;

double relative_difference(const Matrix& a, const Matrix& b) { return (a - b).norm() / b.norm(); }

Vector as_vector(const std::vector<double>& values) {
    return Eigen::Map<const Vector>(values.data(), static_cast<Index>(values.size()));
}

Vector point_gradient(const LossModel& model, Index i, const Vector& delta) {
    if (model.kind == ModelKind::quadratic) return model.hessian * delta + model.gradient_residuals.row(i).transpose();
    const Vector x = model.features.row(i);
    return x * (x.dot(delta) + model.residuals(i)) + model.ridge * (delta + model.minimizer);
}

/// Mean and covariance of weighted vectors.
struct Law {
    Vector mean;
    Matrix covariance;
};
Law law_of(const std::vector<WeightedNormal>& draws) {
    const Index d = draws.front().z.size();
    Law law{Vector::Zero(d), Matrix::Zero(d, d)};
    for (const WeightedNormal& draw : draws) law.mean += draw.weight * draw.z;
    for (const WeightedNormal& draw : draws)
        law.covariance += draw.weight * (draw.z - law.mean) * (draw.z - law.mean).transpose();
    return law;
}

/// Where one chain of a program stands after its last step, when its gradients are `gradients`
/// (kernels/interface/cell_program.h).
Vector position_after(const CellProgram& program, const std::vector<Vector>& gradients) {
    Vector position = as_vector(program.initial);
    Vector velocity = Vector::Zero(position.size());
    for (std::size_t t = 0; t < gradients.size(); ++t) {
        velocity *= program.momentum;
        velocity += program.gradient_weight * gradients[t];
        const double size = program.step_weights.empty() ? program.step_size : program.step_weights[t];
        position -= size * (program.direct_weight * gradients[t] + program.velocity_weight * velocity);
    }
    return position;
}

/// Σ over steps of the squared influence of that step's gradient on the last position.
double squared_influences(const CellProgram& program) {
    const auto steps = static_cast<std::size_t>(program.steps());
    double sum = 0.0;
    for (std::size_t t = 0; t < steps; ++t) {
        std::vector<Vector> gradients(steps, Vector::Zero(program.dimension));
        gradients[t](0) = 1.0;
        const double influence = position_after(program, gradients)(0);
        sum += influence * influence;
    }
    return sum;
}

void expect_scales(const CellProgram& program, const Matrix& covariance) {
    for (Index i = 0; i < covariance.rows(); ++i) {
        const double resolved = program.scale[static_cast<std::size_t>(i)] * std::sqrt(covariance(i, i));
        EXPECT_LE(resolved, std::ldexp(1.0, 14));
        EXPECT_GT(resolved, std::ldexp(1.0, 13));
    }
}

Cell sampled(Sampling sampling, std::int64_t batch_size) {
    Cell cell = sgd_cell(0.1, batch_size, 0.9);
    cell.sampling = sampling;
    return cell;
}

TEST(GradientNoise, covariance_at_any_point_equals_the_enumeration_of_batches) {
    const Vector delta = Eigen::Vector2d(0.7, -1.3);
    for (const LossModel& model : {least_squares(7, 2, 0.3, 1), finite_quadratic(7, 2, 2)}) {
        std::vector<WeightedNormal> pairs;
        std::vector<WeightedNormal> different;
        for (Index i = 0; i < 7; ++i)
            for (Index j = 0; j < 7; ++j) {
                const Vector mean = 0.5 * (point_gradient(model, i, delta) + point_gradient(model, j, delta));
                pairs.push_back({mean, 1.0 / 49.0});
                if (i != j) different.push_back({mean, 1.0 / 42.0});
            }
        EXPECT_LT(
            relative_difference(gradient_noise_covariance_at(model, sampled(Sampling::with_replacement, 2), delta),
                                law_of(pairs).covariance),
            1e-13);
        for (const Sampling sampling : {Sampling::without_replacement, Sampling::reshuffle})
            EXPECT_LT(relative_difference(gradient_noise_covariance_at(model, sampled(sampling, 2), delta),
                                          law_of(different).covariance),
                      1e-13);
    }
}

TEST(GradientNoise, covariance_of_gaussian_regression_equals_exact_quadrature) {
    const Vector delta = Eigen::Vector2d(0.7, -1.3);
    const LossModel model = gaussian_regression(2, 0.6, 3);
    const Matrix one_point = law_of(regression_gradients(model, delta)).covariance;
    EXPECT_LT(relative_difference(gradient_noise_covariance_at(model, sampled(Sampling::with_replacement, 4), delta),
                                  0.25 * one_point),
              1e-13);
}

TEST(GradientNoise, at_the_minimizer_it_is_the_models) {
    for (const LossModel& model :
         {least_squares(9, 2, 0.3, 4), quadratic(2, 5), finite_quadratic(9, 2, 6), gaussian_regression(2, 0.5, 7)})
        EXPECT_LT(relative_difference(
                      gradient_noise_covariance_at(model, sampled(Sampling::with_replacement, 3), Vector::Zero(2)),
                      model.gradient_noise_covariance / 3.0),
                  1e-13);
}

TEST(GradientNoise, one_step_from_the_point_is_a_draw_of_the_gradient) {
    const LossModel model = least_squares(7, 2, 0.3, 8);
    Experiment experiment;
    experiment.gradient_noise.at = model.minimizer + Eigen::Vector2d(0.7, -1.3);
    experiment.gradient_noise.draws = 100000;
    const CellProgram program = gradient_noise_program(experiment, model, sampled(Sampling::without_replacement, 1));
    EXPECT_NO_THROW(check_program(program));
    EXPECT_EQ(program.stepper, Stepper::sgd);
    EXPECT_EQ(program.sampling, BatchSampling::without_replacement);
    EXPECT_EQ(program.steps(), 1);
    std::vector<WeightedNormal> draws;
    const Vector start = as_vector(program.initial);
    for (Index i = 0; i < 7; ++i)
        draws.push_back({position_after(program, {point_gradient(model, i, start)}), 1.0 / 7.0});
    const Law law = law_of(draws);
    EXPECT_LT(relative_difference(law.mean, as_vector(program.centre)), 1e-13);
    const Matrix expected = gradient_noise_covariance_at(model, sampled(Sampling::without_replacement, 1), start);
    EXPECT_LT(relative_difference(law.covariance, expected), 1e-13);
    expect_scales(program, expected);
    EXPECT_GE(shard_count(program, 100000) * program.shard_chains, 100000);
    EXPECT_GE(shard_count(program, 100000), min_auto_shards);
    EXPECT_EQ(program.velocity_scale, std::exp2(std::floor(std::log2(program.velocity_scale))));
}

TEST(GradientNoise, every_model_makes_a_program_that_a_backend_takes) {
    Experiment experiment;
    for (const LossModel& model :
         {least_squares(9, 2, 0.3, 4), quadratic(2, 5), finite_quadratic(9, 2, 6), gaussian_regression(2, 0.5, 7)}) {
        const std::int64_t whole = std::max<std::int64_t>(model.training_points(), 1);
        for (const Sampling sampling : {Sampling::with_replacement, Sampling::without_replacement, Sampling::reshuffle})
            EXPECT_NO_THROW(check_program(gradient_noise_program(experiment, model, sampled(sampling, whole))));
        EXPECT_NO_THROW(check_program(weighted_sum_program(experiment, model, {0.5, 0.25})));
        EXPECT_NO_THROW(
            check_program(displacement_program(experiment, model, sampled(Sampling::with_replacement, 3), 4)));
    }
    experiment.gradient_noise.at = Vector::Zero(3);
    EXPECT_THROW(gradient_noise_program(experiment, quadratic(2, 5), sampled(Sampling::with_replacement, 1)),
                 InputError);
}

TEST(WeightedSum, profiles) {
    Experiment experiment;
    WeightedSumSpec& spec = experiment.weighted_sum;
    EXPECT_THROW(weighted_sum_weights(experiment), InputError);
    spec.profile = WeightProfile::uniform;
    spec.length = 4;
    EXPECT_EQ(weighted_sum_weights(experiment), std::vector<double>(4, 0.25));
    spec.profile = WeightProfile::momentum;
    spec.momentum = 0.5;
    EXPECT_EQ(weighted_sum_weights(experiment), (std::vector<double>{0.5, 0.25, 0.125, 0.0625}));
    spec.profile = WeightProfile::random;
    spec.length = 1000;
    const std::vector<double> random = weighted_sum_weights(experiment);
    EXPECT_EQ(random, weighted_sum_weights(experiment));
    EXPECT_EQ(std::set<double>(random.begin(), random.end()).size(), 1000U);
    EXPECT_GT(as_vector(random).minCoeff(), 0.0);
    EXPECT_LT(as_vector(random).maxCoeff(), 1.0);
    EXPECT_NEAR(as_vector(random).mean(), 0.5, 0.04);  // 4 standard errors, and the seed is fixed
    experiment.ensemble.seed = 2;
    EXPECT_NE(random, weighted_sum_weights(experiment));
    spec.profile.reset();
    spec.alpha = {1.0, -2.0};
    EXPECT_EQ(weighted_sum_weights(experiment), spec.alpha);
}

TEST(WeightedSum, the_last_position_is_the_sum) {
    const LossModel model = least_squares(9, 2, 0.3, 9);
    const std::vector<double> alpha{0.5, -0.25, 0.125};
    const CellProgram program = weighted_sum_program({}, model, alpha);
    EXPECT_TRUE(program.frozen);
    EXPECT_EQ(program.steps(), 3);
    EXPECT_EQ(program.draws, 1);
    EXPECT_EQ(program.batch_size, 1);
    EXPECT_EQ(program.sampling, BatchSampling::with_replacement);
    std::vector<Vector> gradients;
    Vector sum = Vector::Zero(2);
    for (std::size_t k = 0; k < 3; ++k) {
        gradients.push_back(point_gradient(model, static_cast<Index>(k), Vector::Zero(2)));
        sum += alpha[k] * gradients.back();
    }
    EXPECT_LT((position_after(program, gradients) - sum).norm(), 1e-15);
    EXPECT_NEAR(squared_influences(program), 0.25 + 0.0625 + 0.015625, 1e-15);
    expect_scales(program, squared_influences(program) * model.gradient_noise_covariance);
}

TEST(Displacement, program_and_exact_law_agree_with_summed_influences) {
    const LossModel model = quadratic(2, 10);
    for (Cell cell : sgd_cells())
        for (const std::int64_t window : {1, 2, 7, 60}) {
            const CellProgram program = displacement_program({}, model, cell, window);
            const double factor = displacement_factor(cell, window);
            EXPECT_NEAR(squared_influences(program) / factor, 1.0, 1e-12) << describe(cell) << " T=" << window;
            expect_scales(program, factor / 2.0 * model.gradient_noise_covariance);
        }
}

TEST(Displacement, heavy_ball_has_the_closed_form) {
    // docs/theory.md, section 7: η² [ T/(1−μ)² − 2μ(1−μ^T)/((1−μ)³(1+μ)) ].
    for (const double mu : {0.0, 0.5, 0.9, 0.99})
        for (const std::int64_t window : {1, 2, 5, 10, 50, 200}) {
            const auto t = static_cast<double>(window);
            const double rest = 1.0 - mu;
            const double closed =
                t / (rest * rest) - 2.0 * mu * (1.0 - std::pow(mu, t)) / (rest * rest * rest * (1.0 + mu));
            EXPECT_NEAR(displacement_factor(sgd_cell(0.3, 4, mu), window) / (0.09 * closed), 1.0, 1e-10);
        }
}

TEST(Displacement, long_windows_have_the_total_influence) {
    for (const Cell& cell : sgd_cells()) {
        const double limit = total_influence_factor(cell);
        EXPECT_NEAR(displacement_factor(cell, 100000) / (100000.0 * limit), 1.0, 2e-4) << describe(cell);
        if (cell.momentum > 0.0 && cell.update == UpdateRule::heavy_ball) {
            EXPECT_LT(displacement_factor(cell, 1), 0.5 * limit);
        }
    }
}

TEST(Displacement, what_has_no_such_law_is_refused) {
    const LossModel model = finite_quadratic(9, 2, 11);
    EXPECT_THROW(displacement_program({}, model, sampled(Sampling::reshuffle, 3), 2), InputError);
    EXPECT_THROW(displacement_program({}, model, langevin_cell(0.1, 1), 2), InputError);
    EXPECT_THROW(displacement_program({}, model, sgd_cell(0.1, 1, 1.0 - 1e-9), 2), InputError);
    EXPECT_NO_THROW(displacement_program({}, model, sampled(Sampling::without_replacement, 3), 2));
}

TEST(NoisePrograms, keys_are_their_own) {
    const LossModel model = least_squares(9, 2, 0.3, 12);
    Experiment experiment;
    Experiment other_seed;
    other_seed.ensemble.seed = 2;
    Experiment elsewhere;
    elsewhere.gradient_noise.at = Vector::Zero(2);
    const Cell one = sgd_cell(0.1, 1);
    Cell two = sgd_cell(0.1, 2);
    two.key = 43;
    const std::vector<std::uint64_t> keys{
        one.key,
        two.key,
        noise_hash(experiment, model).value(),
        gradient_noise_program(experiment, model, one).key,
        gradient_noise_program(experiment, model, two).key,
        gradient_noise_program(experiment, model, sampled(Sampling::without_replacement, 2)).key,
        gradient_noise_program(other_seed, model, one).key,
        gradient_noise_program(elsewhere, model, one).key,
        weighted_sum_program(experiment, model, {0.5}).key,
        weighted_sum_program(experiment, model, {0.5, 0.0}).key,
        weighted_sum_program(experiment, model, {0.25}).key,
        weighted_sum_program(other_seed, model, {0.5}).key,
        displacement_program(experiment, model, one, 1).key,
        displacement_program(experiment, model, one, 2).key,
        displacement_program(experiment, model, two, 1).key};
    EXPECT_EQ(std::set<std::uint64_t>(keys.begin(), keys.end()).size(), keys.size());
}

}  // namespace
}  // namespace stationary

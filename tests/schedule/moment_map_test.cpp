#include "host/schedule/moment_map.h"

#include "host/algebra/blocked_multiply.h"
#include "host/algebra/fixed_order.h"
#include "tests/support/synthetic_models.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace stationary {
namespace {

using namespace synthetic;
using Index = Eigen::Index;

double relative_difference(const Matrix& a, const Matrix& b) { return (a - b).norm() / b.norm(); }

Vector point_gradient(const LossModel& model, Index i, const Vector& delta) {
    const Vector x = model.features.row(i);
    return x * (x.dot(delta) + model.residuals(i)) + model.ridge * (delta + model.minimizer);
}

/// PyTorch's SGD, written as its documentation has it, not as a matrix.
Vector pytorch_step(const Cell& cell, const Vector& z, const Vector& gradient) {
    const Index d = gradient.size();
    const bool has_velocity = z.size() > d;
    Vector velocity = has_velocity ? Vector(z.tail(d)) : Vector::Zero(d);
    velocity = cell.momentum * velocity + (1.0 - cell.dampening) * gradient;
    const Vector direction =
        cell.update == UpdateRule::nesterov ? Vector(gradient + cell.momentum * velocity) : velocity;
    Vector next(z.size());
    next.head(d) = z.head(d) - cell.learning_rate * direction;
    if (has_velocity) next.tail(d) = velocity;
    return next;
}

/// Every state, every ordered batch of two training points.
std::vector<Vector> all_next_states(const LossModel& model, const Cell& cell, const std::vector<Vector>& states) {
    std::vector<Vector> next;
    const Index d = model.dimension();
    for (const Vector& z : states)
        for (Index i = 0; i < model.training_points(); ++i)
            for (Index j = 0; j < model.training_points(); ++j) {
                const Vector delta = z.head(d);
                const Vector gradient = 0.5 * (point_gradient(model, i, delta) + point_gradient(model, j, delta));
                next.push_back(pytorch_step(cell, z, gradient));
            }
    return next;
}

TEST(MomentMap, blocked_products_have_the_same_bits) {
    Uniform uniform(1);
    for (const Index rows : {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 37, 55, 64}) {
        const Matrix a = random_matrix(rows, 21, uniform);
        const Matrix b = random_matrix(21, 19, uniform);
        const Matrix s = fixed_order::transposed_multiply(b.transpose(), b.transpose());
        EXPECT_EQ(fixed_order::blocked_multiply(a, b), fixed_order::multiply(a, b));
        EXPECT_EQ(fixed_order::blocked_multiply(a, Vector(b.col(3))), fixed_order::multiply(a, Vector(b.col(3))));
        EXPECT_EQ(fixed_order::blocked_congruence(a, s), fixed_order::congruence(a, s));
    }
    // More than a panel of inner indices, rows and columns that no tile divides.
    for (const Index rows : {64, 71, 100}) {
        const Matrix a = random_matrix(rows, 523, uniform);
        for (const Index columns : {3, 4, 7}) {
            const Matrix b = random_matrix(523, columns, uniform);
            EXPECT_EQ(fixed_order::blocked_multiply(a, b), fixed_order::multiply(a, b));
        }
    }
}

TEST(MomentMap, packed_triangle_and_back) {
    Uniform uniform(2);
    const Matrix a = random_matrix(5, 5, uniform);
    const Matrix symmetric = a + a.transpose();
    EXPECT_EQ(pack_upper(symmetric)(1), symmetric(0, 1));
    EXPECT_EQ(pack_upper(symmetric)(5), symmetric(1, 1));
    EXPECT_EQ(unpack_upper(pack_upper(symmetric), 5), symmetric);
}

TEST(StateNoise, equals_the_noise_of_enumerated_training_points) {
    // 150 points: more than two chunks of rows; 7 parameters: more than a tile of products.
    const LossModel model = least_squares(150, 7, 0.3, 11);
    const std::vector<Vector> states = some_states(7, 12);
    Matrix expected = Matrix::Zero(7, 7);
    for (const Vector& delta : states)
        for (Index i = 0; i < 150; ++i) {
            const Vector noise = point_gradient(model, i, delta) - model.hessian * delta;
            expected += noise * noise.transpose() / (150.0 * static_cast<double>(states.size()));
        }
    const StateNoise state_noise(model);
    const StateMoments moments = moments_of(states);
    const Matrix noise = state_noise.curvature_noise(moments.second) + state_noise.cross_noise(moments.mean) +
                         model.gradient_noise_covariance;
    EXPECT_LT(relative_difference(noise, expected), 1e-13);
}

TEST(MomentMap, one_sgd_step_equals_full_enumeration) {
    const LossModel model = least_squares(9, 3, 0.2, 21);
    const StateNoise state_noise(model);
    for (const Cell& cell : sgd_cells()) {
        const MomentMap map(model, cell, &state_noise);
        const std::vector<Vector> states = some_states(map.state_size(), 22);
        const StateMoments expected = moments_of(all_next_states(model, cell, states));
        StateMoments next = map.apply(moments_of(states));
        next.second += map.source();
        EXPECT_LT(relative_difference(next.mean, expected.mean), 1e-13) << to_string(cell.update);
        EXPECT_LT(relative_difference(next.second, expected.second), 1e-13) << to_string(cell.update);
    }
}

TEST(MomentMap, without_replacement_scales_the_noise) {
    const LossModel model = least_squares(9, 2, 0.0, 23);
    Cell cell = sgd_cell(0.1, 4);
    EXPECT_DOUBLE_EQ(batch_noise_factor(model, cell), 0.25);
    cell.sampling = Sampling::without_replacement;
    EXPECT_DOUBLE_EQ(batch_noise_factor(model, cell), 5.0 / (4.0 * 8.0));
    EXPECT_DOUBLE_EQ(batch_noise_factor(quadratic(2, 1), cell), 0.25);
    cell.sampling = Sampling::reshuffle;
    EXPECT_DOUBLE_EQ(batch_noise_factor(model, cell), 5.0 / (4.0 * 8.0));
    cell.batch_size = 9;
    EXPECT_EQ(batch_noise_factor(model, cell), 0.0);
}

/// A batch gradient with its probability.
using Batches = std::vector<WeightedNormal>;

/// Moments after one step, over every state (equal weights) and every batch.
template <class BatchesAt>
StateMoments moments_after_step(const Cell& cell, const std::vector<Vector>& states, Index d, BatchesAt&& batches_at) {
    const Index k = states.front().size();
    StateMoments moments{Vector::Zero(k), Matrix::Zero(k, k)};
    for (const Vector& z : states)
        for (const WeightedNormal& batch : batches_at(Vector(z.head(d)))) {
            const Vector next = pytorch_step(cell, z, batch.z);
            const double weight = batch.weight / static_cast<double>(states.size());
            moments.mean += weight * next;
            moments.second += weight * next * next.transpose();
        }
    return moments;
}

/// Every pair of different training points; gradient(i) is that of point i.
template <class Gradient>
Batches pairs_without_replacement(Index points, Gradient&& gradient) {
    Batches batches;
    for (Index i = 0; i < points; ++i)
        for (Index j = 0; j < i; ++j)
            batches.push_back({0.5 * (gradient(i) + gradient(j)), 2.0 / static_cast<double>(points * (points - 1))});
    return batches;
}

void expect_step(const LossModel& model, const Cell& cell, const StateNoise* state_noise,
                 const std::function<Batches(const Vector&)>& batches_at) {
    const MomentMap map(model, cell, state_noise);
    const std::vector<Vector> states = some_states(map.state_size(), 24);
    const StateMoments expected = moments_after_step(cell, states, model.dimension(), batches_at);
    StateMoments next = map.apply(moments_of(states));
    next.second += map.source();
    EXPECT_LT(relative_difference(next.mean, expected.mean), 1e-13) << describe(cell);
    EXPECT_LT(relative_difference(next.second, expected.second), 1e-13) << describe(cell);
}

TEST(MomentMap, one_step_without_replacement_equals_full_enumeration) {
    const LossModel data = least_squares(9, 3, 0.2, 21);
    const StateNoise state_noise(data);
    const LossModel flat = finite_quadratic(9, 3, 22);
    for (Cell cell : sgd_cells()) {
        cell.sampling = Sampling::without_replacement;
        expect_step(data, cell, &state_noise, [&](const Vector& delta) {
            return pairs_without_replacement(9, [&](Index i) { return point_gradient(data, i, delta); });
        });
        expect_step(flat, cell, nullptr, [&](const Vector& delta) {
            return pairs_without_replacement(
                9, [&](Index i) { return Vector(flat.hessian * delta + flat.gradient_residuals.row(i).transpose()); });
        });
    }
}

TEST(MomentMap, one_step_of_gaussian_regression_equals_exact_quadrature) {
    const LossModel model = gaussian_regression(2, 0.7, 25);
    const StateNoise state_noise(model);
    for (const Cell& cell : sgd_cells()) {
        expect_step(model, cell, &state_noise, [&](const Vector& delta) {
            const Batches points = regression_gradients(model, delta);
            Batches batches;
            for (const WeightedNormal& a : points)
                for (const WeightedNormal& b : points) batches.push_back({0.5 * (a.z + b.z), a.weight * b.weight});
            return batches;
        });
    }
}

TEST(MomentMap, velocity_squares_are_those_of_an_enumerated_step) {
    const LossModel model = least_squares(9, 3, 0.2, 26);
    const StateNoise state_noise(model);
    Cell cell = sgd_cell(0.1, 1);
    cell.dampening = 0.25;
    std::vector<Vector> states = some_states(3, 27);
    for (int n = 0; n < 3; ++n) states.push_back(-states[n]);  // E δ = 0, as in the stationary state
    Vector expected = Vector::Zero(3);
    for (const Vector& delta : states)
        for (Index i = 0; i < 9; ++i)
            expected += (0.75 * point_gradient(model, i, delta)).cwiseAbs2() / static_cast<double>(9 * states.size());
    const MomentMap map(model, cell, &state_noise);
    EXPECT_LT(relative_difference(map.velocity_squares(moments_of(states).second), expected), 1e-13);
}

TEST(MomentMap, with_momentum_velocity_squares_are_in_the_state) {
    const LossModel model = quadratic(3, 28);
    const MomentMap map(model, sgd_cell(0.1, 2, 0.8), nullptr);
    const Matrix second = moments_of(some_states(6, 29)).second;
    EXPECT_EQ(map.velocity_squares(second), Vector(second.diagonal().tail(3)));
}

TEST(MomentMap, langevin_has_constant_noise_on_every_model) {
    const LossModel model = least_squares(20, 3, 0.1, 31);
    const Cell cell = langevin_cell(0.2, 4, 0.5);
    const MomentMap map(model, cell, nullptr);
    EXPECT_FALSE(map.has_state_noise());
    EXPECT_LT(relative_difference(map.transition(), Matrix::Identity(3, 3) - 0.1 * model.hessian), 1e-15);
    EXPECT_LT(relative_difference(map.source(), 0.1 * 0.2 / 4.0 * model.gradient_noise_covariance), 1e-15);
}

}  // namespace
}  // namespace stationary

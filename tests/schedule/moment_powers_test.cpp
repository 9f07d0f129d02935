#include "host/schedule/moment_powers.h"

#include "host/base/hash.h"
#include "tests/support/synthetic_models.h"

#include <gtest/gtest.h>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>

#include <cmath>
#include <string>
#include <vector>

namespace stationary {
namespace {

using namespace synthetic;
using Index = Eigen::Index;

double relative_difference(const Matrix& a, const Matrix& b) { return (a - b).norm() / b.norm(); }

Matrix kronecker(const Matrix& a, const Matrix& b) {
    Matrix product(a.rows() * b.rows(), a.cols() * b.cols());
    for (Index i = 0; i < a.rows(); ++i)
        for (Index j = 0; j < a.cols(); ++j)
            product.block(i * b.rows(), j * b.cols(), b.rows(), b.cols()) = a(i, j) * b;
    return product;
}

/// E (M_i ⊗ M_i) over training points for batches of one, M_i the step's matrix with H_i in place of H.
Matrix kronecker_map(const LossModel& model, const Cell& cell) {
    const MomentMap map(model, cell, nullptr);
    Matrix sum = Matrix::Zero(map.state_size() * map.state_size(), map.state_size() * map.state_size());
    for (Index i = 0; i < model.training_points(); ++i) {
        LossModel point = model;
        const Vector x = model.features.row(i);
        point.hessian = x * x.transpose() + model.ridge * Matrix::Identity(model.dimension(), model.dimension());
        const Matrix m = MomentMap(point, cell, nullptr).transition();
        sum += kronecker(m, m) / static_cast<double>(model.training_points());
    }
    return sum;
}

/// The model seen as a quadratic, for maps whose noise is left to the caller.
LossModel as_quadratic(LossModel model) {
    model.kind = ModelKind::quadratic;
    return model;
}

Matrix kronecker_stationary(const LossModel& model, const Cell& cell) {
    const LossModel quadratic_model = as_quadratic(model);
    const Matrix linear = kronecker_map(quadratic_model, cell);
    const Matrix source = MomentMap(quadratic_model, cell, nullptr).source();
    const Vector solution = (Matrix::Identity(linear.rows(), linear.cols()) - linear)
                                .fullPivLu()
                                .solve(Eigen::Map<const Vector>(source.data(), source.size()));
    return Eigen::Map<const Matrix>(solution.data(), source.rows(), source.cols());
}

TEST(MomentPowers, stationary_moment_equals_a_dense_kronecker_solve) {
    const LossModel model = least_squares(30, 3, 0.2, 41);
    const StateNoise state_noise(model);
    for (Cell cell : sgd_cells()) {
        cell.batch_size = 1;
        const MomentMap map(model, cell, &state_noise);
        const Matrix expected = kronecker_stationary(model, cell);
        for (const PowerMethod method : {PowerMethod::dense, PowerMethod::frozen_noise}) {
            MomentPowers powers(map, TrackedMoments::second, method);
            const auto stationary = powers.stationary_second_moment();
            ASSERT_TRUE(stationary);
            EXPECT_LT(relative_difference(*stationary, expected), 1e-8) << to_string(cell.update);
        }
    }
}

TEST(MomentPowers, additive_noise_solves_the_lyapunov_equation) {
    const LossModel model = quadratic(4, 51);
    for (const Cell& cell : {sgd_cell(0.1, 3, 0.9, UpdateRule::nesterov), langevin_cell(0.1, 3, 0.7)}) {
        const MomentMap map(model, cell, nullptr);
        const Index k = map.state_size();
        const Matrix linear = kronecker(map.transition(), map.transition());
        const Vector solution = (Matrix::Identity(k * k, k * k) - linear)
                                    .fullPivLu()
                                    .solve(Eigen::Map<const Vector>(map.source().data(), k * k));
        MomentPowers powers(map, TrackedMoments::second);
        EXPECT_EQ(powers.method(), PowerMethod::transition);
        EXPECT_LT(
            relative_difference(*powers.stationary_second_moment(), Eigen::Map<const Matrix>(solution.data(), k, k)),
            1e-9);
    }
}

TEST(MomentPowers, many_steps_equal_single_steps) {
    const LossModel model = least_squares(40, 3, 0.2, 61);
    const StateNoise state_noise(model);
    const MomentMap map(model, sgd_cell(0.05, 2, 0.8), &state_noise);
    const StateMoments start = moments_of(some_states(6, 62));
    StateMoments expected = start;
    for (int t = 0; t < 32; ++t) expected = map.apply(expected);
    StateMoments dense = start;
    MomentPowers(map, TrackedMoments::mean_and_second, PowerMethod::dense).advance(dense, 5);
    EXPECT_LT(relative_difference(dense.mean, expected.mean), 1e-12);
    EXPECT_LT(relative_difference(dense.second, expected.second), 1e-12);
    // One step at a time frozen noise is exact as well.
    StateMoments frozen = start;
    MomentPowers(map, TrackedMoments::mean_and_second, PowerMethod::frozen_noise).advance(frozen, 5);
    EXPECT_LT(relative_difference(frozen.second, expected.second), 1e-12);
}

TEST(MomentPowers, frozen_noise_keeps_the_rate_of_decay) {
    // One slow direction gives long blocks; a rate not far below the mean-square limit of the others, much noise in
    // them.
    const LossModel model = least_squares(40, 4, 0.0, 71, 0.1);
    const StateNoise state_noise(model);
    for (const Cell& cell : {sgd_cell(0.1, 1), sgd_cell(0.03, 1, 0.9)}) {
        const MomentMap map(model, cell, &state_noise);
        MomentPowers dense(map, TrackedMoments::second, PowerMethod::dense);
        MomentPowers frozen(map, TrackedMoments::second, PowerMethod::frozen_noise);
        const Matrix stationary = *dense.stationary_second_moment();
        frozen.choose_block(stationary);
        ASSERT_GE(frozen.log2_block(), 2);
        StateMoments exact{Vector::Zero(map.state_size()), stationary};
        StateMoments approximate = exact;
        StateMoments next = exact;
        StateMoments approximate_next = exact;
        dense.advance(next, 1);
        frozen.advance(approximate_next, 1);
        EXPECT_LT(relative_difference(approximate_next.second, next.second), 0.01);
        const int log2_steps = frozen.log2_block() + 5;
        dense.advance(exact, log2_steps);
        frozen.advance(approximate, log2_steps);
        const double decay = std::log(exact.second.norm() / stationary.norm());
        EXPECT_LT(decay, -2.0);
        const double approximate_decay = std::log(approximate.second.norm() / stationary.norm());
        EXPECT_NEAR(approximate_decay / decay, 1.0, 0.04);
    }
}

TEST(MomentPowers, no_stationary_moment_past_the_mean_square_limit) {
    const LossModel model = least_squares(40, 3, 0.2, 81);
    const StateNoise state_noise(model);
    // 2/λ_max is above this rate: the mean converges, the second moments do not.
    const double rate = 1.5 / model.hessian.norm();
    const MomentMap map(model, sgd_cell(rate, 1), &state_noise);
    EXPECT_GT(kronecker_map(as_quadratic(model), sgd_cell(rate, 1)).eigenvalues().cwiseAbs().maxCoeff(), 1.0);
    for (const PowerMethod method : {PowerMethod::dense, PowerMethod::frozen_noise})
        EXPECT_FALSE(MomentPowers(map, TrackedMoments::second, method).stationary_second_moment());
    const LossModel flat = quadratic(2, 82);
    const MomentMap linear(flat, sgd_cell(2.1 / flat.hessian.norm() * 1.5, 1), nullptr);
    EXPECT_FALSE(MomentPowers(linear, TrackedMoments::second).stationary_second_moment());
}

std::string hash_of(const Matrix& a) {
    Hash hash;
    for (Index i = 0; i < a.size(); ++i) hash.real(a.data()[i]);
    return hex(hash.value());
}

TEST(MomentPowers, moments_have_the_same_bits_on_every_compiler) {
    // Recorded values; g++ 12 and clang++ 14 give them at -O0 and at -O3 -march=native alike.
    const LossModel model = least_squares(100, 5, 0.2, 91);
    const StateNoise state_noise(model);
    const MomentMap map(model, sgd_cell(0.01, 2, 0.8), &state_noise);
    const StateMoments start = moments_of(some_states(10, 92));
    const std::vector<std::string> expected = {"2fa3fc67ff79ac02", "17b69acab592ba43", "9165adcb34d4ae7f",
                                               "2326ef28e9083808"};
    std::size_t next = 0;
    for (const PowerMethod method : {PowerMethod::dense, PowerMethod::frozen_noise}) {
        MomentPowers powers(map, TrackedMoments::mean_and_second, method);
        const Matrix stationary = powers.stationary_second_moment().value();
        EXPECT_EQ(hash_of(stationary), expected[next++]);
        powers.choose_block(stationary);
        StateMoments later = start;
        powers.advance(later, 7);
        EXPECT_EQ(hash_of(later.second), expected[next++]);
    }
}

}  // namespace
}  // namespace stationary

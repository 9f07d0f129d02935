#include "host/laws/large_minibatch_law.h"

#include "host/algebra/krylov.h"
#include "host/laws/minibatch_law.h"
#include "host/laws/model_laws.h"
#include "tests/support/synthetic_models.h"

#include <gtest/gtest.h>

#include <cmath>

namespace stationary {
namespace {

using namespace synthetic;
using Index = Eigen::Index;

/// A data set with both kinds of law.
struct Laws {
    LossModel model;
    Eigenbasis basis;
    Matrix table;
    FeatureNoise noise;

    explicit Laws(LossModel m)
        : model(std::move(m)),
          basis(make_eigenbasis(model.hessian)),
          table(MinibatchLaw::state_noise_of(model, basis)),
          noise(model.features * basis.directions.cast<double>()) {}
};

const std::vector<Cell> every_rule{sgd_cell(0.1, 2), sgd_cell(0.1, 2, 0.9), sgd_cell(0.1, 2, 0.7, UpdateRule::nesterov),
                                   sgd_cell(0.1, 2, 0.5, UpdateRule::ema)};

TEST(FeatureNoise, IsTheMeanOverTheTrainingPoints) {
    const Laws laws(least_squares(150, 7, 0.3, 11));
    const Matrix y = laws.model.features * laws.basis.directions.cast<double>();
    Uniform uniform(4);
    const Matrix a = random_matrix(7, 7, uniform);
    const Matrix p = a * a.transpose();
    const Matrix g = y.transpose() * y / 150.0;
    Matrix expected = -g * p * g;
    for (Index n = 0; n < 150; ++n) {
        const Vector x = y.row(n);
        expected += x * (x.dot(p * x)) * x.transpose() / 150.0;
    }
    EXPECT_LT((laws.noise(p) - expected).cwiseAbs().maxCoeff(), 1e-12 * expected.cwiseAbs().maxCoeff());
    const Vector variances = p.diagonal();
    const Matrix diagonal = laws.noise(variances.asDiagonal());
    EXPECT_LT((laws.noise.coupling() * variances - diagonal.diagonal()).cwiseAbs().maxCoeff(), 1e-11);
}

TEST(LargeMinibatchLaw, IsTheTabulatedLaw) {
    const Laws laws(least_squares(60, 6, 0.1, 12));
    for (const Cell& rule : every_rule) {
        const SgdStep step = make_sgd_step(rule);
        const MinibatchLaw tabulated(laws.table, laws.basis, 0.5);
        const LargeMinibatchLaw large(laws.noise, laws.basis, 0.5);
        const double limit = tabulated.learning_rate_limit(step);
        EXPECT_NEAR(large.learning_rate_limit(step) / limit, 1.0, 1e-7);
        for (const double fraction : {0.05, 0.6, 0.98}) {
            const RealMatrix response = noise_response(step, fraction * limit, laws.basis.curvature);
            const RealMatrix noise = Real(0.5) * laws.basis.to_modes(laws.model.gradient_noise_covariance);
            const Matrix expected = tabulated.covariance(response, noise);
            const auto found = large.covariance(response, noise);
            ASSERT_TRUE(found);
            EXPECT_LT((*found - expected).cwiseAbs().maxCoeff(), 1e-8 * expected.cwiseAbs().maxCoeff());
        }
        const RealMatrix beyond = noise_response(step, 1.01 * limit, laws.basis.curvature);
        EXPECT_FALSE(large.covariance(beyond, laws.basis.to_modes(laws.model.gradient_noise_covariance)));
        EXPECT_FALSE(large.covariance(beyond, RealMatrix::Zero(6, 6)));
    }
}

TEST(LargeMinibatchLaw, TheLimitWithoutCorrelationsIsNear) {
    const Laws laws(least_squares(400, 8, 0.1, 13));
    for (const Cell& rule : every_rule) {
        const SgdStep step = make_sgd_step(rule);
        const double limit = LargeMinibatchLaw(laws.noise, laws.basis, 0.5).learning_rate_limit(step);
        const double approximate =
            approximate_learning_rate_limit(laws.noise.coupling(), laws.basis.curvature, 0.5, step);
        EXPECT_NEAR(approximate / limit, 1.0, 0.1);
    }
}

TEST(LargeMinibatchLaw, WhatWouldTakeTooLongIsNamed) {
    LossModel model;
    model.kind = ModelKind::least_squares;
    model.hessian = Matrix::Identity(64, 64);
    Uniform uniform(14);
    model.features = random_matrix(100, 64, uniform);
    EXPECT_TRUE(theories_not_computed(model, sgd_cell(0.1, 2)).empty());
    model.features = random_matrix(130000, 64, uniform);
    EXPECT_EQ(theories_not_computed(model, sgd_cell(0.1, 2)), std::vector<Theory>{Theory::least_squares});
    EXPECT_TRUE(theories_not_computed(model, langevin_cell(0.1, 2)).empty());
}

TEST(LargeMinibatchLaw, IsWhatPredictGivesFor32Parameters) {
    const LossModel model = least_squares(100, 32, 0.2, 15);
    const Cell cell = sgd_cell(0.002, 2);
    const ModelLaws laws(model);
    const Prediction law = laws.predict(cell).back();
    ASSERT_EQ(law.theory, Theory::least_squares);
    const MinibatchLaw tabulated(MinibatchLaw::state_noise_of(model, laws.basis()), laws.basis(), 0.5);
    const RealMatrix response = noise_response(make_sgd_step(cell), cell.learning_rate, laws.basis().curvature);
    const Matrix expected = tabulated.covariance(response, Real(0.5) * laws.point_noise());
    const Matrix found = laws.basis().to_modes(law.covariance).cast<double>();
    EXPECT_LT((found - expected).cwiseAbs().maxCoeff(), 1e-9 * expected.cwiseAbs().maxCoeff());
}

TEST(Krylov, SolvesAndFindsEigenvaluesOfAKnownMap) {
    // X ← w_i X_ij w_j: eigenvalues w_i w_j.
    const Vector w{{0.9, 0.5, -0.3}};
    const MatrixMap map = [&w](const Matrix& x) -> Matrix { return w.asDiagonal() * x * w.asDiagonal(); };
    const auto solution = solve_fixed_point(map, Matrix::Ones(3, 3), 1e-13);
    ASSERT_TRUE(solution);
    for (Index i = 0; i < 3; ++i)
        for (Index j = 0; j < 3; ++j) EXPECT_NEAR((*solution)(i, j), 1.0 / (1.0 - w(i) * w(j)), 1e-11);
    Matrix start = Matrix::Identity(3, 3);
    EXPECT_NEAR(dominant_eigenvalue(map, start, 1e-12), 0.81, 1e-12);
    EXPECT_NEAR(std::abs(start(0, 0)), 1.0, 1e-10);
}

}  // namespace
}  // namespace stationary

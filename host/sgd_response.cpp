#include "host/sgd_response.h"

#include <Eigen/LU>

namespace stationary {
namespace {

using Mode = Eigen::Matrix<Real, 2, 2>;
using PairMap = Eigen::Matrix<Real, 4, 4>;

Mode mode_increment(const SgdStep& step, Real x) {
    Mode increment;
    increment << -Real(step.position_gain) * x, -Real(step.velocity_carry),  //
        Real(step.velocity_gain) * x, Real(step.momentum) - 1;
    return increment;
}

PairMap kronecker(const Mode& left, const Mode& right) {
    PairMap product;
    for (int row = 0; row < 4; ++row) {
        for (int column = 0; column < 4; ++column) {
            product(row, column) = left(row / 2, column / 2) * right(row % 2, column % 2);
        }
    }
    return product;
}

/// E δ_i δ_j for unit ηξ shared by both modes: the first entry of the solution of Z = M_i Z M_jᵀ + b bᵀ.
/// I − M_i ⊗ M_j is written with D = M − I, because for small x the difference would keep no digits.
Real pair_response(const SgdStep& step, Real x_i, Real x_j) {
    const Mode d_i = mode_increment(step, x_i);
    const Mode d_j = mode_increment(step, x_j);
    const Mode identity = Mode::Identity();
    const PairMap decay = -(kronecker(d_i, identity) + kronecker(identity, d_j) + kronecker(d_i, d_j));
    const Real a = step.position_gain;
    const Real gamma = step.velocity_gain;
    const Eigen::Matrix<Real, 4, 1> source(a * a, -a * gamma, -a * gamma, gamma * gamma);
    return decay.partialPivLu().solve(source)(0);
}

}  // namespace

SgdStep make_sgd_step(const Cell& cell) {
    SgdStep step;
    step.momentum = cell.momentum;
    step.velocity_gain = 1.0 - (cell.update == UpdateRule::ema ? cell.momentum : cell.dampening);
    if (cell.update == UpdateRule::nesterov) {
        step.direct_gain = 1.0;
        step.position_gain = 1.0 + step.momentum * step.velocity_gain;
        step.velocity_carry = step.momentum * step.momentum;
    } else {
        step.position_gain = step.velocity_gain;
        step.velocity_carry = step.momentum;
    }
    return step;
}

double long_run_gain(const SgdStep& step) {
    return (step.position_gain - step.momentum * step.direct_gain) / (1.0 - step.momentum);
}

double mean_stability_limit(const SgdStep& step) {
    if (!(long_run_gain(step) > 0.0)) {
        return 0.0;
    }
    return 2.0 * (1.0 + step.momentum) / (step.position_gain + step.momentum * step.direct_gain);
}

RealMatrix noise_response(const SgdStep& step, double learning_rate, const RealVector& curvature) {
    const Eigen::Index dimension = curvature.size();
    const Real eta = learning_rate;
    RealMatrix response(dimension, dimension);
    for (Eigen::Index j = 0; j < dimension; ++j) {
        for (Eigen::Index i = 0; i <= j; ++i) {
            response(i, j) = eta * eta * pair_response(step, eta * curvature(i), eta * curvature(j));
            response(j, i) = response(i, j);
        }
    }
    return response;
}

}  // namespace stationary

#include "host/laws/sgd_response.h"

#include "host/laws/mode_pair.h"

namespace stationary {
namespace {

/// E δ_i δ_j for unit ηξ shared by both modes: the first entry of the solution of Z = M_i Z M_jᵀ + b bᵀ.
Real pair_response(const SgdStep& step, Real x_i, Real x_j) {
    const ModeState gain(-Real(step.position_gain), Real(step.velocity_gain));
    return stationary_pair(mode_increment(step, x_i), mode_increment(step, x_j), gain * gain.transpose())(0, 0);
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

RealVector mode_responses(const SgdStep& step, double learning_rate, const RealVector& curvature) {
    const Real eta = learning_rate;
    RealVector responses(curvature.size());
    for (Eigen::Index i = 0; i < curvature.size(); ++i) {
        responses(i) = eta * eta * pair_response(step, eta * curvature(i), eta * curvature(i));
    }
    return responses;
}

}  // namespace stationary

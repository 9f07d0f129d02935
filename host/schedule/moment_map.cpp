#include "host/schedule/moment_map.h"

#include "host/algebra/blocked_multiply.h"

#include <stdexcept>
#include <utility>

namespace stationary {
namespace {

using Index = Eigen::Index;

Matrix identity_plus(double factor, const Matrix& a) {
    Matrix sum = factor * a;
    for (Index i = 0; i < a.rows(); ++i) sum(i, i) += 1.0;
    return sum;
}

/// M of docs/theory.md, section 4, on (δ, v); on δ alone without momentum.
Matrix sgd_transition(const Matrix& hessian, const StepWeights& weights, double position_gain) {
    if (weights.momentum == 0.0) return identity_plus(position_gain, hessian);
    const Index d = hessian.rows();
    Matrix transition = Matrix::Zero(2 * d, 2 * d);
    transition.topLeftCorner(d, d) = identity_plus(position_gain, hessian);
    transition.bottomLeftCorner(d, d) = weights.gradient_weight * hessian;
    for (Index i = 0; i < d; ++i) {
        transition(i, d + i) = -weights.step_size * (weights.velocity_weight * weights.momentum);
        transition(d + i, d + i) = weights.momentum;
    }
    return transition;
}

}  // namespace

StepWeights step_weights(const Cell& cell) {
    StepWeights weights;
    weights.step_size = cell.time_step * cell.learning_rate;
    if (cell.dynamics == Dynamics::langevin) return weights;
    weights.step_size = cell.learning_rate;
    weights.momentum = cell.momentum;
    weights.gradient_weight = 1.0 - cell.dampening;
    if (cell.update == UpdateRule::nesterov) {
        weights.direct_weight = 1.0;
        weights.velocity_weight = cell.momentum;
    }
    return weights;
}

double batch_noise_factor(const LossModel& model, const Cell& cell) {
    const auto batch = static_cast<double>(cell.batch_size);
    if (cell.sampling == Sampling::with_replacement || model.training_points() == 0) return 1.0 / batch;
    const auto points = static_cast<double>(model.training_points());
    return points == 1.0 ? 0.0 : (points - batch) / (batch * (points - 1.0));
}

MomentMap::MomentMap(const LossModel& model, const Cell& cell, const StateNoise* state_noise)
    : dimension_(model.dimension()),
      noise_factor_(batch_noise_factor(model, cell)),
      hessian_(model.hessian),
      noise_(noise_factor_ * model.gradient_noise_covariance) {
    const StepWeights weights = step_weights(cell);
    step_size_ = weights.step_size;
    if (cell.dynamics == Dynamics::langevin) {
        transition_ = identity_plus(-step_size_, model.hessian);
        source_ = (step_size_ * cell.learning_rate * noise_factor_) * model.gradient_noise_covariance;
        return;
    }
    velocity_gain_ = weights.gradient_weight;
    position_gain_ = -weights.step_size * (weights.direct_weight + weights.velocity_weight * weights.gradient_weight);
    transition_ = sgd_transition(model.hessian, weights, position_gain_);
    source_ = injected(noise_);
    if (!has_state_dependent_noise(model)) return;
    if (state_noise == nullptr) throw std::invalid_argument("SGD on a regression needs the model's StateNoise");
    state_noise_ = state_noise;
}

MomentMap::MomentMap(Index dimension, double step_size, Matrix transition, Matrix source)
    : dimension_(dimension), step_size_(step_size), transition_(std::move(transition)), source_(std::move(source)) {}

Matrix MomentMap::injected(const Matrix& noise) const {
    const Index d = dimension_;
    if (transition_.rows() == d) return (position_gain_ * position_gain_) * noise;
    Matrix product(2 * d, 2 * d);
    product.topLeftCorner(d, d) = (position_gain_ * position_gain_) * noise;
    product.topRightCorner(d, d) = (position_gain_ * velocity_gain_) * noise;
    product.bottomLeftCorner(d, d) = (position_gain_ * velocity_gain_) * noise;
    product.bottomRightCorner(d, d) = (velocity_gain_ * velocity_gain_) * noise;
    return product;
}

Matrix MomentMap::state_dependent_noise(const StateMoments& moments) const {
    if (state_noise_ == nullptr) return Matrix::Zero(state_size(), state_size());
    Matrix noise = state_noise_->curvature_noise(moments.second.topLeftCorner(dimension_, dimension_));
    if ((moments.mean.array() != 0.0).any()) noise += state_noise_->cross_noise(moments.mean.head(dimension_));
    return injected(noise_factor_ * noise);
}

Matrix MomentMap::gradient_second_moment(const Matrix& position_second_moment) const {
    Matrix moment = fixed_order::blocked_congruence(hessian_, position_second_moment) + noise_;
    if (has_state_noise()) moment += noise_factor_ * state_noise_->curvature_noise(position_second_moment);
    return moment;
}

Vector MomentMap::velocity_squares(const Matrix& second) const {
    const Index d = dimension_;
    if (second.rows() > d) return second.diagonal().tail(d);
    return (velocity_gain_ * velocity_gain_) * gradient_second_moment(second).diagonal();
}

StateMoments MomentMap::apply(const StateMoments& moments) const {
    StateMoments next;
    next.mean = fixed_order::blocked_multiply(transition_, moments.mean);
    next.second = fixed_order::blocked_congruence(transition_, moments.second);
    if (has_state_noise()) next.second += state_dependent_noise(moments);
    return next;
}

}  // namespace stationary

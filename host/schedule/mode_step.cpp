#include "host/schedule/mode_step.h"

#include "host/schedule/moment_map.h"

#include <algorithm>
#include <cmath>

namespace stationary {
namespace {

using Index = Eigen::Index;

constexpr int most_doublings = 40;

double largest_entry(const ModeStep& step) {
    return std::max({std::abs(step.position), std::abs(step.carry), std::abs(step.pull), std::abs(step.momentum)});
}

ModeStep mode_step(const StepWeights& weights, double position_gain, double curvature) {
    ModeStep step;
    step.position = 1.0 + position_gain * curvature;
    if (weights.momentum == 0.0) return step;
    step.carry = -weights.step_size * (weights.velocity_weight * weights.momentum);
    step.pull = weights.gradient_weight * curvature;
    step.momentum = weights.momentum;
    return step;
}

}  // namespace

ModeStep product(const ModeStep& a, const ModeStep& b) {
    return {a.position * b.position + a.carry * b.pull, a.position * b.carry + a.carry * b.momentum,
            a.pull * b.position + a.momentum * b.pull, a.pull * b.carry + a.momentum * b.momentum};
}

ModeBlock carried(const ModeStep& left, const ModeStep& right, const ModeBlock& x) {
    const double pp = left.position * x.positions + left.carry * x.velocity_position;
    const double pv = left.position * x.position_velocity + left.carry * x.velocities;
    const double vp = left.pull * x.positions + left.momentum * x.velocity_position;
    const double vv = left.pull * x.position_velocity + left.momentum * x.velocities;
    return {pp * right.position + pv * right.carry, pp * right.pull + pv * right.momentum,
            vp * right.position + vv * right.carry, vp * right.pull + vv * right.momentum};
}

ModeBlock operator+(const ModeBlock& a, const ModeBlock& b) {
    return {a.positions + b.positions, a.position_velocity + b.position_velocity,
            a.velocity_position + b.velocity_position, a.velocities + b.velocities};
}

ModeBlock operator*(double factor, const ModeBlock& a) {
    return {factor * a.positions, factor * a.position_velocity, factor * a.velocity_position, factor * a.velocities};
}

ModeChain::ModeChain(const LossModel& model, const Cell& cell, const Vector& curvature) {
    const StepWeights weights = step_weights(cell);
    const bool sgd = cell.dynamics == Dynamics::sgd;
    step_size_ = weights.step_size;
    has_velocity_ = sgd && weights.momentum != 0.0;
    const double gain = -step_size_ * (weights.direct_weight + weights.velocity_weight * weights.gradient_weight);
    const double position_gain = sgd ? gain : -step_size_;
    for (const double h : curvature) steps_.push_back(mode_step(weights, position_gain, h));
    const double c = batch_noise_factor(model, cell);
    if (!sgd) {
        unit_noise_.positions = step_size_ * cell.learning_rate * c;
        return;
    }
    unit_noise_.positions = c * (gain * gain);
    if (!has_velocity_) return;
    unit_noise_.position_velocity = unit_noise_.velocity_position = c * (gain * weights.gradient_weight);
    unit_noise_.velocities = c * (weights.gradient_weight * weights.gradient_weight);
}

const std::vector<ModeStep>& ModeChain::powers(int k) {
    if (powers_.empty()) powers_.push_back(steps_);
    while (static_cast<int>(powers_.size()) <= k) {
        std::vector<ModeStep> squares;
        squares.reserve(steps_.size());
        for (const ModeStep& step : powers_.back()) squares.push_back(product(step, step));
        powers_.push_back(std::move(squares));
    }
    return powers_[static_cast<std::size_t>(k)];
}

int ModeChain::log2_memory() {
    constexpr double forgotten = 1e-12;
    for (int k = 0; k <= most_doublings; ++k) {
        double largest = 0.0;
        for (const ModeStep& step : powers(k)) {
            const double entry = largest_entry(step);
            if (!(entry <= 1e30)) return -1;
            largest = std::max(largest, entry);
        }
        if (largest <= forgotten) return k;
    }
    return -1;
}

ModeCovariance stationary_covariance(ModeChain& chain, const Matrix& noise) {
    const Index d = chain.dimension();
    const int doublings = chain.log2_memory();
    std::vector<std::vector<ModeStep>> of_mode(static_cast<std::size_t>(d));
    for (int k = 0; k < doublings; ++k)
        for (std::size_t i = 0; i < of_mode.size(); ++i) of_mode[i].push_back(chain.powers(k)[i]);
    ModeCovariance covariance{Matrix(d, d), chain.has_velocity() ? Matrix(d, d) : Matrix()};
    for (Index j = 0; j < d; ++j) {
        for (Index i = 0; i <= j; ++i) {
            const auto& left = of_mode[static_cast<std::size_t>(i)];
            const auto& right = of_mode[static_cast<std::size_t>(j)];
            ModeBlock sum = chain.unit_noise();
            for (std::size_t k = 0; k < left.size(); ++k) sum = sum + carried(left[k], right[k], sum);
            covariance.positions(i, j) = covariance.positions(j, i) = noise(i, j) * sum.positions;
            if (!chain.has_velocity()) continue;
            covariance.velocities(i, j) = covariance.velocities(j, i) = noise(i, j) * sum.velocities;
        }
    }
    return covariance;
}

}  // namespace stationary

#include "host/schedule/mode_relaxation.h"

#include "host/algebra/blocked_multiply.h"
#include "host/algebra/fixed_eigenbasis.h"
#include "host/algebra/fixed_order.h"
#include "host/schedule/relaxation.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace stationary {
namespace {

using Index = Eigen::Index;

ModeBlock block_of(const Matrix& second, Index i) { return {second(i, 0), second(i, 1), second(i, 1), second(i, 2)}; }

void set_block(Matrix& second, Index i, const ModeBlock& block) {
    second(i, 0) = block.positions;
    second(i, 1) = block.position_velocity;
    second(i, 2) = block.velocities;
}

/// (λ₁⁸ + λ₂⁸)^(1/8) of [[a, b], [b, c]].
double schatten_8_norm(double a, double b, double c) {
    const double size = std::max({std::abs(a), std::abs(b), std::abs(c)});
    if (size == 0.0 || !std::isfinite(size)) return std::abs(a) + std::abs(b) + std::abs(c);
    a /= size;
    b /= size;
    c /= size;
    for (int squaring = 0; squaring < 3; ++squaring) {
        const double next_a = a * a + b * b;
        const double next_b = b * (a + c);
        const double next_c = b * b + c * c;
        a = next_a;
        b = next_b;
        c = next_c;
    }
    return size * std::sqrt(std::sqrt(std::sqrt(a + c)));
}

/// (Σ x⁸)^(1/8) of numbers ≥ 0; passes on what is not finite.
double eighth_norm(const Vector& values) {
    double largest = 0.0;
    for (const double value : values) {
        if (!std::isfinite(value)) return value;
        largest = std::max(largest, value);
    }
    if (largest == 0.0) return 0.0;
    double sum = 0.0;
    for (const double value : values) {
        const double square = (value / largest) * (value / largest);
        sum += (square * square) * (square * square);
    }
    return largest * std::sqrt(std::sqrt(std::sqrt(sum)));
}

}  // namespace

StateMoments ModePowers::carried_moments(const StateMoments& moments, int log2_steps) {
    const Index d = chain_.dimension();
    const std::vector<ModeStep>& power = chain_.powers(log2_steps);
    StateMoments next{Vector(2 * d), Matrix(d, 3)};
    for (Index i = 0; i < d; ++i) {
        const ModeStep& m = power[static_cast<std::size_t>(i)];
        next.mean(i) = m.position * moments.mean(i) + m.carry * moments.mean(d + i);
        next.mean(d + i) = m.pull * moments.mean(i) + m.momentum * moments.mean(d + i);
        set_block(next.second, i, carried(m, m, block_of(moments.second, i)));
    }
    return next;
}

Matrix ModePowers::sum_over_block(const Vector& noise, int log2_steps) {
    Matrix sum(chain_.dimension(), 3);
    for (Index i = 0; i < sum.rows(); ++i) {
        ModeBlock block = noise(i) * chain_.unit_noise();
        for (int k = 0; k < log2_steps; ++k) {
            const ModeStep& m = chain_.powers(k)[static_cast<std::size_t>(i)];
            block = block + carried(m, m, block);
        }
        set_block(sum, i, block);
    }
    return sum;
}

Vector ModePowers::state_noise(const Matrix& second) const {
    return fixed_order::blocked_multiply(coupling_, Vector(second.col(0)));
}

void ModePowers::advance_block(StateMoments& moments, int log2_steps) {
    const Vector near_noise = state_noise(moments.second);
    const StateMoments carried = carried_moments(moments, log2_steps);
    StateMoments predicted = carried;
    predicted.second += sum_over_block(near_noise, log2_steps);
    if (log2_steps > 0) {
        const Vector mean_noise = 0.5 * (near_noise + state_noise(predicted.second));
        predicted.second = carried.second + sum_over_block(mean_noise, log2_steps);
    }
    moments = std::move(predicted);
}

void ModePowers::advance(StateMoments& moments, int log2_steps) {
    if (!has_blocks()) {
        moments = carried_moments(moments, log2_steps);
        return;
    }
    const int log2_block = std::min(log2_steps, log2_block_);
    for (std::int64_t n = std::int64_t{1} << (log2_steps - log2_block); n > 0; --n) advance_block(moments, log2_block);
}

ModeMeasure::ModeMeasure(const Matrix& stationary, Vector inflation, const ModeChain& chain, const Vector& initial)
    : position_deviation_(resolved_deviations(Vector(stationary.col(0)), initial)),
      factor_(Matrix::Zero(stationary.rows(), 3)),
      inflation_(std::move(inflation)) {
    constexpr double null_correlation = 0x1p-30;
    if (chain.has_velocity())
        velocity_deviation_ = resolved_deviations(Vector(stationary.col(2)), initial / chain.step_size());
    for (Index i = 0; i < stationary.rows(); ++i) {
        const double sd = position_deviation_(i);
        factor_(i, 0) = std::sqrt(std::max(stationary(i, 0) / (sd * sd), 1.0) + null_correlation);
        if (!chain.has_velocity()) continue;
        const double sv = velocity_deviation_(i);
        factor_(i, 1) = stationary(i, 1) / (sd * sv) / factor_(i, 0);
        const double rest = std::max(stationary(i, 2) / (sv * sv), 1.0) - factor_(i, 1) * factor_(i, 1);
        factor_(i, 2) = std::sqrt(std::max(rest, 0.0) + null_correlation);
    }
}

double ModeMeasure::mode_measure(const Matrix& second, Index i) const {
    const double sd = position_deviation_(i);
    const double l00 = factor_(i, 0);
    const double a = second(i, 0) / (sd * sd) / (l00 * l00);
    if (velocity_deviation_.size() == 0) return inflation_(i) * std::abs(a);
    const double sv = velocity_deviation_(i);
    const double l10 = factor_(i, 1);
    const double l11 = factor_(i, 2);
    const double cross = second(i, 1) / (sd * sv) / l00;
    const double b = (cross - l10 * a) / l11;
    const double c = (second(i, 2) / (sv * sv) - 2.0 * l10 * cross + l10 * l10 * a) / (l11 * l11);
    return inflation_(i) * schatten_8_norm(a, b, c);
}

double ModeMeasure::mean_measure(const Vector& mean) const {
    const Index d = inflation_.size();
    double sum = 0.0;
    for (Index i = 0; i < d; ++i) {
        const double position = mean(i) / position_deviation_(i) / factor_(i, 0);
        double square = position * position;
        if (velocity_deviation_.size() > 0) {
            const double velocity = (mean(d + i) / velocity_deviation_(i) - factor_(i, 1) * position) / factor_(i, 2);
            square += velocity * velocity;
        }
        sum += inflation_(i) * square;
    }
    return std::sqrt(sum);
}

double ModeMeasure::operator()(const StateMoments& deviation) const {
    Vector modes(inflation_.size());
    for (Index i = 0; i < modes.size(); ++i) modes(i) = mode_measure(deviation.second, i);
    const double second = eighth_norm(modes);
    const double mean = mean_measure(deviation.mean);
    if (second >= mean) return second;
    // Neither is larger when one is not a number; their sum passes that on, so that it never counts as relaxed.
    return mean >= second ? mean : mean + second;
}

Vector correlation_inflation(const Matrix& covariance) {
    constexpr double least_rest = 0x1p-10;
    const Index d = covariance.rows();
    if (fixed_order::is_diagonal(covariance)) return Vector::Ones(d);
    const Vector deviations = resolved_deviations(Vector(covariance.diagonal()));
    Matrix correlation(d, d);
    for (Index j = 0; j < d; ++j) {
        for (Index i = 0; i < d; ++i) correlation(i, j) = covariance(i, j) / (deviations(i) * deviations(j));
        correlation(j, j) = std::max(correlation(j, j), 1.0) + least_rest;
    }
    const Matrix factor = fixed_order::cholesky_semidefinite(correlation);
    Vector inflation(d);
    for (Index i = 0; i < d; ++i) {
        // Column i of L⁻¹, whose square is (Z̃⁻¹)_ii.
        Vector x = Vector::Zero(d);
        x(i) = 1.0;
        double squares = 0.0;
        for (Index k = i; k < d; ++k) {
            x(k) /= factor(k, k);
            squares += x(k) * x(k);
            for (Index r = k + 1; r < d; ++r) x(r) -= factor(r, k) * x(k);
        }
        inflation(i) = std::max(squares, 1.0);
    }
    return inflation;
}

}  // namespace stationary

#include "host/schedule/moment_powers.h"

#include "host/algebra/blocked_multiply.h"
#include "host/schedule/relaxation.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace stationary {
namespace {

using Index = Eigen::Index;
using fixed_order::blocked_congruence;
using fixed_order::blocked_multiply;

/// An increment this small against its sum is the last one: doubling squares what is left, and a fixed point is only a
/// power-of-two scale and a threshold to its readers.
constexpr double converged = 1e-10;
/// Sums that grew this far from their first term count as unstable: by doubling, and term by term.
constexpr double runaway = 1e30;
constexpr double fixed_point_runaway = 1e12;

/// How the sum of a series stands after one more term.
enum class Progress { going, done, diverged };

Progress progress(const Vector& sum, const Vector& increment, double largest_sum) {
    double largest = 0.0;
    double last = 0.0;
    for (Index i = 0; i < sum.size(); ++i) {
        if (!(std::abs(sum(i)) <= largest_sum)) return Progress::diverged;
        largest = std::max(largest, std::abs(sum(i)));
        last = std::max(last, std::abs(increment(i)));
    }
    return last <= converged * largest ? Progress::done : Progress::going;
}

double largest_entry(const Vector& values) {
    double largest = 0.0;
    for (Index i = 0; i < values.size(); ++i) largest = std::max(largest, std::abs(values(i)));
    return largest;
}

double dot(const Vector& a, const Vector& b) {
    double sum = 0.0;
    for (Index i = 0; i < a.size(); ++i) sum += a(i) * b(i);
    return sum;
}

PowerMethod affordable_method(const MomentMap& map, TrackedMoments tracked) {
    if (!map.has_state_noise()) return PowerMethod::transition;
    const Index k = map.state_size();
    const Index unknowns = k * (k + 1) / 2 + (tracked == TrackedMoments::second ? 0 : k);
    return unknowns <= MomentPowers::dense_limit ? PowerMethod::dense : PowerMethod::frozen_noise;
}

}  // namespace

MomentPowers::MomentPowers(const MomentMap& map, TrackedMoments tracked)
    : MomentPowers(map, tracked, affordable_method(map, tracked)) {}

MomentPowers::MomentPowers(const MomentMap& map, TrackedMoments tracked, PowerMethod method)
    : map_(map), tracked_(tracked), method_(method) {}

const Matrix& MomentPowers::transition_power(int k) {
    if (transition_powers_.empty()) transition_powers_.push_back(map_.transition());
    while (static_cast<int>(transition_powers_.size()) <= k)
        transition_powers_.push_back(blocked_multiply(transition_powers_.back(), transition_powers_.back()));
    return transition_powers_[k];
}

const Matrix& MomentPowers::dense_power(int k) {
    if (dense_powers_.empty()) dense_powers_.push_back(dense_map());
    while (static_cast<int>(dense_powers_.size()) <= k)
        dense_powers_.push_back(blocked_multiply(dense_powers_.back(), dense_powers_.back()));
    return dense_powers_[k];
}

Vector MomentPowers::packed(const StateMoments& moments) const {
    const Vector second = pack_upper(moments.second);
    if (tracked_ == TrackedMoments::second) return second;
    Vector values(second.size() + moments.mean.size());
    values << moments.mean, second;
    return values;
}

StateMoments MomentPowers::unpacked(const Vector& values) const {
    const Index k = map_.state_size();
    StateMoments moments{Vector::Zero(k), unpack_upper(values.tail(k * (k + 1) / 2), k)};
    if (tracked_ == TrackedMoments::mean_and_second) moments.mean = values.head(k);
    return moments;
}

Matrix MomentPowers::dense_map() const {
    const Index k = map_.state_size();
    const Index size = packed({Vector::Zero(k), Matrix::Zero(k, k)}).size();
    Matrix dense(size, size);
    for (Index j = 0; j < size; ++j) dense.col(j) = packed(map_.apply(unpacked(Vector::Unit(size, j))));
    return dense;
}

std::optional<Matrix> MomentPowers::sum_over_steps(const Matrix& source) {
    Matrix sum = source;
    const double largest_sum = runaway * largest_entry(pack_upper(source));
    for (int k = 0; k < max_doublings; ++k) {
        const Matrix increment = blocked_congruence(transition_power(k), sum);
        sum += increment;
        const Progress state = progress(pack_upper(sum), pack_upper(increment), largest_sum);
        if (state == Progress::diverged) return std::nullopt;
        if (state == Progress::done) return sum;
    }
    return std::nullopt;
}

Matrix MomentPowers::sum_over_block(const Matrix& source, int log2_steps) {
    Matrix sum = source;
    for (int k = 0; k < log2_steps; ++k) sum += blocked_congruence(transition_power(k), sum);
    return sum;
}

std::optional<Matrix> MomentPowers::stationary_by_dense_doubling() {
    const Index k = map_.state_size();
    Vector sum = packed({Vector::Zero(k), map_.source()});
    const double largest_sum = runaway * largest_entry(sum);
    for (int doubling = 0; doubling < max_doublings; ++doubling) {
        const Vector increment = blocked_multiply(dense_power(doubling), sum);
        sum += increment;
        const Progress state = progress(sum, increment, largest_sum);
        if (state == Progress::diverged) return std::nullopt;
        if (state == Progress::done) return unpacked(sum).second;
    }
    return std::nullopt;
}

/// Z = S_∞(source + N(Z)): the terms of the series Σ (S_∞ N)^n S_∞(source) are summed. They settle to a geometric
/// series, whose rest is added at once; the sum goes on from there, so only its speed depends on that guess.
std::optional<Matrix> MomentPowers::stationary_by_fixed_point() {
    constexpr int max_terms = 1000;
    constexpr int terms_between_guesses = 8;
    const Index k = map_.state_size();
    std::optional<Matrix> sum = sum_over_steps(map_.source());
    if (!sum) return std::nullopt;
    Vector total = pack_upper(*sum);
    const double largest_total = fixed_point_runaway * largest_entry(total);
    Vector last_term = total;
    for (int n = 1; n <= max_terms; ++n) {
        const StateMoments moments{Vector::Zero(k), unpack_upper(total, k)};
        sum = sum_over_steps(map_.source() + map_.state_dependent_noise(moments));
        if (!sum) return std::nullopt;
        Vector term = pack_upper(*sum) - total;
        total += term;
        const Progress state = progress(total, term, largest_total);
        if (state == Progress::diverged) return std::nullopt;
        if (state == Progress::done) return unpack_upper(total, k);
        const double ratio = dot(term, last_term) / dot(last_term, last_term);
        if (n % terms_between_guesses == 0 && ratio < 1.0) total += (ratio / (1.0 - ratio)) * term;
        last_term = std::move(term);
    }
    return std::nullopt;
}

std::optional<Matrix> MomentPowers::stationary_second_moment() {
    if (method_ == PowerMethod::transition) return sum_over_steps(map_.source());
    if (method_ == PowerMethod::dense) return stationary_by_dense_doubling();
    return stationary_by_fixed_point();
}

void MomentPowers::choose_block(const Matrix& stationary) {
    if (method_ != PowerMethod::frozen_noise) return;
    constexpr double relaxed = 0.3;
    constexpr int blocks_per_relaxation = 3;  // log2
    const RelaxationMeasure measure(map_, stationary, Vector::Zero(map_.dimension()));
    int k = 0;
    const Vector mean = Vector::Zero(map_.state_size());
    while (k < max_doublings && measure({mean, blocked_congruence(transition_power(k), stationary)}) > relaxed) ++k;
    log2_block_ = std::max(0, k - blocks_per_relaxation);
}

void MomentPowers::advance_block(StateMoments& moments, int log2_steps) {
    const Matrix& power = transition_power(log2_steps);
    StateMoments carried{blocked_multiply(power, moments.mean), blocked_congruence(power, moments.second)};
    const Matrix near_noise = map_.state_dependent_noise(moments);
    StateMoments predicted = carried;
    predicted.second += sum_over_block(near_noise, log2_steps);
    if (log2_steps > 0) {
        const Matrix mean_noise = 0.5 * (near_noise + map_.state_dependent_noise(predicted));
        predicted.second = carried.second + sum_over_block(mean_noise, log2_steps);
    }
    moments = std::move(predicted);
}

void MomentPowers::advance(StateMoments& moments, int log2_steps) {
    if (method_ == PowerMethod::dense) {
        moments = unpacked(blocked_multiply(dense_power(log2_steps), packed(moments)));
    } else if (method_ == PowerMethod::transition) {
        moments.mean = blocked_multiply(transition_power(log2_steps), moments.mean);
        moments.second = blocked_congruence(transition_power(log2_steps), moments.second);
    } else {
        const int log2_block = std::min(log2_steps, log2_block_);
        for (std::int64_t n = std::int64_t{1} << (log2_steps - log2_block); n > 0; --n)
            advance_block(moments, log2_block);
    }
}

}  // namespace stationary

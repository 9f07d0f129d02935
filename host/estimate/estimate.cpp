#include "host/estimate/estimate.h"

#include "host/base/parallel_for.h"
#include "host/estimate/pooled_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace stationary {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

void check_shapes(const std::vector<ShardMoments>& shards, const std::vector<double>& centre,
                  const std::vector<double>& scale) {
    if (shards.empty()) throw std::invalid_argument("make_estimate: no shards");
    const std::size_t dimension = centre.size();
    const auto entries = static_cast<std::size_t>(packed_size(static_cast<int>(dimension)));
    if (dimension == 0 || scale.size() != dimension)
        throw std::invalid_argument("make_estimate: centre and scale must have one dimension, at least 1");
    for (const ShardMoments& shard : shards)
        if (shard.sum.size() != dimension || shard.products.size() != entries)
            throw std::invalid_argument("make_estimate: shard " + std::to_string(shard.shard) +
                                        " has another dimension than the centre");
}

/// Ascending shard ids, so that sums of rounded numbers do not depend on the order of arrival.
ShardPointers sorted_by_id(const std::vector<ShardMoments>& shards) {
    ShardPointers sorted;
    for (const ShardMoments& shard : shards) sorted.push_back(&shard);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->shard < b->shard; });
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end(),
                                          [](const auto* a, const auto* b) { return a->shard == b->shard; });
    if (twice != sorted.end())
        throw std::invalid_argument("make_estimate: shard " + std::to_string((*twice)->shard) + " is given twice");
    return sorted;
}

Vector over_shards(const Estimate& estimate, Eigen::Index i, Eigen::Index j) {
    Vector values(static_cast<Eigen::Index>(estimate.shard_covariance.size()));
    for (std::size_t s = 0; s < estimate.shard_covariance.size(); ++s)
        values(static_cast<Eigen::Index>(s)) = estimate.shard_covariance[s](i, j);
    return values;
}

double excess_kurtosis(const Vector& values) {
    const double count = static_cast<double>(values.size());
    const auto squares = (values.array() - values.sum() / count).square().eval();
    const double variance = squares.sum() / count;
    return variance > 0.0 ? squares.square().sum() / count / (variance * variance) - 3.0 : 0.0;
}

/// The most that rounding can move a state: root mean square of ε|δ_i|.
Vector state_rounding(const Estimate& estimate, double state_epsilon) {
    return state_epsilon * (estimate.mean.cwiseAbs2() + estimate.covariance.diagonal()).cwiseSqrt();
}

/// See Estimate::resolution_floor.
Matrix floor_of(const Estimate& estimate, const Vector& step, const Vector& rounding) {
    const Vector deviation = estimate.covariance.diagonal().cwiseSqrt();
    return step * step.transpose() / 12.0 + deviation * rounding.transpose() + rounding * deviation.transpose() +
           rounding * rounding.transpose();
}

/// The mean's floor: one fixed-point step and one rounding of the state.
void add_mean_errors(Estimate& estimate, const std::vector<Vector>& offsets, const Vector& step,
                     const Vector& rounding) {
    for (Eigen::Index i = 0; i < step.size(); ++i) {
        Vector values(estimate.shards);
        for (Eigen::Index s = 0; s < values.size(); ++s) values(s) = offsets[static_cast<std::size_t>(s)](i) * step(i);
        estimate.mean_standard_error(i) = std::hypot(standard_error_of(values), step(i) / std::sqrt(12.0), rounding(i));
    }
}

/// Calls body(k) for every k < count, side by side where the matrices are large.
template <typename Body>
void for_each(std::size_t count, Eigen::Index dimension, const Body& body) {
    constexpr Eigen::Index most_quick_dimension = 32;
    if (dimension > most_quick_dimension) {
        parallel_for(count, body);
        return;
    }
    for (std::size_t k = 0; k < count; ++k) body(k);
}

void add_covariance_errors(Estimate& estimate) {
    // Column by column, as the shards' matrices lie in memory.
    const Eigen::Index d = estimate.covariance.rows();
    for_each(static_cast<std::size_t>(d), d, [&estimate](std::size_t column) {
        const auto j = static_cast<Eigen::Index>(column);
        for (Eigen::Index i = 0; i <= j; ++i) {
            const double spread = standard_error_of(over_shards(estimate, i, j));
            estimate.covariance_standard_error(i, j) = estimate.covariance_standard_error(j, i) =
                std::hypot(spread, estimate.resolution_floor(i, j));
        }
    });
}

/// Within the resolution a shard's value counts rare rounding steps, and its kurtosis says nothing of tails.
double largest_kurtosis(const Estimate& estimate) {
    double largest = 0.0;
    for (Eigen::Index i = 0; estimate.shards > 1 && i < estimate.covariance.rows(); ++i) {
        const Vector values = over_shards(estimate, i, i);
        if (standard_error_of(values) > estimate.resolution_floor(i, i))
            largest = std::max(largest, excess_kurtosis(values));
    }
    return largest;
}

Estimate undefined_estimate(Eigen::Index dimension) {
    Estimate estimate;
    estimate.mean = estimate.mean_standard_error = Vector::Constant(dimension, not_a_number);
    estimate.covariance = Matrix::Constant(dimension, dimension, not_a_number);
    estimate.covariance_standard_error = estimate.resolution_floor = estimate.covariance;
    estimate.velocity_square = estimate.velocity_square_standard_error = not_a_number;
    return estimate;
}

void add_velocity_square(Estimate& estimate, const ShardPointers& shards, const PooledSums& pooled,
                         double velocity_scale) {
    const double unit = 1.0 / (velocity_scale * velocity_scale);
    for (const ShardMoments* shard : shards) {
        if (shard->finite_draws == 0) continue;
        estimate.shard_velocity_square.push_back(unit * integer_average(shard->finite_draws, shard->velocity_squares));
    }
    const Eigen::Map<const Vector> values(estimate.shard_velocity_square.data(), estimate.shards);
    estimate.velocity_square = unit * integer_average(pooled.draws, pooled.velocity_squares);
    estimate.velocity_square_floor = static_cast<double>(estimate.mean.size()) * unit / 12.0;
    estimate.velocity_square_standard_error = std::hypot(standard_error_of(values), estimate.velocity_square_floor);
}

void add_velocity_pull(Estimate& estimate, const ShardPointers& shards, const PooledSums& pooled, double pull_scale) {
    if (!(pull_scale > 0.0)) return;
    for (const ShardMoments* shard : shards) {
        if (shard->finite_draws == 0) continue;
        estimate.shard_velocity_pull.push_back(integer_average(shard->finite_draws, shard->velocity_pulls) /
                                               pull_scale);
    }
    estimate.velocity_pull = integer_average(pooled.draws, pooled.velocity_pulls) / pull_scale;
    estimate.velocity_pull_floor = 1.0 / (pull_scale * std::sqrt(12.0));
}

/// Mean, covariance and errors of a cell with at least one finite draw.
void add_law(Estimate& estimate, const ShardPointers& shards, const PooledSums& pooled, const Vector& centre,
             const Vector& scale, double state_epsilon) {
    const Vector step = scale.cwiseInverse();
    const Matrix unit = step * step.transpose();
    ShardPointers finite;
    for (const ShardMoments* shard : shards)
        if (shard->finite_draws > 0) finite.push_back(shard);
    std::vector<Vector> offsets(finite.size());
    estimate.shard_covariance.resize(finite.size());
    for_each(finite.size(), step.size(), [&](std::size_t s) {
        offsets[s] = mean_offset(*finite[s], pooled);
        const Matrix within = integer_covariance(finite[s]->finite_draws, finite[s]->sum, finite[s]->products);
        estimate.shard_covariance[s] = (within + offsets[s] * offsets[s].transpose()).cwiseProduct(unit);
    });
    estimate.shards = static_cast<std::int64_t>(offsets.size());
    estimate.covariance = integer_covariance(pooled.draws, pooled.sum, pooled.products).cwiseProduct(unit);
    estimate.mean = centre + integer_mean(pooled).cwiseProduct(step);
    const Vector rounding = state_rounding(estimate, state_epsilon);
    estimate.resolution_floor = floor_of(estimate, step, rounding);
    add_covariance_errors(estimate);
    add_mean_errors(estimate, offsets, step, rounding);
    estimate.shard_kurtosis = largest_kurtosis(estimate);
    for (const Vector& offset : offsets) estimate.shard_mean.push_back(estimate.mean + offset.cwiseProduct(step));
}

}  // namespace

double standard_error_of(const Vector& values) {
    if (values.size() < 2) return infinity;
    const double count = static_cast<double>(values.size());
    const double squares = (values.array() - values.sum() / count).square().sum();
    return std::sqrt(squares / (count - 1.0) / count);
}

Estimate make_estimate(const std::vector<ShardMoments>& shards, const std::vector<double>& centre,
                       const std::vector<double>& scale, double state_epsilon, double velocity_scale,
                       double pull_scale) {
    check_shapes(shards, centre, scale);
    const ShardPointers sorted = sorted_by_id(shards);
    const PooledSums pooled = pool(sorted, centre.size());
    const auto dimension = static_cast<Eigen::Index>(centre.size());
    Estimate estimate = undefined_estimate(dimension);
    estimate.finite_draws = pooled.draws;
    estimate.diverged_chains = pooled.diverged_chains;
    estimate.saturated_draws = pooled.saturated_draws;
    estimate.first_bad_step = pooled.first_bad_step;
    estimate.fingerprint = fingerprint_of(pooled, centre, scale, velocity_scale, pull_scale);
    if (pooled.draws == 0) return estimate;
    add_law(estimate, sorted, pooled, Eigen::Map<const Vector>(centre.data(), dimension),
            Eigen::Map<const Vector>(scale.data(), dimension), state_epsilon);
    add_velocity_square(estimate, sorted, pooled, velocity_scale);
    add_velocity_pull(estimate, sorted, pooled, pull_scale);
    return estimate;
}

ScalarEstimate trace_with(const Estimate& estimate, const Matrix& a) {
    Vector values(static_cast<Eigen::Index>(estimate.shard_covariance.size()));
    for (std::size_t s = 0; s < estimate.shard_covariance.size(); ++s)
        values(static_cast<Eigen::Index>(s)) = a.cwiseProduct(estimate.shard_covariance[s]).sum();
    const double floor = a.cwiseAbs().cwiseProduct(estimate.resolution_floor).sum();
    return {a.cwiseProduct(estimate.covariance).sum(), std::hypot(standard_error_of(values), floor)};
}

}  // namespace stationary

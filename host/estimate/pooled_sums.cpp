#include "host/estimate/pooled_sums.h"

#include "host/base/hash.h"

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <cmath>

namespace stationary {
namespace {

/// Every product below fits: with |q| ≤ 2²⁴ and n < 2⁶³ draws, n Σqq and Σq Σq stay under 2¹⁷⁴.
using Wide = boost::multiprecision::int256_t;

std::uint64_t low_word(Int128 value) { return static_cast<std::uint64_t>(value); }
std::int64_t high_word(Int128 value) { return static_cast<std::int64_t>(value >> 64); }

Wide widen(Int128 value) { return (Wide(high_word(value)) << 64) + Wide(low_word(value)); }

/// The nearest double, ties to even: the bits below the 64 leading ones only matter as "not zero".
double to_double(const Wide& value) {
    const Wide magnitude = abs(value);
    if (magnitude == 0) return 0.0;
    const auto top = static_cast<int>(msb(magnitude));
    const int shift = std::max(top - 63, 0);
    auto leading = static_cast<std::uint64_t>(magnitude >> shift);
    if (shift > 0 && static_cast<int>(lsb(magnitude)) < shift) leading |= 1U;
    const double rounded = std::ldexp(static_cast<double>(leading), shift);
    return value < 0 ? -rounded : rounded;
}

/// n Σqq − Σq Σq, rounded once. Up to 2³⁸ draws it fits 128 bits (|q| ≤ 2²⁴: each term below 2^124).
double scaled_covariance(std::int64_t draws, Int128 product, Int128 left, Int128 right) {
    constexpr std::int64_t most_narrow_draws = std::int64_t{1} << 38;
    if (draws <= most_narrow_draws) return static_cast<double>(draws * product - left * right);
    return to_double(draws * widen(product) - widen(left) * widen(right));
}

void add(PooledSums& pooled, const ShardMoments& shard) {
    pooled.draws += shard.finite_draws;
    pooled.diverged_chains += shard.diverged_chains;
    pooled.saturated_draws += shard.saturated_draws;
    if (shard.first_bad_step >= 0 && (pooled.first_bad_step < 0 || shard.first_bad_step < pooled.first_bad_step))
        pooled.first_bad_step = shard.first_bad_step;
    pooled.velocity_squares += shard.velocity_squares;
    pooled.velocity_pulls += shard.velocity_pulls;
    for (std::size_t i = 0; i < pooled.sum.size(); ++i) pooled.sum[i] += shard.sum[i];
    for (std::size_t i = 0; i < pooled.products.size(); ++i) pooled.products[i] += shard.products[i];
}

}  // namespace

PooledSums pool(const ShardPointers& shards, std::size_t dimension) {
    PooledSums pooled;
    pooled.sum.resize(dimension);
    pooled.products.resize(static_cast<std::size_t>(packed_size(static_cast<int>(dimension))));
    for (const ShardMoments* shard : shards) add(pooled, *shard);
    return pooled;
}

Vector integer_mean(const PooledSums& pooled) {
    Vector mean(static_cast<Eigen::Index>(pooled.sum.size()));
    for (std::size_t i = 0; i < pooled.sum.size(); ++i)
        mean(static_cast<Eigen::Index>(i)) = integer_average(pooled.draws, pooled.sum[i]);
    return mean;
}

double integer_average(std::int64_t draws, Int128 sum) { return to_double(widen(sum)) / static_cast<double>(draws); }

Matrix integer_covariance(std::int64_t draws, const std::vector<Int128>& sum, const std::vector<Int128>& products) {
    const auto dimension = static_cast<Eigen::Index>(sum.size());
    const double divisor = static_cast<double>(draws) * static_cast<double>(draws);
    Matrix covariance(dimension, dimension);
    std::size_t entry = 0;
    for (Eigen::Index i = 0; i < dimension; ++i)
        for (Eigen::Index j = i; j < dimension; ++j, ++entry) {
            const double numerator = scaled_covariance(draws, products[entry], sum[static_cast<std::size_t>(i)],
                                                       sum[static_cast<std::size_t>(j)]);
            covariance(i, j) = covariance(j, i) = numerator / divisor;
        }
    return covariance;
}

Vector mean_offset(const ShardMoments& shard, const PooledSums& pooled) {
    Vector offset(static_cast<Eigen::Index>(pooled.sum.size()));
    const double divisor = static_cast<double>(pooled.draws) * static_cast<double>(shard.finite_draws);
    for (std::size_t i = 0; i < pooled.sum.size(); ++i) {
        const Wide numerator = pooled.draws * widen(shard.sum[i]) - shard.finite_draws * widen(pooled.sum[i]);
        offset(static_cast<Eigen::Index>(i)) = to_double(numerator) / divisor;
    }
    return offset;
}

std::uint64_t fingerprint_of(const PooledSums& pooled, const std::vector<double>& centre,
                             const std::vector<double>& scale, double velocity_scale, double pull_scale) {
    Hash hash;
    hash.integer(pooled.sum.size()).integer(static_cast<std::uint64_t>(pooled.draws));
    hash.integer(static_cast<std::uint64_t>(pooled.diverged_chains));
    hash.integer(static_cast<std::uint64_t>(pooled.saturated_draws));
    const auto add_sum = [&hash](Int128 value) {
        hash.integer(low_word(value)).integer(static_cast<std::uint64_t>(high_word(value)));
    };
    for (const auto* sums : {&pooled.sum, &pooled.products})
        for (const Int128 value : *sums) add_sum(value);
    add_sum(pooled.velocity_squares);
    for (const auto* reals : {&centre, &scale})
        for (const double value : *reals) hash.real(value);
    hash.real(velocity_scale);
    if (pull_scale > 0.0) {
        add_sum(pooled.velocity_pulls);
        hash.real(pull_scale);
    }
    return hash.value();
}

}  // namespace stationary

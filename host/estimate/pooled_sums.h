#pragma once

#include "host/algebra/matrix.h"
#include "kernels/interface/shard_moments.h"

#include <cstdint>
#include <vector>

namespace stationary {

using ShardPointers = std::vector<const ShardMoments*>;

/// Exact sums over the draws of any number of shards, in fixed-point units. The integers are never rounded, so nothing
/// here depends on the order of the shards or on how the draws were cut into shards.
struct PooledSums {
    std::int64_t draws = 0;  ///< finite draws
    std::int64_t diverged_chains = 0;
    std::int64_t saturated_draws = 0;
    std::int64_t first_bad_step = -1;  ///< earliest over the shards, −1 if none
    std::vector<Int128> sum;           ///< Σ q_i [d]
    Int128 velocity_squares = 0;       ///< Σ Σ_i q(v_i)²
    Int128 velocity_pulls = 0;         ///< Σ q(v·Hδ)
    std::vector<Int128> products;      ///< Σ q_i q_j, i ≤ j, row by row [d(d+1)/2]
};

PooledSums pool(const ShardPointers& shards, std::size_t dimension);

/// Σq/n [d], correctly rounded up to the division.
Vector integer_mean(const PooledSums& pooled);

/// Covariance of `draws` integer vectors about their own mean, (n Σqq − Σq Σq)/n² [d×d]: the numerator is exact,
/// however much of it cancels, and rounded once.
Matrix integer_covariance(std::int64_t draws, const std::vector<Int128>& sum, const std::vector<Int128>& products);

/// A shard's mean minus the pooled mean, (n Σ_s q − n_s Σq)/(n n_s) [d]; the numerator is exact.
Vector mean_offset(const ShardMoments& shard, const PooledSums& pooled);

/// Mean of `sum` over `draws` integers or their squares, rounded once before the division.
double integer_average(std::int64_t draws, Int128 sum);

/// Hash of dimension, counts, sums of the positions and of the velocities' squares (two words each), centre, scale and
/// velocity scale (docs/design.md, section 5); where v·Hδ is recorded, its sum and scale too.
std::uint64_t fingerprint_of(const PooledSums& pooled, const std::vector<double>& centre,
                             const std::vector<double>& scale, double velocity_scale, double pull_scale);

}  // namespace stationary

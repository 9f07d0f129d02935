#pragma once

#include <cstdint>
#include <vector>

namespace stationary {

/// 128-bit signed integer: exact sums of products of 24-bit integers over any number of draws.
__extension__ typedef __int128 Int128;

/// Number of entries of the packed upper triangle of a d×d symmetric matrix.
constexpr int packed_size(int dimension) { return dimension * (dimension + 1) / 2; }

/// Exact fixed-point moments of the draws of one shard (docs/design.md, section 5).
///
/// Each finite draw δ enters as integers q_i = round((δ_i − centre_i)·scale_i), |q_i| < 2²⁴ (saturation counted).
/// Integer sums are exact, so they do not depend on the order in which draws were added.
struct ShardMoments {
    std::int64_t shard = 0;
    std::int64_t finite_draws = 0;
    std::int64_t diverged_chains = 0;  ///< chains with a non-finite draw; such a draw adds exactly zero to the sums
    std::int64_t saturated_draws = 0;  ///< draws with a clamped component
    std::int64_t first_bad_step = -1;  ///< earliest step at which a draw was seen non-finite; −1 if none
    std::vector<Int128> sum;           ///< Σ q_i [d]
    Int128 velocity_squares = 0;  ///< Σ Σ_i q(v_i)² over finite draws, q(v_i) = round(v_i·velocity_scale); sgd only
    Int128 velocity_pulls = 0;    ///< Σ round(v·Hδ·pull_scale) over finite draws, where it is recorded
    std::vector<Int128> products;  ///< Σ q_i q_j, i ≤ j, row by row [d(d+1)/2]
};

/// Adds the moments of other chains of the same shard. Test: shard_parts_test.cpp.
inline void add_moments(const ShardMoments& part, ShardMoments& total) {
    total.finite_draws += part.finite_draws;
    total.diverged_chains += part.diverged_chains;
    total.saturated_draws += part.saturated_draws;
    if (part.first_bad_step >= 0 && (total.first_bad_step < 0 || part.first_bad_step < total.first_bad_step)) {
        total.first_bad_step = part.first_bad_step;
    }
    total.velocity_squares += part.velocity_squares;
    total.velocity_pulls += part.velocity_pulls;
    for (std::size_t i = 0; i < total.sum.size(); ++i) total.sum[i] += part.sum[i];
    for (std::size_t k = 0; k < total.products.size(); ++k) total.products[k] += part.products[k];
}

}  // namespace stationary

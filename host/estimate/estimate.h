#pragma once

#include "host/algebra/matrix.h"
#include "kernels/interface/shard_moments.h"

#include <cstdint>
#include <vector>

namespace stationary {

/// Empirical stationary law of one cell, in the coordinates δ = Φ − Φ*, with standard errors from the spread between
/// shards.
struct Estimate {
    std::int64_t shards = 0;           ///< S, shards with a finite draw; Student's t with S − 1 degrees of freedom
    std::int64_t finite_draws = 0;     ///< draws that entered the sums
    Vector mean;                       ///< [d]
    Vector mean_standard_error;        ///< [d]
    Matrix covariance;                 ///< pooled, centred on the pooled mean, divided by the number of draws [d×d]
    Matrix covariance_standard_error;  ///< [d×d]
    std::vector<Matrix> shard_covariance;  ///< each shard's second moment about the pooled mean [S][d×d]: linear
                                           ///< statistics get their error from these
    std::vector<Vector> shard_mean;        ///< each shard's mean [S][d]
    double velocity_square = 0.0;          ///< ⟨|v|²⟩, 0 for dynamics without a velocity
    double velocity_square_standard_error = 0.0;
    std::vector<double> shard_velocity_square;  ///< each shard's [S]
    /// The error of ⟨|v|²⟩ that fixed point may leave: d/(12 s_v²), the variance of rounding every component to 1/s_v.
    double velocity_square_floor = 0.0;
    double velocity_pull = 0.0;               ///< ⟨v·Hδ⟩, 0 where it is not recorded
    std::vector<double> shard_velocity_pull;  ///< each shard's [S]; empty where it is not recorded
    double velocity_pull_floor = 0.0;
    /// The error that fixed point and the state's precision may leave however many chains there are [d×d]; part of
    /// every standard error, in quadrature. 1/(12 s_i s_j) + sd_i r_j + r_i sd_j + r_i r_j: the covariance of a
    /// rounding error uniform over one step 1/s (Cauchy-Schwarz off the diagonal), and the most that errors of root
    /// mean square r = state_epsilon·√(mean² + sd²) in the state can do.
    Matrix resolution_floor;
    double shard_kurtosis = 0.0;  ///< largest excess kurtosis over shards of a diagonal entry, at least 0: heavy tails
                                  ///< show here (heavy_tail_kurtosis)
    std::int64_t diverged_chains = 0;
    std::int64_t saturated_draws = 0;
    std::int64_t first_bad_step = -1;  ///< step of the first draw seen non-finite, −1 if none
    std::uint64_t fingerprint = 0;     ///< hash of the pooled integer sums, centre and scales
};

/// Pools the shards of one cell. `state_epsilon` is the unit roundoff of the state (2⁻²⁴ float, 2⁻⁵³ double), scale,
/// velocity_scale and pull_scale those of the cell's program.
/// Shards may come in any order. Shards without a finite draw only add their counts; if no draw is finite the law is
/// NaN. Standard errors weight the shards alike (they are equal but for diverged chains) and are infinite for a single
/// shard. Throws std::invalid_argument for no shards, a shard given twice or mixed dimensions.
Estimate make_estimate(const std::vector<ShardMoments>& shards, const std::vector<double>& centre,
                       const std::vector<double>& scale, double state_epsilon, double velocity_scale = 1.0,
                       double pull_scale = 0.0);

/// Value and standard error of tr(A·Ĉ) for a fixed symmetric A [d×d] (linear in the covariance, so its error comes from
/// the shards too).
struct ScalarEstimate {
    double value = 0.0;
    double standard_error = 0.0;
};
ScalarEstimate trace_with(const Estimate& estimate, const Matrix& a);

/// Standard error of the mean of independent values: their standard deviation / √n; infinite for fewer than two.
double standard_error_of(const Vector& values);

}  // namespace stationary

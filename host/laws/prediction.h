#pragma once

#include "host/model/cell.h"
#include "host/model/loss_model.h"

#include <string>
#include <vector>

namespace stationary {

enum class Theory { sde, langevin_discrete, discrete, least_squares };
std::string to_string(Theory theory);

/// An analytic stationary law of one cell.
struct Prediction {
    Theory theory = Theory::sde;
    Matrix covariance;  ///< stationary covariance of Φ [d×d]
    Vector mean;        ///< stationary mean of Φ [d]
    /// Exact for the algorithm as run. An approximation otherwise: sde; discrete where the noise depends on the state
    /// (least_squares and gaussian_regression).
    bool exact = false;
};

/// Every analytic prediction that applies to a cell, approximations first, exact law last.
/// A theory that has no stationary law at these parameters is left out, and so is the exact law of least squares where
/// it would take too long (ModelLaws::not_computed). The mean of every law is the minimiser.
/// docs/theory.md, sections 3 to 6. langevin: sde, langevin_discrete. sgd: sde (with the factor (1 − τ)/(1 − μ), for
/// Nesterov (1 − μτ)/(1 − μ)), discrete (exact on quadratic, with infinitely or finitely many training points), and on
/// least_squares and gaussian_regression the exact law, least_squares.
/// Reshuffling N points: discrete is the law at cell.epoch_position, exact on quadratic. On least_squares no exact law
/// is known: discrete then leaves out how the curvature varies between batches, which also shifts the mean off the
/// minimiser; sde is as for independent batches without replacement.
/// Throws std::domain_error if H is not positive definite, std::invalid_argument for a batch without replacement larger
/// than the data, or an epoch_position beyond the epoch's ⌊N/B⌋ steps.
std::vector<Prediction> predict(const LossModel& model, const Cell& cell);

/// The small-η law that cells sharing η0 are held against: HC + CH = η0 Σ¹ (docs/theory.md, section 3).
Prediction small_step_limit(const LossModel& model, double eta0);

/// Exact theories of a cell that predict leaves out because they would take too long: least_squares on data where one
/// application of T takes more than most_law_operations (large_minibatch_law.h).
std::vector<Theory> theories_not_computed(const LossModel& model, const Cell& cell);

/// Mean-square stability of a cell (the covariance converges), and how far it reaches. Additive noise: where the
/// spectral radius of M reaches 1, whatever the sampling. Reshuffling on least_squares is judged as independent batches
/// without replacement, an approximation. fourth_moment_limit is computed for plain sgd with replacement on
/// least_squares, d ≤ 4.
struct Stability {
    bool stable = true;
    /// Stable for learning_rate strictly below, the other parameters (B, μ, τ, time_step) held fixed.
    double learning_rate_limit = 0.0;
    /// Learning rate up to which the fourth moment exists; +inf where it always does below the limit, NaN where not
    /// computed.
    double fourth_moment_limit = 0.0;
    /// learning_rate_limit leaves out how correlations between modes feed their variances: least squares too large for
    /// its exact limit (large_minibatch_law.h).
    bool approximate = false;
};
Stability mean_square_stability(const LossModel& model, const Cell& cell);

/// c_B: Σ^B = c_B Σ¹. 1/B with replacement or for infinitely many points; (N−B)/(B(N−1)) without replacement
/// (docs/theory.md, section 2).
double minibatch_noise_factor(const LossModel& model, const Cell& cell);

}  // namespace stationary

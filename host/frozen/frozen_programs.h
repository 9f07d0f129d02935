#pragma once

#include "host/experiment/experiment.h"
#include "host/model/cell.h"
#include "host/model/loss_model.h"
#include "kernels/interface/cell_program.h"

#include <cstdint>
#include <vector>

namespace stationary {

/// Programs of the commands gradient-noise and weighted-sum. Each chain makes one draw, chains = the draws asked for,
/// shards as split_into_shards has them (program_cost.h). Keys carry a tag of their own, so that no noise is shared
/// with the cells of `run`, nor between the commands, but are otherwise fixed by the experiment.

/// Number of shards of such a program: all equal, at least min_auto_shards.
std::int64_t shard_count(const CellProgram& program, std::int64_t draws);

/// Σ^B at δ [d×d]: the exact covariance of a minibatch gradient there, c_B Cov_i ĝ_i(δ) with c_B = batch_noise_factor.
/// quadratic: Σ¹; least squares: over all training points; Gaussian regression: σ²A + A δδᵀ A + (δᵀAδ)·A. For reshuffle
/// that of one batch by itself. The cell's dynamics is not looked at.
Matrix gradient_noise_covariance_at(const LossModel& model, const Cell& cell, const Vector& delta);

/// Draws of δ_0 − ĝ(δ_0), δ_0 = [gradient_noise] at − Φ*: one plain SGD step of length 1, so that the covariance of the
/// draws is Σ^B(δ_0). Batch size and sampling are those of the cell; reshuffle gives the first batch of an epoch.
/// centre = δ_0 − Hδ_0, the mean. Throws InputError if `at` has another dimension than the model.
CellProgram gradient_noise_program(const Experiment& experiment, const LossModel& model, const Cell& cell);

/// α of [weighted_sum]: alpha itself, or its profile of `length` weights: uniform α_k = 1/length (a minibatch mean),
/// momentum α_k = (1 − μ)μ^k, random α_k uniform on (0, 1), fixed by the seed. Throws InputError if neither is given.
std::vector<double> weighted_sum_weights(const Experiment& experiment);

/// Draws of Σ_k α_k ĝ_k, ĝ_k independent training points' gradients at the minimizer. Covariance (Σ α_k²) Σ¹
/// (docs/theory.md, section 7). One step per weight, with weight −α_k.
CellProgram weighted_sum_program(const Experiment& experiment, const LossModel& model,
                                 const std::vector<double>& alpha);

/// Covariance of the displacement over T steps in units of Σ^B, gradients frozen at the minimizer, v stationary,
/// batches independent: the sum of the squared influences of every gradient that enters. A gradient of the window with
/// r steps from its own to the window's end has influence η (a + cγ(1 − μ^r)/(1 − μ)), one m steps before the window η
/// cγ μ^m (1 − μ^T)/(1 − μ); γ = 1 − τ, (a, c) = (0, 1), for Nesterov (1, μ). Heavy ball with τ = 0 gives the closed
/// form of docs/theory.md, section 7.
double displacement_factor(const Cell& cell, std::int64_t window);

/// (Σ_k influence)² of one gradient, per step of the window: displacement_factor / T for T → ∞.
double total_influence_factor(const Cell& cell);

/// Draws of the displacement over `window` steps of the cell's update rule with gradients frozen at the minimizer.
/// Steps before the window fill the velocity and move nothing: as many as make μ^W ≤ 2⁻²⁰, which leaves the covariance
/// short by 2⁻⁴⁰ of itself at most. Throws InputError for langevin, for reshuffle, whose batches are not independent,
/// and for more than 2²⁴ steps.
CellProgram displacement_program(const Experiment& experiment, const LossModel& model, const Cell& cell,
                                 std::int64_t window);

}  // namespace stationary

#include "host/frozen/frozen_programs.h"

#include "host/algebra/fixed_order.h"
#include "host/base/error.h"
#include "host/base/hash.h"
#include "host/plan/fixed_point_scale.h"
#include "host/plan/program_cost.h"
#include "host/plan/step_program.h"
#include "host/schedule/moment_map.h"
#include "host/schedule/relaxation.h"

#include <algorithm>
#include <cmath>

namespace stationary {
namespace {

using Index = Eigen::Index;

/// Plain SGD on the model's training points, a step of length 1.
Cell plain_step(std::int64_t batch_size, Sampling sampling) {
    Cell cell;
    cell.learning_rate = 1.0;
    cell.batch_size = batch_size;
    cell.sampling = sampling;
    return cell;
}

/// One draw of each of `draws` chains, started at δ = `initial`; `position_noise` is the covariance of the draws.
void finish_program(const Vector& initial, const Vector& mean, const Matrix& position_noise,
                    const Vector& velocity_squares, std::int64_t draws, CellProgram& program) {
    program.initial = row_major(initial);
    program.centre = row_major(mean);
    program.scale = fixed_point_scales(resolved_deviations(position_noise.diagonal()));
    program.velocity_scale = common_fixed_point_scale(velocity_squares);
    program.draws = 1;
    split_into_shards(draws, std::nullopt, program);
}

/// (1/N) Σ (ĝ_i − ḡ)(ĝ_i − ḡ)ᵀ of least squares at δ.
Matrix least_squares_noise(const LossModel& model, const Vector& delta) {
    Matrix gradients(model.features.rows(), model.dimension());
    const Vector predictions = fixed_order::multiply(model.features, delta);
    const Vector mean = fixed_order::multiply(model.hessian, delta);
    for (Index i = 0; i < gradients.rows(); ++i) {
        const double error = predictions(i) + model.residuals(i);
        for (Index j = 0; j < gradients.cols(); ++j) {
            const double ridge_part = model.ridge * (delta(j) + model.minimizer(j));
            gradients(i, j) = (model.features(i, j) * error + ridge_part) - mean(j);
        }
    }
    return fixed_order::transposed_multiply(gradients, gradients) / static_cast<double>(gradients.rows());
}

/// σ²A + A δδᵀ A + (δᵀAδ)·A.
Matrix gaussian_regression_noise(const LossModel& model, const Vector& delta) {
    const Vector pull = fixed_order::multiply(model.hessian, delta);
    double quadratic_form = 0.0;
    for (Index i = 0; i < delta.size(); ++i) quadratic_form += delta(i) * pull(i);
    Matrix noise(delta.size(), delta.size());
    for (Index i = 0; i < delta.size(); ++i)
        for (Index j = 0; j < delta.size(); ++j)
            noise(i, j) = (model.label_noise_variance + quadratic_form) * model.hessian(i, j) + pull(i) * pull(j);
    return noise;
}

Vector sum_of_squares_per_entry(const Matrix& covariance, const Vector& mean) {
    Vector squares = covariance.diagonal();
    for (Index i = 0; i < mean.size(); ++i) squares(i) += mean(i) * mean(i);
    return squares;
}

Vector point_of_gradient_noise(const Experiment& experiment, const LossModel& model) {
    const std::optional<Vector>& at = experiment.gradient_noise.at;
    if (!at) return Vector::Zero(model.dimension());
    if (at->size() != model.dimension())
        throw InputError("gradient_noise.at: expected " + std::to_string(model.dimension()) + " numbers");
    return *at - model.minimizer;
}

/// α_k of the profile "random": the top 52 bits of a hash of the seed and k, at the middles of 2⁻⁵² wide intervals.
double random_weight(std::uint64_t seed, std::int64_t k) {
    Hash hash;
    hash.text("stationary random weights 1").integer(seed).integer(static_cast<std::uint64_t>(k));
    return (static_cast<double>(hash.value() >> 12) + 0.5) * 0x1p-52;
}

double profile_weight(const WeightedSumSpec& spec, std::uint64_t seed, std::int64_t k, double power) {
    switch (spec.profile.value()) {
        case WeightProfile::uniform:
            return 1.0 / static_cast<double>(spec.length);
        case WeightProfile::momentum:
            return (1.0 - spec.momentum) * power;
        case WeightProfile::random:
            break;
    }
    return random_weight(seed, k);
}

/// Steps that fill the velocity: the first W with μ^W ≤ 2⁻²⁰, but no more than `most`.
std::int64_t warm_up_steps(const Cell& cell, std::int64_t most) {
    constexpr double negligible = 0x1p-20;
    if (cell.momentum == 0.0) return 0;
    std::int64_t steps = 0;
    for (double power = 1.0; power > negligible && steps < most; power *= cell.momentum) ++steps;
    return steps;
}

}  // namespace

std::int64_t shard_count(const CellProgram& program, std::int64_t draws) {
    return std::max(min_auto_shards, (draws + program.shard_chains - 1) / program.shard_chains);
}

Matrix gradient_noise_covariance_at(const LossModel& model, const Cell& cell, const Vector& delta) {
    const double factor = batch_noise_factor(model, cell);
    switch (model.kind) {
        case ModelKind::least_squares:
            return factor * least_squares_noise(model, delta);
        case ModelKind::gaussian_regression:
            return factor * gaussian_regression_noise(model, delta);
        case ModelKind::quadratic:
            break;
    }
    return factor * model.gradient_noise_covariance;
}

CellProgram gradient_noise_program(const Experiment& experiment, const LossModel& model, const Cell& cell) {
    const Cell step = plain_step(cell.batch_size, cell.sampling);
    const Vector initial = point_of_gradient_noise(experiment, model);
    const Vector gradient = fixed_order::multiply(model.hessian, initial);
    CellProgram program = program_of_step(experiment, model, step);
    Hash key = noise_hash(experiment, model);
    key.text("gradient noise").text(to_string(cell.sampling)).integer(static_cast<std::uint64_t>(cell.batch_size));
    for (const double value : initial) key.real(value);
    program.key = key.value();
    program.burn_in = 1;
    // A full batch has no noise. Its covariance is compared with zero at the scale of one training point's noise, so
    // that the verdict means the same in any units.
    const double factor = batch_noise_factor(model, step);
    const Matrix noise = factor > 0.0
                             ? gradient_noise_covariance_at(model, step, initial)
                             : gradient_noise_covariance_at(model, plain_step(1, Sampling::with_replacement), initial);
    finish_program(initial, initial - gradient, noise, sum_of_squares_per_entry(noise, gradient),
                   experiment.gradient_noise.draws, program);
    return program;
}

std::vector<double> weighted_sum_weights(const Experiment& experiment) {
    const WeightedSumSpec& spec = experiment.weighted_sum;
    if (!spec.alpha.empty()) return spec.alpha;
    if (!spec.profile) throw InputError(experiment.file + ": weighted_sum: no weights: give alpha or profile");
    std::vector<double> weights;
    double power = 1.0;
    for (std::int64_t k = 0; k < spec.length; ++k, power *= spec.momentum)
        weights.push_back(profile_weight(spec, experiment.ensemble.seed, k, power));
    return weights;
}

CellProgram weighted_sum_program(const Experiment& experiment, const LossModel& model,
                                 const std::vector<double>& alpha) {
    CellProgram program = program_of_step(experiment, model, plain_step(1, Sampling::with_replacement));
    Hash key = noise_hash(experiment, model);
    key.text("weighted sum").integer(alpha.size());
    double squares = 0.0;
    for (const double weight : alpha) {
        program.step_weights.push_back(-weight);
        squares += weight * weight;
        key.real(weight);
    }
    program.key = key.value();
    program.frozen = true;
    program.burn_in = static_cast<std::int64_t>(alpha.size());
    const Vector origin = Vector::Zero(model.dimension());
    const Matrix& noise = model.gradient_noise_covariance;
    finish_program(origin, origin, squares * noise, noise.diagonal(), experiment.weighted_sum.draws, program);
    return program;
}

double displacement_factor(const Cell& cell, std::int64_t window) {
    const StepWeights weights = step_weights(cell);
    const double mu = weights.momentum;
    const double carried = weights.velocity_weight * weights.gradient_weight;
    double geometric = 0.0;  // (1 − μ^r)/(1 − μ)
    double squares = 0.0;
    for (std::int64_t r = 1; r <= window; ++r) {
        geometric = 1.0 + mu * geometric;
        const double influence = weights.direct_weight + carried * geometric;
        squares += influence * influence;
    }
    const double earlier = carried * geometric * mu;
    squares += earlier * earlier / ((1.0 - mu) * (1.0 + mu));
    return weights.step_size * weights.step_size * squares;
}

double total_influence_factor(const Cell& cell) {
    const StepWeights weights = step_weights(cell);
    const double carried = weights.velocity_weight * weights.gradient_weight / (1.0 - weights.momentum);
    const double total = weights.step_size * (weights.direct_weight + carried);
    return total * total;
}

CellProgram displacement_program(const Experiment& experiment, const LossModel& model, const Cell& cell,
                                 std::int64_t window) {
    constexpr std::int64_t most_steps = std::int64_t{1} << 24;
    if (cell.dynamics != Dynamics::sgd)
        throw InputError(describe(cell) + ": the displacement over a window is that of dynamics = \"sgd\"");
    if (cell.sampling == Sampling::reshuffle)
        throw InputError(describe(cell) +
                         ": the displacement's law is that of independent batches, not of reshuffled ones");
    const std::int64_t warm_up = warm_up_steps(cell, most_steps);
    if (window > most_steps - warm_up)
        throw InputError(describe(cell) + ": window and the filling of the velocity take more than 2^24 steps");
    CellProgram program = program_of_step(experiment, model, cell);
    Hash key = noise_hash(experiment, model);
    program.key = key.text("displacement").integer(cell.key).integer(static_cast<std::uint64_t>(window)).value();
    program.frozen = true;
    program.step_weights.assign(static_cast<std::size_t>(warm_up), 0.0);
    program.step_weights.insert(program.step_weights.end(), static_cast<std::size_t>(window), program.step_size);
    program.burn_in = warm_up + window;
    const Vector origin = Vector::Zero(model.dimension());
    const Matrix noise = batch_noise_factor(model, cell) * model.gradient_noise_covariance;
    const double velocity_factor =
        program.gradient_weight * program.gradient_weight / ((1.0 - program.momentum) * (1.0 + program.momentum));
    finish_program(origin, origin, displacement_factor(cell, window) * noise, velocity_factor * noise.diagonal(),
                   experiment.weighted_sum.draws, program);
    return program;
}

}  // namespace stationary

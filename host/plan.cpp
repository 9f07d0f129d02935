#include "host/plan.h"

#include "host/error.h"
#include "host/fixed_order.h"
#include "host/moment_map.h"
#include "host/moment_powers.h"
#include "host/relaxation.h"
#include "host/schedule.h"
#include "kernels/noise_purpose.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

namespace stationary {
namespace {

using Index = Eigen::Index;

constexpr Schedule unstable_schedule{1000, 100};

void check_cell(const LossModel& model, const Cell& cell) {
    if (model.dimension() > max_dimension)
        throw InputError("the model has d = " + std::to_string(model.dimension()) +
                         " parameters; this version runs d ≤ " + std::to_string(max_dimension));
    if (cell.sampling == Sampling::reshuffle)
        throw InputError(describe(cell) + ": sampling = \"reshuffle\" is not run by this version");
    const bool draws_points = cell.dynamics == Dynamics::sgd && model.kind == ModelKind::least_squares;
    if (draws_points && cell.sampling != Sampling::with_replacement)
        throw InputError(describe(cell) + ": this version draws training points with_replacement only");
}

std::vector<double> row_major(const Matrix& a) {
    std::vector<double> values;
    values.reserve(static_cast<std::size_t>(a.size()));
    for (Index i = 0; i < a.rows(); ++i)
        for (Index j = 0; j < a.cols(); ++j) values.push_back(a(i, j));
    return values;
}

Vector start_offset(const Experiment& experiment, const LossModel& model) {
    if (!experiment.ensemble.initial) return Vector::Zero(model.dimension());
    if (experiment.ensemble.initial->size() != model.dimension())
        throw InputError("ensemble.initial: expected " + std::to_string(model.dimension()) + " numbers");
    return *experiment.ensemble.initial - model.minimizer;
}

CellProgram make_program(const Experiment& experiment, const LossModel& model, const Cell& cell) {
    CellProgram program;
    program.double_precision = experiment.run.precision == Precision::double_precision;
    program.fast_normals = experiment.run.normals == Normals::fast;
    program.dimension = static_cast<int>(model.dimension());
    program.key = cell.key;
    program.stepper = cell.dynamics == Dynamics::langevin ? Stepper::langevin : Stepper::sgd;
    program.batch_size = cell.batch_size;
    const StepWeights weights = step_weights(cell);
    program.step_size = weights.step_size;
    program.momentum = weights.momentum;
    program.gradient_weight = weights.gradient_weight;
    program.direct_weight = weights.direct_weight;
    program.velocity_weight = weights.velocity_weight;
    program.draws = experiment.ensemble.draws;
    program.centre.assign(static_cast<std::size_t>(model.dimension()), 0.0);
    return program;
}

/// H and F for the quadratic oracle, the data set for SGD on least squares.
void fill_oracle(const LossModel& model, const Cell& cell, CellProgram& program) {
    if (model.kind == ModelKind::least_squares && program.stepper == Stepper::sgd) {
        program.oracle = Oracle::least_squares;
        program.training_points = model.training_points();
        program.features = row_major(model.features);
        program.residuals = row_major(model.residuals);
        program.ridge = model.ridge;
        program.ridge_gradient = row_major(model.ridge * model.minimizer);
        return;
    }
    program.oracle = Oracle::quadratic;
    program.hessian = row_major(model.hessian);
    const Matrix factor = fixed_order::cholesky_semidefinite(model.gradient_noise_covariance);
    const double variance = program.stepper == Stepper::sgd
                                ? 1.0
                                : program.step_size * cell.learning_rate * batch_noise_factor(model, cell);
    program.noise_factor = row_major(std::sqrt(variance) * factor);
}

/// 2^(14 − ⌈log2 sd⌉), kept where (δ − centre)·scale is safe in float. A hair is taken off so that an sd that ought to
/// be a power of two gives the same scale from either side of it.
double fixed_point_scale(double deviation) {
    constexpr int resolution = 14;
    constexpr int largest_exponent = 100;
    int ceiling = 0;
    std::frexp(deviation * (1.0 - 0x1p-20), &ceiling);
    return std::ldexp(1.0, std::clamp(resolution - ceiling, -largest_exponent, largest_exponent));
}

/// Where there is no stationary law: the second moment of the start and of one step's noise.
Matrix early_second_moment(const MomentMap& map, const Vector& initial) {
    Matrix second = map.source();
    for (Index i = 0; i < initial.size(); ++i) second(i, i) = std::max(second(i, i), initial(i) * initial(i));
    return second;
}

/// Explicit counts, else the automatic ones; without a stationary law, unstable_schedule.
Schedule make_schedule(const Experiment& experiment, MomentPowers& powers, const MomentMap& map,
                       const std::optional<Matrix>& stationary, const Vector& initial) {
    const EnsembleSpec& ensemble = experiment.ensemble;
    Schedule schedule = unstable_schedule;
    if (stationary && (!ensemble.burn_in || !ensemble.stride))
        schedule = choose_schedule(powers, map, *stationary, initial, experiment.verdict.tolerance);
    schedule.burn_in = ensemble.burn_in.value_or(schedule.burn_in);
    schedule.stride = ensemble.stride.value_or(schedule.stride);
    return schedule;
}

void fill_schedule_and_scale(const Experiment& experiment, const MomentMap& map, const Vector& initial,
                             const Cell& cell, CellProgram& program) {
    const bool moves_mean = (initial.array() != 0.0).any();
    MomentPowers powers(map, moves_mean ? TrackedMoments::mean_and_second : TrackedMoments::second);
    const std::optional<Matrix> stationary = powers.stationary_second_moment();
    if (!stationary && !experiment.run.allow_unstable)
        throw InputError(describe(cell) +
                         ": no stationary covariance (the second moments grow, or relax over more than " +
                         "2^40 steps); lower the learning rate, or set run.allow_unstable = true");
    const Schedule schedule = make_schedule(experiment, powers, map, stationary, initial);
    program.burn_in = schedule.burn_in;
    program.stride = schedule.stride;
    const Matrix second = stationary ? *stationary : early_second_moment(map, initial);
    const Vector deviations = resolved_deviations(map, second, initial);
    for (Index i = 0; i < map.dimension(); ++i) program.scale.push_back(fixed_point_scale(deviations(i)));
}

/// Words of noise that one step of one chain reads.
double words_per_step(const CellProgram& program) {
    const auto batch = static_cast<double>(program.batch_size);
    if (program.oracle == Oracle::least_squares) return batch;
    return program.stepper == Stepper::langevin ? program.dimension : batch * program.dimension;
}

double steps_per_chain(const CellProgram& program) {
    return static_cast<double>(program.burn_in) +
           static_cast<double>(program.draws - 1) * static_cast<double>(program.stride);
}

void check_noise_budget(const Cell& cell, const CellProgram& program) {
    constexpr int words_per_block = 4;
    const double budget = std::ldexp(words_per_block, purpose_shift);
    if (steps_per_chain(program) * words_per_step(program) >= budget)
        throw InputError(describe(cell) +
                         ": a chain would read more than 2^58 words of noise; fewer steps or smaller batches");
}

/// Work of one step of one chain in simple operations: a word of noise about 10, made into a normal 20 more.
double operations_per_step(const CellProgram& program) {
    const double d = program.dimension;
    const double words = words_per_step(program);
    if (program.oracle == Oracle::least_squares) return words * (20.0 + 4.0 * d) + 6.0 * d;
    return words * (30.0 + d) + d * d + 6.0 * d;
}

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Shards of about a second on one core; whole groups of lanes where a shard has more than one.
void fill_shards(const EnsembleSpec& ensemble, CellPlan& plan) {
    constexpr double operations_per_shard = 5e9;
    constexpr std::int64_t lanes = 16;
    const double total =
        static_cast<double>(ensemble.chains) * steps_per_chain(plan.program) * operations_per_step(plan.program);
    const double wanted =
        std::clamp(std::ceil(total / operations_per_shard), static_cast<double>(Planner::min_auto_shards),
                   static_cast<double>(Planner::max_auto_shards));
    plan.shards = ensemble.shards.value_or(static_cast<std::int64_t>(wanted));
    std::int64_t& shard_chains = plan.program.shard_chains;
    shard_chains = ceil_divide(ensemble.chains, plan.shards);
    if (shard_chains > lanes) shard_chains = ceil_divide(shard_chains, lanes) * lanes;
    if (!ensemble.shards) plan.shards = std::max(Planner::min_auto_shards, ceil_divide(ensemble.chains, shard_chains));
}

}  // namespace

const StateNoise* Planner::state_noise(const Cell& cell) {
    if (cell.dynamics == Dynamics::langevin || model_.kind != ModelKind::least_squares) return nullptr;
    if (!state_noise_) state_noise_ = std::make_shared<const StateNoise>(model_);
    return state_noise_.get();
}

CellPlan Planner::plan(const Cell& cell) {
    check_cell(model_, cell);
    CellPlan plan;
    plan.cell = cell;
    plan.program = make_program(experiment_, model_, cell);
    fill_oracle(model_, cell, plan.program);
    const Vector initial = start_offset(experiment_, model_);
    plan.program.initial = row_major(initial);
    const MomentMap map(model_, cell, state_noise(cell));
    try {
        fill_schedule_and_scale(experiment_, map, initial, cell, plan.program);
    } catch (const std::domain_error& error) {
        throw InputError(describe(cell) + ": " + error.what() +
                         "; give burn_in and stride, or raise the learning rate");
    }
    check_noise_budget(cell, plan.program);
    fill_shards(experiment_.ensemble, plan);
    return plan;
}

CellPlan plan_cell(const Experiment& experiment, const LossModel& model, const Cell& cell) {
    return Planner(experiment, model).plan(cell);
}

}  // namespace stationary

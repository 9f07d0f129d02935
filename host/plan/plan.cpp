#include "host/plan/plan.h"

#include "host/algebra/fixed_order.h"
#include "host/base/error.h"
#include "host/laws/dissipation.h"
#include "host/plan/fixed_point_scale.h"
#include "host/plan/step_program.h"
#include "host/schedule/epoch_schedule.h"
#include "host/schedule/mode_schedule.h"
#include "host/schedule/moment_map.h"
#include "host/schedule/moment_powers.h"
#include "host/schedule/relaxation.h"
#include "host/schedule/schedule.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace stationary {
namespace {

using Index = Eigen::Index;

constexpr Schedule unstable_schedule{1000, 100};

Vector start_offset(const Experiment& experiment, const LossModel& model) {
    if (!experiment.ensemble.initial) return Vector::Zero(model.dimension());
    if (experiment.ensemble.initial->size() != model.dimension())
        throw InputError("ensemble.initial: expected " + std::to_string(model.dimension()) + " numbers");
    return *experiment.ensemble.initial - model.minimizer;
}

/// When to draw, and what the second moment of z is then; none where there is no stationary law.
struct Draws {
    Schedule schedule = unstable_schedule;
    std::optional<Matrix> second;
};

Draws draws_of_independent_batches(const Experiment& experiment, const MomentMap& map, const Vector& initial) {
    const EnsembleSpec& ensemble = experiment.ensemble;
    const bool moves_mean = (initial.array() != 0.0).any();
    MomentPowers powers(map, moves_mean ? TrackedMoments::mean_and_second : TrackedMoments::second);
    Draws draws;
    draws.second = powers.stationary_second_moment();
    if (draws.second && (!ensemble.burn_in || !ensemble.stride))
        draws.schedule = choose_schedule(powers, map, *draws.second, initial, experiment.verdict.tolerance);
    return draws;
}

void check_epochs(const Experiment& experiment, const LossModel& model, const Cell& cell) {
    if (model.training_points() == 0)
        throw InputError(describe(cell) + ": reshuffling needs a finite set of training points");
    check_epoch_counts(experiment, model, cell);
}

Draws draws_of_epochs(const Experiment& experiment, const LossModel& model, const Cell& cell, const MomentMap& map,
                      const Vector& initial) {
    check_epochs(experiment, model, cell);
    EpochSchedule epochs = choose_epoch_schedule(model, cell, map, initial, experiment.verdict.tolerance);
    if (!epochs.second) return {in_whole_epochs(model, cell, unstable_schedule), std::nullopt};
    return {epochs.schedule, std::move(epochs.second)};
}

/// Where there is no stationary law: the second moment of the start and of one step's noise.
Matrix early_second_moment(const MomentMap& map, const Vector& initial) {
    Matrix second = map.source();
    for (Index i = 0; i < initial.size(); ++i) second(i, i) = std::max(second(i, i), initial(i) * initial(i));
    return second;
}

Vector early_velocity_squares(const MomentMap& map, const Matrix& second) {
    return map.gradient_second_moment(second.topLeftCorner(map.dimension(), map.dimension())).diagonal();
}

/// The scale of v·Hδ, whose size is at most about √(E|v|² E|Hδ|²).
double pull_scale(const Vector& velocity_squares, double pull_squares) {
    double velocity = 0.0;
    for (const double square : velocity_squares) velocity += square;
    return fixed_point_scale(std::sqrt(velocity * pull_squares));
}

double pull_scale(const Matrix& hessian, const Matrix& second, const Vector& velocity_squares) {
    const Index d = hessian.rows();
    const Matrix gradient = fixed_order::congruence(hessian, second.topLeftCorner(d, d));
    double pull = 0.0;
    for (Index i = 0; i < d; ++i) pull += gradient(i, i);
    return pull_scale(velocity_squares, pull);
}

bool records_pull(const Cell& cell) {
    return cell.dynamics == Dynamics::sgd && dissipation_relation(cell).lookahead != 0.0;
}

void fill_scales(const LossModel& model, const Cell& cell, const MomentMap& map,
                 const std::optional<Matrix>& stationary, const Vector& initial, CellProgram& program) {
    const Matrix second = stationary ? *stationary : early_second_moment(map, initial);
    program.scale = fixed_point_scales(resolved_deviations(map, second, initial).head(map.dimension()));
    if (program.stepper == Stepper::langevin) return;
    const Vector velocity_squares = stationary ? map.velocity_squares(second) : early_velocity_squares(map, second);
    program.velocity_scale = common_fixed_point_scale(velocity_squares);
    if (records_pull(cell)) program.pull_scale = pull_scale(model.hessian, second, velocity_squares);
}

[[noreturn]] void refuse_without_law(const Cell& cell) {
    throw InputError(describe(cell) + ": no stationary covariance (the second moments grow, or relax over more than " +
                     "2^40 steps); lower the learning rate, or set run.allow_unstable = true");
}

void fill_schedule_and_scales(const Experiment& experiment, const LossModel& model, const Cell& cell,
                              const MomentMap& map, const Vector& initial, CellProgram& program) {
    const Draws draws = cell.sampling == Sampling::reshuffle && program.stepper == Stepper::sgd
                            ? draws_of_epochs(experiment, model, cell, map, initial)
                            : draws_of_independent_batches(experiment, map, initial);
    if (!draws.second && !experiment.run.allow_unstable) refuse_without_law(cell);
    program.burn_in = experiment.ensemble.burn_in.value_or(draws.schedule.burn_in);
    program.stride = experiment.ensemble.stride.value_or(draws.schedule.stride);
    fill_scales(model, cell, map, draws.second, initial, program);
}

void fill_schedule_and_scales_by_modes(const Experiment& experiment, const ModeModel& modes, const Cell& cell,
                                       const Vector& initial, CellProgram& program) {
    const EnsembleSpec& ensemble = experiment.ensemble;
    const bool epochs = cell.sampling == Sampling::reshuffle && program.stepper == Stepper::sgd;
    if (epochs) check_epochs(experiment, modes.model(), cell);
    const bool given = ensemble.burn_in && ensemble.stride;
    const ModePlan plan =
        plan_by_modes(modes, cell, initial, given ? std::nullopt : std::optional(experiment.verdict.tolerance));
    if (!plan.stationary && !experiment.run.allow_unstable) refuse_without_law(cell);
    Schedule schedule = plan.schedule;
    if (!plan.stationary)
        schedule = epochs ? in_whole_epochs(modes.model(), cell, unstable_schedule) : unstable_schedule;
    program.burn_in = ensemble.burn_in.value_or(schedule.burn_in);
    program.stride = ensemble.stride.value_or(schedule.stride);
    program.scale = fixed_point_scales(resolved_deviations(plan.position_variances, initial));
    if (program.stepper == Stepper::langevin) return;
    program.velocity_scale = common_fixed_point_scale(plan.velocity_squares);
    if (records_pull(cell)) program.pull_scale = pull_scale(plan.velocity_squares, plan.pull_squares);
}

}  // namespace

const ModeModel& Planner::modes() const {
    std::call_once(modes_made_, [this] { modes_ = std::make_shared<const ModeModel>(model_); });
    return *modes_;
}

const StateNoise* Planner::state_noise(const Cell& cell) const {
    if (cell.dynamics == Dynamics::langevin || !has_state_dependent_noise(model_)) return nullptr;
    std::call_once(state_noise_made_, [this] { state_noise_ = std::make_shared<const StateNoise>(model_); });
    return state_noise_.get();
}

CellProgram Planner::program(const Cell& cell) const {
    CellProgram program = program_of_step(experiment_, model_, cell);
    program.key = cell.key;
    program.draws = experiment_.ensemble.draws;
    program.centre.assign(static_cast<std::size_t>(model_.dimension()), 0.0);
    program.initial = row_major(start_offset(experiment_, model_));
    if (records_pull(cell)) program.hessian = row_major(model_.hessian);
    return program;
}

CellPlan Planner::plan(const Cell& cell) const {
    CellPlan plan{cell, program(cell), 0};
    const Vector initial = start_offset(experiment_, model_);
    try {
        if (model_.dimension() > most_whole_moments) {
            fill_schedule_and_scales_by_modes(experiment_, modes(), cell, initial, plan.program);
        } else {
            const MomentMap map(model_, cell, state_noise(cell));
            fill_schedule_and_scales(experiment_, model_, cell, map, initial, plan.program);
        }
    } catch (const std::domain_error& error) {
        throw InputError(describe(cell) + ": " + error.what() +
                         "; give burn_in and stride, or raise the learning rate");
    }
    check_noise_budget(describe(cell), plan.program);
    plan.shards = split_into_shards(experiment_.ensemble.chains, experiment_.ensemble.shards, plan.program);
    return plan;
}

CellPlan plan_cell(const Experiment& experiment, const LossModel& model, const Cell& cell) {
    return Planner(experiment, model).plan(cell);
}

}  // namespace stationary

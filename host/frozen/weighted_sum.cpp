#include "host/frozen/weighted_sum.h"

#include "host/base/error.h"
#include "host/frozen/frozen_programs.h"
#include "host/laws/displacement_law.h"

#include <algorithm>
#include <cmath>

namespace stationary {
namespace {

const char* const built_in_model = R"(
title = "built-in model: quadratic, H = [[2, 0.3], [0.3, 1]], gradient covariance [[1, 0.2], [0.2, 0.5]]"
[model]
kind = "quadratic"
hessian = [[2.0, 0.3], [0.3, 1.0]]
gradient_noise_covariance = [[1.0, 0.2], [0.2, 0.5]]
[sweep]
dynamics = ["sgd"]
eta0 = [0.01]
batch_size = [2]
momentum = [0.9]
[weighted_sum]
draws = 2000000
)";

void check_weights(const std::vector<double>& alpha) {
    const bool finite = std::all_of(alpha.begin(), alpha.end(), [](double weight) { return std::isfinite(weight); });
    const bool zero = std::all_of(alpha.begin(), alpha.end(), [](double weight) { return weight == 0.0; });
    if (!finite || zero) throw InputError("--alpha: expected finite weights, one of them not 0");
}

/// The first of the sweep's sgd cells whose batches are independent, preferably one with momentum.
std::optional<Cell> choose_window_cell(const std::vector<Cell>& cells) {
    std::optional<Cell> chosen;
    for (const Cell& cell : cells) {
        if (cell.dynamics != Dynamics::sgd || cell.sampling == Sampling::reshuffle) continue;
        if (cell.momentum > 0.0) return cell;
        if (!chosen) chosen = cell;
    }
    return chosen;
}

CellPlan planned(const Cell& cell, CellProgram program, std::int64_t draws) {
    CellPlan plan{cell, std::move(program), 0};
    plan.shards = shard_count(plan.program, draws);
    return plan;
}

/// Covariance of the displacement in units of Σ^B. Heavy ball and EMA have a closed form; Nesterov's influences are
/// summed.
double exact_factor(const Cell& cell, std::int64_t steps) {
    if (cell.update == UpdateRule::nesterov) return displacement_factor(cell, steps);
    const double rate = (1.0 - cell.dampening) * cell.learning_rate;
    return displacement_covariance(Matrix::Ones(1, 1), rate, cell.momentum, steps)(0, 0);
}

WindowRow judge_window(const LossModel& model, const Cell& cell, std::int64_t steps, NoiseMeasurement measured,
                       const Family& family) {
    const Matrix& unit = model.gradient_noise_covariance;
    const double batch_factor = minibatch_noise_factor(model, cell);
    const double exact = batch_factor * exact_factor(cell, steps);
    const double limit = batch_factor * static_cast<double>(steps) * total_influence_factor(cell);
    WindowRow row;
    row.steps = steps;
    row.measured = std::move(measured);
    row.exact = judge_claim(row.measured, exact, exact * unit, family);
    row.total_influence_limit = judge_claim(row.measured, limit, limit * unit, family);
    return row;
}

}  // namespace

Experiment load_weighted_sum(const std::string& path, const Overrides& overrides, const std::vector<double>& alpha) {
    Experiment experiment = path.empty() ? parse_experiment(built_in_model, "built-in model", ".", overrides)
                                         : load_experiment(path, overrides);
    if (alpha.empty()) return experiment;
    check_weights(alpha);
    experiment.weighted_sum.alpha = alpha;
    experiment.weighted_sum.profile.reset();
    return experiment;
}

WeightedSumPlan plan_weighted_sum(const Experiment& experiment, const LossModel& model) {
    const WeightedSumSpec& spec = experiment.weighted_sum;
    WeightedSumPlan plan;
    plan.alpha = weighted_sum_weights(experiment);
    plan.plans.push_back(planned(Cell{}, weighted_sum_program(experiment, model, plan.alpha), spec.draws));
    plan.window_cell = choose_window_cell(make_cells(experiment, model));
    if (!plan.window_cell) return plan;
    for (const std::int64_t steps : spec.window) {
        plan.plans.push_back(
            planned(*plan.window_cell, displacement_program(experiment, model, *plan.window_cell, steps), spec.draws));
    }
    return plan;
}

WeightedSumResults judge_weighted_sum(const Experiment& experiment, const LossModel& model, const WeightedSumPlan& plan,
                                      const std::vector<CellRun>& runs, const BackendInfo& backend) {
    const Matrix& point = model.gradient_noise_covariance;
    const PseudoInverse unit = pseudo_inverse(point);
    WeightedSumResults results;
    // Every run is held against two covariances.
    results.context =
        noise_context(experiment, model, backend, plan.plans, runs, 2 * static_cast<std::int64_t>(plan.plans.size()));
    results.context.point_covariance = point;
    const Family& family = results.context.family;
    results.alpha = plan.alpha;
    for (const double weight : plan.alpha) {
        results.sum_alpha += weight;
        results.sum_alpha_squared += weight * weight;
    }
    results.measured = measure_noise(plan.plans[0], runs[0], unit);
    results.squared =
        judge_claim(results.measured, results.sum_alpha_squared, results.sum_alpha_squared * point, family);
    results.as_printed = judge_claim(results.measured, results.sum_alpha, results.sum_alpha * point, family);
    results.window_cell = plan.window_cell;
    for (std::size_t i = 1; i < plan.plans.size(); ++i) {
        results.windows.push_back(judge_window(model, *plan.window_cell, experiment.weighted_sum.window[i - 1],
                                               measure_noise(plan.plans[i], runs[i], unit), family));
    }
    return results;
}

}  // namespace stationary

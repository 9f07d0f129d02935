#include "host/frozen/gradient_noise.h"

#include "host/base/error.h"
#include "host/frozen/frozen_programs.h"

#include <algorithm>

namespace stationary {
namespace {

bool same_gradient(const Cell& a, const Cell& b) { return a.sampling == b.sampling && a.batch_size == b.batch_size; }

/// One sgd cell for each batch size and sampling.
std::vector<Cell> distinct_gradients(const std::vector<Cell>& cells) {
    std::vector<Cell> distinct;
    for (const Cell& cell : cells) {
        if (cell.dynamics != Dynamics::sgd) continue;
        const bool known = std::any_of(distinct.begin(), distinct.end(),
                                       [&cell](const Cell& other) { return same_gradient(cell, other); });
        if (!known) distinct.push_back(cell);
    }
    return distinct;
}

Vector place_of(const Experiment& experiment, const LossModel& model) {
    return experiment.gradient_noise.at.value_or(model.minimizer);
}

}  // namespace

std::vector<CellPlan> plan_gradient_noise(const Experiment& experiment, const LossModel& model) {
    std::vector<CellPlan> plans;
    for (const Cell& cell : distinct_gradients(make_cells(experiment, model))) {
        CellPlan plan{cell, gradient_noise_program(experiment, model, cell), 0};
        plan.shards = shard_count(plan.program, experiment.gradient_noise.draws);
        plans.push_back(plan);
    }
    if (plans.empty())
        throw InputError(locate(experiment, "sweep.dynamics") + ": gradient-noise needs \"sgd\" in the sweep");
    return plans;
}

GradientNoiseResults judge_gradient_noise(const Experiment& experiment, const LossModel& model,
                                          const std::vector<CellPlan>& plans, const std::vector<CellRun>& runs,
                                          const BackendInfo& backend) {
    GradientNoiseResults results;
    results.context = noise_context(experiment, model, backend, plans, runs, static_cast<std::int64_t>(plans.size()));
    results.at = place_of(experiment, model);
    const Vector delta = results.at - model.minimizer;
    results.context.point_covariance = gradient_noise_covariance_at(model, Cell{}, delta);
    const PseudoInverse unit = pseudo_inverse(results.context.point_covariance);
    for (std::size_t i = 0; i < plans.size(); ++i) {
        const Cell& cell = plans[i].cell;
        GradientNoiseRow row{cell.sampling, cell.batch_size, measure_noise(plans[i], runs[i], unit), {}};
        row.prediction = judge_claim(row.measured, minibatch_noise_factor(model, cell),
                                     gradient_noise_covariance_at(model, cell, delta), results.context.family);
        results.rows.push_back(row);
    }
    return results;
}

}  // namespace stationary

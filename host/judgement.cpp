#include "host/judgement.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace stationary {
namespace {

/// Cells whose η0 agree to this share it: free learning rates reach the same η0 by different roundings.
constexpr double eta0_tolerance = 1e-12;

bool share_eta0(const Cell& a, const Cell& b) {
    return a.dynamics == b.dynamics && a.update == b.update && a.sampling == b.sampling && a.momentum == b.momentum &&
           a.dampening == b.dampening && a.time_step == b.time_step && a.epoch_position == b.epoch_position &&
           std::abs(a.eta0 - b.eta0) <= eta0_tolerance * std::abs(a.eta0);
}

/// Positions of the cells of each group of at least two, in the order of their first cell.
std::vector<std::vector<std::size_t>> invariance_groups(const std::vector<CellPlan>& plans) {
    std::vector<std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < plans.size(); ++i) {
        const auto group = std::find_if(groups.begin(), groups.end(), [&](const std::vector<std::size_t>& members) {
            return share_eta0(plans[members.front()].cell, plans[i].cell);
        });
        if (group == groups.end()) {
            groups.push_back({i});
        } else {
            group->push_back(i);
        }
    }
    std::erase_if(groups, [](const std::vector<std::size_t>& members) { return members.size() < 2; });
    return groups;
}

Family family_of(const RunRecord& record, const std::vector<std::vector<std::size_t>>& groups) {
    std::int64_t intervals = 0;
    for (const auto& laws : record.predictions) {
        intervals += static_cast<std::int64_t>(laws.size()) * intervals_per_comparison(record.model.dimension());
    }
    for (const auto& members : groups) intervals += static_cast<std::int64_t>(members.size());
    const VerdictSpec& verdict = record.experiment.verdict;
    return {verdict.tolerance, verdict.family_error_rate, std::max<std::int64_t>(1, intervals)};
}

Measurement measure(const LossModel& model, const Estimate& estimate) {
    const double dimension = static_cast<double>(model.dimension());
    const ScalarEstimate energy = trace_with(estimate, model.hessian);
    Measurement measured;
    measured.mean = model.minimizer + estimate.mean;
    measured.mean_standard_error = estimate.mean_standard_error;
    measured.covariance = estimate.covariance;
    measured.covariance_standard_error = estimate.covariance_standard_error;
    measured.effective_temperature = energy.value / dimension;
    measured.effective_temperature_standard_error = energy.standard_error / dimension;
    measured.shard_kurtosis = estimate.shard_kurtosis;
    measured.diverged_chains = estimate.diverged_chains;
    measured.saturated_draws = estimate.saturated_draws;
    measured.first_bad_step = estimate.first_bad_step;
    measured.fingerprint = estimate.fingerprint;
    return measured;
}

bool has_heavy_tails(const Cell& cell, const Stability& stability, const Estimate& estimate) {
    return stability.fourth_moment_limit <= cell.learning_rate || estimate.shard_kurtosis > heavy_tail_kurtosis;
}

PredictedLaw with_temperature(const LossModel& model, const Prediction& prediction) {
    return {prediction, effective_temperature(model, prediction.covariance)};
}

void add_cost(CellResult& result, double seconds) {
    result.seconds = seconds;
    result.steps_total = result.chains * result.plan.steps;
    result.chain_steps_per_second = seconds > 0.0 ? static_cast<double>(result.steps_total) / seconds : 0.0;
    result.component_steps_per_second = result.chain_steps_per_second * static_cast<double>(result.dimension);
}

ComparedLaw compare_law(const RunRecord& record, const CellResult& result, const Estimate* estimate,
                        const Prediction& prediction, const Family& family) {
    ComparedLaw compared{with_temperature(record.model, prediction), std::nullopt, 0.0};
    if (estimate == nullptr) return compared;
    const bool no_verdict = result.heavy_tailed || result.unreliable;
    compared.comparison = compare(*estimate, prediction, family, result.chains, no_verdict);
    const auto& interval = compared.comparison->signed_relative_error_interval;
    compared.half_width = (interval[1] - interval[0]) / 2.0;
    return compared;
}

CellResult judge_cell(const RunRecord& record, std::size_t i, const Family& family) {
    const CellRun& run = record.runs[i];
    CellResult result;
    result.cell = record.plans[i].cell;
    result.stability = record.stability[i];
    result.plan = summarize(record.plans[i]);
    result.dimension = record.model.dimension();
    result.shards_done = run.shards_done;
    result.chains = run.shards_done * result.plan.shard_chains;
    add_cost(result, run.seconds);
    const Estimate* estimate = run.estimate ? &*run.estimate : nullptr;
    if (estimate != nullptr) {
        result.measurement = measure(record.model, *estimate);
        result.heavy_tailed = has_heavy_tails(result.cell, result.stability, *estimate);
        result.unreliable = estimate->diverged_chains > 0 || estimate->saturated_draws > 0;
    }
    for (const Prediction& law : record.predictions[i]) {
        result.laws.push_back(compare_law(record, result, estimate, law, family));
    }
    return result;
}

/// η0·h_max·B·(1−μ)/(1+μ); for langevin its counterpart, the largest h·Δt.
double reach(const Cell& cell, double largest_curvature) {
    const double effective_batch = static_cast<double>(cell.batch_size) * (1.0 - cell.momentum) / (1.0 + cell.momentum);
    return cell.eta0 * largest_curvature * effective_batch * cell.time_step;
}

/// The batch size of the member that is farthest from the limit.
std::int64_t farthest_batch_size(const std::vector<InvarianceMember>& members, const Prediction& limit,
                                 const Family& family) {
    double farthest = -1.0;
    std::int64_t batch_size = members.front().batch_size;
    for (const InvarianceMember& member : members) {
        if (member.heavy_tailed) continue;
        const double error = std::abs(compare(*member.estimate, limit, family, 1, false).signed_relative_error);
        if (!(error > farthest)) continue;
        farthest = error;
        batch_size = member.batch_size;
    }
    return batch_size;
}

std::vector<InvarianceMember> members_of(const RunRecord& record, const RunResults& results,
                                         const std::vector<std::size_t>& group) {
    std::vector<InvarianceMember> members;
    for (const std::size_t i : group) {
        if (!record.runs[i].estimate) continue;
        const CellResult& result = results.cells[i];
        const Cell& cell = result.cell;
        members.push_back({cell.index, cell.learning_rate, cell.batch_size,
                           reach(cell, results.model.largest_curvature), &*record.runs[i].estimate,
                           result.heavy_tailed || result.unreliable});
    }
    return members;
}

InvarianceResult judge_group(const std::vector<InvarianceMember>& members, const Cell& cell, const LossModel& model,
                             const Family& family) {
    const Prediction limit = small_step_limit(model, cell.eta0);
    InvarianceResult result;
    result.invariance = judge_invariance(members, limit, family, 0);
    result.invariance.dynamics = cell.dynamics;
    result.invariance.update = cell.update;
    result.invariance.sampling = cell.sampling;
    result.invariance.eta0 = cell.eta0;
    result.invariance.momentum = cell.momentum;
    result.dampening = cell.dampening;
    result.time_step = cell.time_step;
    result.largest_batch_size = farthest_batch_size(members, limit, family);
    const auto& interval = result.invariance.relative_spread_interval;
    result.deviation = (interval[0] + interval[1]) / 2.0;
    result.half_width = (interval[1] - interval[0]) / 2.0;
    return result;
}

bool is_incomplete(const CellResult& cell) { return cell.shards_done < cell.plan.shards; }

RunStatus status_of(const std::vector<CellResult>& cells) {
    if (std::any_of(cells.begin(), cells.end(), is_incomplete)) return RunStatus::interrupted;
    const bool diverged =
        std::any_of(cells.begin(), cells.end(), [](const CellResult& cell) { return cell.unreliable; });
    return diverged ? RunStatus::diverged : RunStatus::complete;
}

}  // namespace

std::vector<std::vector<Prediction>> predict_cells(const LossModel& model, const std::vector<Cell>& cells) {
    std::vector<std::vector<Prediction>> predictions;
    for (const Cell& cell : cells) predictions.push_back(predict(model, cell));
    return predictions;
}

Prediction small_step_limit(const LossModel& model, double eta0) {
    // The continuous-time law of full-batch Langevin with B = 1 and η = η0 is the wanted one: HC + CH = η Σ¹.
    Cell cell;
    cell.dynamics = Dynamics::langevin;
    cell.eta0 = cell.learning_rate = eta0;
    const std::vector<Prediction> laws = predict(model, cell);
    return *std::find_if(laws.begin(), laws.end(), [](const Prediction& law) { return law.theory == Theory::sde; });
}

RunResults judge(const RunRecord& record, const BackendInfo& backend) {
    const auto groups = invariance_groups(record.plans);
    const Family family = family_of(record, groups);
    RunResults results;
    results.program = program_info();
    results.backend = backend;
    results.experiment = record.experiment;
    results.model = summarize(record.model);
    results.intervals = family.intervals;
    for (std::size_t i = 0; i < record.plans.size(); ++i) results.cells.push_back(judge_cell(record, i, family));
    for (const auto& group : groups) {
        const std::vector<InvarianceMember> members = members_of(record, results, group);
        if (members.size() < 2) continue;
        results.invariance.push_back(judge_group(members, record.plans[group.front()].cell, record.model, family));
    }
    results.status = status_of(results.cells);
    results.seconds = std::accumulate(results.cells.begin(), results.cells.end(), 0.0,
                                      [](double sum, const CellResult& cell) { return sum + cell.seconds; });
    return results;
}

PredictResults predict_only(const Experiment& experiment, const LossModel& model, const std::vector<Cell>& cells) {
    PredictResults results{program_info(), experiment, summarize(model), {}};
    for (const Cell& cell : cells) {
        PredictedCell predicted{cell, mean_square_stability(model, cell), {}};
        for (const Prediction& law : predict(model, cell)) predicted.laws.push_back(with_temperature(model, law));
        results.cells.push_back(std::move(predicted));
    }
    return results;
}

}  // namespace stationary

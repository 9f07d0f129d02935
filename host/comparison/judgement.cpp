#include "host/comparison/judgement.h"

#include "host/base/parallel_for.h"
#include "host/comparison/fluctuation_dissipation.h"
#include "host/comparison/invariance_groups.h"
#include "host/laws/dissipation.h"
#include "host/laws/model_laws.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace stationary {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Family family_of(const RunRecord& record) {
    std::vector<Cell> cells;
    for (const CellPlan& plan : record.plans) cells.push_back(plan.cell);
    std::int64_t intervals = invariance_intervals(cells, record.model.dimension());
    for (const auto& laws : record.predictions) {
        intervals += static_cast<std::int64_t>(laws.size()) * intervals_per_comparison(record.model.dimension());
    }
    const VerdictSpec& verdict = record.experiment.verdict;
    return {verdict.tolerance, verdict.family_error_rate, std::max<std::int64_t>(1, intervals)};
}

std::optional<ScalarEstimate> dissipation_ratio(const LossModel& model, const Cell& cell, const Estimate& estimate) {
    const ScalarEstimate ratio = fluctuation_dissipation_ratio(estimate, model.hessian, dissipation_relation(cell));
    return std::isnan(ratio.value) ? std::nullopt : std::optional(ratio);
}

Measurement measure(const LossModel& model, const Cell& cell, const Estimate& estimate) {
    const double dimension = static_cast<double>(model.dimension());
    const ScalarEstimate energy = trace_with(estimate, model.hessian);
    Measurement measured;
    measured.mean = model.minimizer + estimate.mean;
    measured.mean_standard_error = estimate.mean_standard_error;
    measured.covariance = estimate.covariance;
    measured.covariance_standard_error = estimate.covariance_standard_error;
    measured.effective_temperature = energy.value / dimension;
    measured.effective_temperature_standard_error = energy.standard_error / dimension;
    measured.fluctuation_dissipation_ratio = dissipation_ratio(model, cell, estimate);
    measured.shard_kurtosis = estimate.shard_kurtosis;
    measured.diverged_chains = estimate.diverged_chains;
    measured.saturated_draws = estimate.saturated_draws;
    measured.first_bad_step = estimate.first_bad_step;
    measured.fingerprint = estimate.fingerprint;
    return measured;
}

bool has_heavy_tails(const Cell& cell, const Stability& stability, const Estimate& estimate) {
    return stability.fourth_moment_limit <= cell.learning_rate ||
           estimate.shard_kurtosis > heavy_tail_threshold(estimate.mean.size());
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

/// Measured and predicted temperature of a reshuffled cell over that of the law with replacement.
ReshuffleTemperature reshuffle_temperature(const LossModel& model, const CellResult& result) {
    Cell independent = result.cell;
    independent.sampling = Sampling::with_replacement;
    independent.epoch_position = 0;
    const std::vector<Prediction> laws = predict(model, independent);
    const double reference = laws.empty() ? not_a_number : effective_temperature(model, laws.back().covariance);
    ReshuffleTemperature temperature{result.measurement->effective_temperature / reference,
                                     result.measurement->effective_temperature_standard_error / reference, not_a_number,
                                     false};
    if (result.laws.empty()) return temperature;
    const PredictedLaw& law = result.laws.back().law;
    temperature.predicted = law.effective_temperature / reference;
    temperature.exact = law.prediction.exact;
    return temperature;
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
        result.measurement = measure(record.model, result.cell, *estimate);
        result.heavy_tailed = has_heavy_tails(result.cell, result.stability, *estimate);
        result.unreliable = estimate->diverged_chains > 0 || estimate->saturated_draws > 0;
    }
    result.not_computed = theories_not_computed(record.model, result.cell);
    for (const Prediction& law : record.predictions[i]) {
        result.laws.push_back(compare_law(record, result, estimate, law, family));
    }
    if (result.measurement && result.cell.dynamics == Dynamics::sgd && result.cell.sampling == Sampling::reshuffle) {
        result.reshuffle = reshuffle_temperature(record.model, result);
    }
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
    std::vector<std::vector<Prediction>> predictions(cells.size());
    const ModelLaws laws(model);
    parallel_for(cells.size(), [&](std::size_t i) { predictions[i] = laws.predict(cells[i]); });
    return predictions;
}

RunResults judge(const RunRecord& record, const BackendInfo& backend) {
    const Family family = family_of(record);
    RunResults results;
    results.program = program_info();
    results.backend = backend;
    results.experiment = record.experiment;
    results.model = summarize(record.model);
    results.intervals = family.intervals;
    results.cells.resize(record.plans.size());
    parallel_for(record.plans.size(), [&](std::size_t i) { results.cells[i] = judge_cell(record, i, family); });
    judge_groups(record, family, results);
    results.status = status_of(results.cells);
    results.seconds = std::accumulate(results.cells.begin(), results.cells.end(), 0.0,
                                      [](double sum, const CellResult& cell) { return sum + cell.seconds; });
    return results;
}

PredictResults predict_only(const Experiment& experiment, const LossModel& model, const std::vector<Cell>& cells) {
    PredictResults results{program_info(), experiment, summarize(model), {}};
    const ModelLaws laws(model);
    for (const Cell& cell : cells) {
        PredictedCell predicted{cell, laws.stability(cell), {}, laws.not_computed(cell)};
        for (const Prediction& law : laws.predict(cell)) predicted.laws.push_back(with_temperature(model, law));
        results.cells.push_back(std::move(predicted));
    }
    return results;
}

}  // namespace stationary

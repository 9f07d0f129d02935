#include "host/frozen/frozen_results.h"

#include <algorithm>
#include <limits>

namespace stationary {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

bool is_unreliable(const Estimate& estimate) {
    return estimate.diverged_chains > 0 || estimate.saturated_draws > 0 ||
           estimate.shard_kurtosis > heavy_tail_threshold(estimate.mean.size());
}

RunStatus status_of(const std::vector<CellPlan>& plans, const std::vector<CellRun>& runs) {
    RunStatus status = RunStatus::complete;
    for (std::size_t i = 0; i < plans.size(); ++i) {
        if (runs[i].shards_done < plans[i].shards) return RunStatus::interrupted;
        const Estimate& estimate = *runs[i].estimate;
        if (estimate.diverged_chains > 0 || estimate.saturated_draws > 0) status = RunStatus::diverged;
    }
    return status;
}

ScalarEstimate factor_of(const Estimate& estimate, const PseudoInverse& unit) {
    if (unit.rank == 0) return {not_a_number, not_a_number};
    return trace_with(estimate, unit.matrix / static_cast<double>(unit.rank));
}

}  // namespace

NoiseContext noise_context(const Experiment& experiment, const LossModel& model, const BackendInfo& backend,
                           const std::vector<CellPlan>& plans, const std::vector<CellRun>& runs,
                           std::int64_t comparisons) {
    NoiseContext context;
    context.program = program_info();
    context.backend = backend;
    context.experiment = experiment;
    context.model = summarize(model);
    context.status = status_of(plans, runs);
    for (const CellRun& run : runs) context.seconds += run.seconds;
    context.family = {experiment.verdict.tolerance, experiment.verdict.family_error_rate,
                      std::max<std::int64_t>(1, comparisons * intervals_per_comparison(model.dimension()))};
    return context;
}

NoiseMeasurement measure_noise(const CellPlan& plan, const CellRun& run, const PseudoInverse& unit) {
    NoiseMeasurement measured;
    measured.key = plan.program.key;
    measured.shards = plan.shards;
    measured.shards_done = run.shards_done;
    measured.draws = run.shards_done * plan.program.shard_chains;
    measured.seconds = run.seconds;
    measured.estimate = run.estimate;
    if (!run.estimate) return measured;
    measured.factor = factor_of(*run.estimate, unit);
    measured.unreliable = is_unreliable(*run.estimate);
    return measured;
}

NoiseClaim judge_claim(const NoiseMeasurement& measured, double factor, const Matrix& covariance,
                       const Family& family) {
    NoiseClaim claim{factor, covariance, std::nullopt, 0.0};
    if (!measured.estimate) return claim;
    Prediction prediction;
    prediction.covariance = covariance;
    claim.comparison = compare(*measured.estimate, prediction, family, measured.draws, measured.unreliable);
    const auto& interval = claim.comparison->signed_relative_error_interval;
    claim.half_width = (interval[1] - interval[0]) / 2.0;
    return claim;
}

}  // namespace stationary

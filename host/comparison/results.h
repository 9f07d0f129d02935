#pragma once

#include "host/base/program_info.h"
#include "host/comparison/comparison.h"
#include "host/comparison/invariance_results.h"
#include "host/estimate/cell_run.h"
#include "host/experiment/experiment.h"
#include "host/laws/prediction.h"
#include "host/model/cell.h"
#include "host/model/loss_model.h"
#include "host/plan/plan.h"
#include "kernels/interface/backend.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stationary {

enum class RunStatus {
    complete,
    interrupted,
    diverged,
    partial  ///< the share of the shards that this process was to compute is there, and no more
};
std::string to_string(RunStatus status);

/// What reports say about the model.
struct ModelSummary {
    ModelKind kind = ModelKind::quadratic;
    std::int64_t dimension = 0;
    std::int64_t training_points = 0;  ///< 0: infinitely many
    double smallest_curvature = 0.0;   ///< extreme eigenvalues of H
    double largest_curvature = 0.0;
};
ModelSummary summarize(const LossModel& model);

/// tr(HC)/d of a covariance C [d×d].
double effective_temperature(const LossModel& model, const Matrix& covariance);

/// The scalars of a cell's plan.
struct PlanSummary {
    std::int64_t burn_in = 0;
    std::int64_t stride = 1;
    std::int64_t draws = 1;
    std::int64_t shards = 0;
    std::int64_t shard_chains = 1;
    std::int64_t chains = 0;  ///< shards · shard_chains: those asked for, rounded up to whole shards
    std::int64_t steps = 0;   ///< per chain
    std::vector<double> centre;
    std::vector<double> scale;
};
PlanSummary summarize(const CellPlan& plan);

/// A prediction, with its temperature.
struct PredictedLaw {
    Prediction prediction;
    double effective_temperature = 0.0;
};

/// A prediction and how the estimate compares.
struct ComparedLaw {
    PredictedLaw law;
    std::optional<Comparison> comparison;  ///< empty where the cell has no estimate
    double half_width = 0.0;               ///< of the interval of the signed relative error
};

/// What a cell's draws say, in Φ coordinates.
struct Measurement {
    Vector mean;                       ///< Φ* + mean δ [d]
    Vector mean_standard_error;        ///< [d]
    Matrix covariance;                 ///< [d×d]
    Matrix covariance_standard_error;  ///< [d×d]
    double effective_temperature = 0.0;
    double effective_temperature_standard_error = 0.0;
    /// See fluctuation_dissipation.h; empty where the cell has no such relation.
    std::optional<ScalarEstimate> fluctuation_dissipation_ratio;
    double shard_kurtosis = 0.0;
    std::int64_t diverged_chains = 0;
    std::int64_t saturated_draws = 0;
    std::int64_t first_bad_step = -1;
    std::uint64_t fingerprint = 0;
};

struct CellResult {
    Cell cell;
    Stability stability;
    PlanSummary plan;
    std::int64_t dimension = 0;
    std::int64_t chains = 0;  ///< in finished shards
    std::int64_t shards_done = 0;
    std::int64_t steps_total = 0;  ///< chains · steps
    double seconds = 0.0;
    double chain_steps_per_second = 0.0;
    double component_steps_per_second = 0.0;
    std::optional<Measurement> measurement;  ///< empty without a finished shard
    bool heavy_tailed = false;               ///< no fourth moment, or the shards look like it: error bars mean nothing
    bool unreliable = false;                 ///< diverged chains or saturated draws: no verdict either
    std::vector<ComparedLaw> laws;
    std::vector<Theory> not_computed;               ///< exact theories left out because they would take too long
    std::optional<ReshuffleTemperature> reshuffle;  ///< reshuffled cells with an estimate
};

/// Everything known of a finished (or interrupted) run, in the order of the cells.
struct RunRecord {
    const Experiment& experiment;
    const LossModel& model;
    const std::vector<Stability>& stability;
    const std::vector<CellPlan>& plans;
    const std::vector<std::vector<Prediction>>& predictions;
    const std::vector<CellRun>& runs;
};

/// Everything that the reports of one run print; they compute nothing.
struct RunResults {
    ProgramInfo program;
    BackendInfo backend;
    Experiment experiment;
    ModelSummary model;
    RunStatus status = RunStatus::complete;
    double seconds = 0.0;
    std::int64_t intervals = 0;  ///< that share the family error rate
    std::vector<CellResult> cells;
    std::vector<InvarianceResult> invariance;               ///< groups of one momentum each
    std::vector<InvarianceResult> invariance_over_momenta;  ///< groups of all momenta together
    std::vector<InvarianceRow> invariance_rows;             ///< the cells of both, in their order
};

/// What `predict` prints of one cell.
struct PredictedCell {
    Cell cell;
    Stability stability;
    std::vector<PredictedLaw> laws;
    std::vector<Theory> not_computed;  ///< see CellResult
};

struct PredictResults {
    ProgramInfo program;
    Experiment experiment;
    ModelSummary model;
    std::vector<PredictedCell> cells;
};

}  // namespace stationary

#pragma once

#include "host/comparison/comparison.h"
#include "host/comparison/deviation.h"
#include "host/comparison/results.h"
#include "host/estimate/cell_run.h"
#include "host/plan/plan.h"
#include "kernels/interface/backend.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace stationary {

/// What the draws of one program of gradient-noise or weighted-sum say.
struct NoiseMeasurement {
    std::uint64_t key = 0;
    std::int64_t shards = 0;
    std::int64_t shards_done = 0;
    std::int64_t draws = 0;  ///< in finished shards
    double seconds = 0.0;
    std::optional<Estimate> estimate;  ///< empty without a finished shard
    /// tr(Σ¹⁺ Ĉ)/rank Σ¹: the covariance in units of one training point's gradient noise; NaN where Σ¹ = 0.
    ScalarEstimate factor;
    /// A draw was not finite or left the range of the fixed point, or the shards look as if there were no fourth
    /// moment: no verdict.
    bool unreliable = false;
};

/// A covariance that is claimed for the draws.
struct NoiseClaim {
    double factor = 0.0;                   ///< in units of Σ¹
    Matrix covariance;                     ///< [d×d]
    std::optional<Comparison> comparison;  ///< empty without a finished shard
    double half_width = 0.0;               ///< of the interval of the signed relative error
};

/// What both commands report beside their rows.
struct NoiseContext {
    ProgramInfo program;
    BackendInfo backend;
    Experiment experiment;
    ModelSummary model;
    RunStatus status = RunStatus::complete;
    double seconds = 0.0;
    Family family;            ///< all comparisons of the command together
    Matrix point_covariance;  ///< Σ¹, where the gradients were taken [d×d]
};

/// Program, backend, experiment and model; the family of `comparisons` comparisons; status and seconds of the runs.
NoiseContext noise_context(const Experiment& experiment, const LossModel& model, const BackendInfo& backend,
                           const std::vector<CellPlan>& plans, const std::vector<CellRun>& runs,
                           std::int64_t comparisons);

/// `unit` is the pseudo-inverse of Σ¹.
NoiseMeasurement measure_noise(const CellPlan& plan, const CellRun& run, const PseudoInverse& unit);

/// Sets a measurement beside a claim of `factor` in units of Σ¹, whose covariance is given.
NoiseClaim judge_claim(const NoiseMeasurement& measured, double factor, const Matrix& covariance, const Family& family);

}  // namespace stationary

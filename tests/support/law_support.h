#pragma once

// From an experiment text to planned cells and estimates, as the program does it, for tests of laws.

#include "host/estimate/estimate.h"
#include "host/experiment/experiment.h"
#include "host/laws/prediction.h"
#include "host/model/cell.h"
#include "host/model/loss_model.h"
#include "host/plan/plan.h"
#include "kernels/interface/backend.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace stationary::test {

/// An experiment with everything that theory and kernels need of its cells.
struct PlannedExperiment {
    Experiment experiment;
    LossModel model;
    std::vector<CellPlan> plans;
};

inline PlannedExperiment plan_experiment(const std::string& text) {
    PlannedExperiment planned;
    planned.experiment = parse_experiment(text, "test.toml", std::string(STATIONARY_SOURCE_DIR) + "/examples", {});
    planned.model = build_loss_model(planned.experiment);
    for (const Cell& cell : make_cells(planned.experiment, planned.model)) {
        planned.plans.push_back(plan_cell(planned.experiment, planned.model, cell));
    }
    return planned;
}

inline std::vector<ShardMoments> run_shards(Backend& backend, const CellProgram& program, std::int64_t shards) {
    std::vector<ShardMoments> moments;
    backend.run(program, {0, shards}, [&](ShardMoments&& m) {
        moments.push_back(std::move(m));
        return true;
    });
    return moments;
}

inline Estimate estimate_of(const CellProgram& program, std::int64_t shards) {
    const auto backend = make_cpu_backend(0, best_simd_level());
    return make_estimate(run_shards(*backend, program, shards), program.centre, program.scale, 0x1p-24,
                         program.velocity_scale, program.pull_scale);
}

/// t of every entry i ≤ j of the covariance against a prediction.
inline std::vector<double> entry_t(const Estimate& estimate, const Matrix& covariance) {
    std::vector<double> t;
    for (Eigen::Index i = 0; i < covariance.rows(); ++i) {
        for (Eigen::Index j = i; j < covariance.cols(); ++j) {
            t.push_back((estimate.covariance(i, j) - covariance(i, j)) / estimate.covariance_standard_error(i, j));
        }
    }
    return t;
}

inline double largest(const std::vector<double>& t) {
    double m = 0.0;
    for (double x : t) m = std::max(m, std::abs(x));
    return m;
}

/// The exact law of a cell.
inline Prediction exact_law(const LossModel& model, const Cell& cell) { return predict(model, cell).back(); }

}  // namespace stationary::test

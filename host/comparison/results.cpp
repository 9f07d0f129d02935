#include "host/comparison/results.h"

#include "host/algebra/fixed_eigenbasis.h"

#include <Eigen/Eigenvalues>

namespace stationary {

std::string to_string(RunStatus status) {
    switch (status) {
        case RunStatus::complete:
            return "complete";
        case RunStatus::interrupted:
            return "interrupted";
        case RunStatus::diverged:
            return "diverged";
        case RunStatus::partial:
            return "partial";
    }
    return "unknown";
}

ModelSummary summarize(const LossModel& model) {
    const Vector curvatures =
        fixed_order::is_diagonal(model.hessian)
            ? Vector(model.hessian.diagonal())
            : Vector(Eigen::SelfAdjointEigenSolver<Matrix>(model.hessian, Eigen::EigenvaluesOnly).eigenvalues());
    return {model.kind, model.dimension(), model.training_points(), curvatures.minCoeff(), curvatures.maxCoeff()};
}

double effective_temperature(const LossModel& model, const Matrix& covariance) {
    return model.hessian.cwiseProduct(covariance).sum() / static_cast<double>(model.dimension());
}

PlanSummary summarize(const CellPlan& plan) {
    const CellProgram& program = plan.program;
    PlanSummary summary;
    summary.burn_in = program.burn_in;
    summary.stride = program.stride;
    summary.draws = program.draws;
    summary.shards = plan.shards;
    summary.shard_chains = program.shard_chains;
    summary.chains = plan.chains();
    summary.steps = program.steps();
    summary.centre = program.centre;
    summary.scale = program.scale;
    return summary;
}

}  // namespace stationary

#include "host/plan/step_program.h"

#include "host/algebra/fixed_order.h"
#include "host/base/error.h"
#include "host/schedule/moment_map.h"

#include <algorithm>
#include <cmath>

namespace stationary {
namespace {

using Index = Eigen::Index;

BatchSampling batch_sampling(Sampling sampling) {
    switch (sampling) {
        case Sampling::with_replacement:
            return BatchSampling::with_replacement;
        case Sampling::without_replacement:
            return BatchSampling::without_replacement;
        case Sampling::reshuffle:
            break;
    }
    return BatchSampling::reshuffle;
}

/// The training points of SGD on a finite set of them.
void fill_training_points(const LossModel& model, const Cell& cell, CellProgram& program) {
    program.training_points = model.training_points();
    program.sampling = batch_sampling(cell.sampling);
    if (model.kind == ModelKind::quadratic) {
        program.oracle = Oracle::finite_quadratic;
        program.hessian = row_major(model.hessian);
        program.gradient_residuals = row_major(model.gradient_residuals);
        return;
    }
    program.oracle = Oracle::least_squares;
    program.features = row_major(model.features);
    program.residuals = row_major(model.residuals);
    program.ridge = model.ridge;
    program.ridge_gradient = row_major(model.ridge * model.minimizer);
}

/// H and F of fresh noise: F Fᵀ = Σ¹, for langevin the noise of a step.
void fill_gaussian_noise(const LossModel& model, const Cell& cell, CellProgram& program) {
    program.oracle = Oracle::quadratic;
    program.hessian = row_major(model.hessian);
    const Matrix factor = fixed_order::cholesky_semidefinite(model.gradient_noise_covariance);
    const double variance = program.stepper == Stepper::sgd
                                ? 1.0
                                : program.step_size * cell.learning_rate * batch_noise_factor(model, cell);
    program.noise_factor = row_major(std::sqrt(variance) * factor);
}

void fill_gaussian_regression(const LossModel& model, CellProgram& program) {
    program.oracle = Oracle::gaussian_regression;
    program.hessian = row_major(model.hessian);
    program.noise_factor = row_major(fixed_order::cholesky_semidefinite(model.hessian));
    program.label_noise = std::sqrt(model.label_noise_variance);
}

}  // namespace

std::vector<double> row_major(const Matrix& a) {
    std::vector<double> values;
    values.reserve(static_cast<std::size_t>(a.size()));
    for (Index i = 0; i < a.rows(); ++i)
        for (Index j = 0; j < a.cols(); ++j) values.push_back(a(i, j));
    return values;
}

CellProgram program_of_step(const Experiment& experiment, const LossModel& model, const Cell& cell) {
    if (model.dimension() > max_dimension)
        throw InputError("the model has d = " + std::to_string(model.dimension()) +
                         " parameters; this version runs d ≤ " + std::to_string(max_dimension));
    CellProgram program;
    program.double_precision = experiment.run.precision == Precision::double_precision;
    program.fast_normals = experiment.run.normals == Normals::fast;
    program.dimension = static_cast<int>(model.dimension());
    program.stepper = cell.dynamics == Dynamics::langevin ? Stepper::langevin : Stepper::sgd;
    program.batch_size = cell.batch_size;
    const StepWeights weights = step_weights(cell);
    program.step_size = weights.step_size;
    program.momentum = weights.momentum;
    program.gradient_weight = weights.gradient_weight;
    program.direct_weight = weights.direct_weight;
    program.velocity_weight = weights.velocity_weight;
    const bool is_sgd = program.stepper == Stepper::sgd;
    if (is_sgd && model.training_points() > 0) {
        fill_training_points(model, cell, program);
    } else if (is_sgd && model.kind == ModelKind::gaussian_regression) {
        fill_gaussian_regression(model, program);
    } else {
        fill_gaussian_noise(model, cell, program);
    }
    return program;
}

}  // namespace stationary

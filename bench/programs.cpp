#include "bench/programs.h"

#include <cmath>

namespace stationary::bench {
namespace {

CellProgram common_program(int dimension) {
    CellProgram p;
    const auto d = static_cast<std::size_t>(dimension);
    p.dimension = dimension;
    p.key = 1;
    p.initial.assign(d, 0.0);
    p.centre.assign(d, 0.0);
    p.scale.assign(d, 65536.0);
    p.burn_in = 1000;
    p.stride = 100;
    p.draws = 8;
    p.shard_chains = 1024;
    return p;
}

CellProgram quadratic_program(int dimension) {
    CellProgram p = common_program(dimension);
    const auto d = static_cast<std::size_t>(dimension);
    p.step_size = 0.1;
    p.hessian.assign(d * d, 0.0);
    p.noise_factor.assign(d * d, 0.0);
    for (std::size_t i = 0; i < d; ++i) {
        p.hessian[i * d + i] = 1.0;
        if (i > 0) p.hessian[i * d + i - 1] = p.hessian[(i - 1) * d + i] = 0.2;
        for (std::size_t j = 0; j <= i; ++j) p.noise_factor[i * d + j] = 0.1 / static_cast<double>(1 + i - j);
    }
    return p;
}

/// Σ¹ and H diagonal: one product per component in place of a row's.
void make_diagonal(CellProgram& p) {
    const auto d = static_cast<std::size_t>(p.dimension);
    for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t j = 0; j < d; ++j) {
            if (i != j) p.hessian[i * d + j] = p.noise_factor[i * d + j] = 0.0;
        }
    }
}

void set_batch(CellProgram& p, std::int64_t batch_size, double momentum) {
    p.batch_size = batch_size;
    p.momentum = momentum;
}

}  // namespace

CellProgram langevin_program(int dimension) {
    CellProgram p = quadratic_program(dimension);
    p.stepper = Stepper::langevin;
    return p;
}

CellProgram diagonal_langevin_program(int dimension) {
    CellProgram p = langevin_program(dimension);
    make_diagonal(p);
    return p;
}

CellProgram quadratic_sgd_program(int dimension, std::int64_t batch_size, double momentum) {
    CellProgram p = quadratic_program(dimension);
    set_batch(p, batch_size, momentum);
    return p;
}

CellProgram least_squares_program(int dimension, int training_points, std::int64_t batch_size, double momentum,
                                  BatchSampling sampling) {
    CellProgram p = common_program(dimension);
    set_batch(p, batch_size, momentum);
    p.oracle = Oracle::least_squares;
    p.sampling = sampling;
    p.training_points = training_points;
    p.step_size = 0.01 * (1.0 - momentum);
    p.ridge = 0.1;
    p.ridge_gradient.assign(static_cast<std::size_t>(dimension), 0.0);
    for (int n = 0; n < training_points; ++n) {
        for (int i = 0; i < dimension; ++i) p.features.push_back(std::sin(0.7 * (n + 1) * (i + 1)));
        p.residuals.push_back(std::cos(1.3 * (n + 1)));
    }
    return p;
}

CellProgram finite_quadratic_program(int dimension, int training_points, std::int64_t batch_size, double momentum,
                                     BatchSampling sampling) {
    CellProgram p = quadratic_sgd_program(dimension, batch_size, momentum);
    p.oracle = Oracle::finite_quadratic;
    p.sampling = sampling;
    p.training_points = training_points;
    for (int n = 0; n < training_points; ++n) {
        for (int i = 0; i < dimension; ++i) p.gradient_residuals.push_back(std::sin(0.7 * (n + 1) * (i + 1)));
    }
    return p;
}

CellProgram gaussian_regression_program(int dimension, std::int64_t batch_size, double momentum) {
    CellProgram p = quadratic_sgd_program(dimension, batch_size, momentum);
    p.oracle = Oracle::gaussian_regression;
    p.label_noise = 1.0;
    return p;
}

CellProgram nesterov(CellProgram program, double momentum) {
    program.momentum = momentum;
    program.direct_weight = 1.0;
    program.velocity_weight = momentum;
    return program;
}

}  // namespace stationary::bench

#pragma once

#include "kernels/interface/cell_program.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

/// Small programs for the tests of chains and backends. None sits at a point where wrong code looks right
/// (docs/theory.md, section 9): H, F and the data have no symmetry to hide behind, the start, centre and residuals are
/// not zero.
namespace stationary::chain_programs {

/// What all have in common: 13 steps, 3 draws, shards that no pack of lanes divides, a resolution near that of float.
inline CellProgram base(int dimension) {
    CellProgram p;
    p.dimension = dimension;
    p.key = 0xfeedface12345678ULL;
    p.burn_in = 5;
    p.stride = 4;
    p.draws = 3;
    p.shard_chains = 37;
    for (int i = 0; i < dimension; ++i) {
        p.initial.push_back(0.3 - 0.11 * i / dimension);
        p.centre.push_back(0.05 * (i % 3) - 0.02);
        p.scale.push_back(i % 2 == 0 ? 0x1p22 : 0x1p21);
    }
    p.velocity_scale = 0x1p19;
    return p;
}

/// A non-symmetric perturbation of `diagonal`·I: nothing in the kernels may lean on the symmetry of H.
inline std::vector<double> perturbed_identity(int dimension, double diagonal, double noise, unsigned seed) {
    std::mt19937_64 generator(seed);
    std::normal_distribution<double> normal(0.0, noise / std::sqrt(dimension));
    std::vector<double> table;
    for (int i = 0; i < dimension; ++i) {
        for (int j = 0; j < dimension; ++j)
            table.push_back((i == j ? diagonal * (1.0 + 0.02 * i) : 0.0) + normal(generator));
    }
    return table;
}

/// A lower-triangular noise factor with a full column structure below the diagonal.
inline std::vector<double> lower_triangle(int dimension, double diagonal, double noise, unsigned seed) {
    std::vector<double> table = perturbed_identity(dimension, diagonal, noise, seed);
    for (int i = 0; i < dimension; ++i) {
        for (int j = i + 1; j < dimension; ++j) table[static_cast<std::size_t>(i * dimension + j)] = 0.0;
    }
    return table;
}

inline CellProgram langevin(int dimension) {
    CellProgram p = base(dimension);
    p.stepper = Stepper::langevin;
    p.step_size = 0.17;
    p.hessian = perturbed_identity(dimension, 1.3, 0.3, 1);
    p.noise_factor = lower_triangle(dimension, 0.09, 0.04, 2);
    return p;
}

/// The same model with every entry of H and F off the diagonal set to zero.
inline CellProgram diagonal(CellProgram p) {
    const auto d = static_cast<std::size_t>(p.dimension);
    for (std::size_t k = 0; k < d * d; ++k) {
        if (k / d != k % d) p.hessian[k] = p.noise_factor[k] = 0.0;
    }
    return p;
}

enum class Momentum { none, heavy_ball, dampened, nesterov };

inline void set_momentum(CellProgram& p, Momentum kind) {
    p.momentum = kind == Momentum::none ? 0.0 : 0.7;
    p.gradient_weight = kind == Momentum::dampened ? 0.3 : 1.0;
    p.direct_weight = kind == Momentum::nesterov ? 1.0 : 0.0;
    p.velocity_weight = kind == Momentum::nesterov ? 0.7 : 1.0;
    if (kind != Momentum::nesterov) return;
    p.pull_scale = 0x1p20;  // v·Hδ is recorded for Nesterov
    if (p.hessian.empty()) p.hessian = perturbed_identity(p.dimension, 1.1, 0.2, 9);
}

inline CellProgram quadratic(int dimension, std::int64_t batch_size, Momentum momentum) {
    CellProgram p = base(dimension);
    p.batch_size = batch_size;
    p.step_size = 0.13;
    p.hessian = perturbed_identity(dimension, 1.1, 0.3, 3);
    p.noise_factor = lower_triangle(dimension, 0.4, 0.2, 4);
    set_momentum(p, momentum);
    return p;
}

/// N training points of equal curvature whose gradients differ by residuals that do not add up to zero.
inline CellProgram finite_quadratic(int dimension, std::int64_t training_points, std::int64_t batch_size,
                                    Momentum momentum) {
    CellProgram p = base(dimension);
    p.oracle = Oracle::finite_quadratic;
    p.batch_size = batch_size;
    p.step_size = 0.13;
    p.hessian = perturbed_identity(dimension, 1.1, 0.3, 6);
    p.training_points = training_points;
    std::mt19937_64 generator(7);
    std::normal_distribution<double> normal(0.1, 0.8);
    for (std::int64_t i = 0; i < training_points * dimension; ++i) p.gradient_residuals.push_back(normal(generator));
    set_momentum(p, momentum);
    return p;
}

inline CellProgram gaussian_regression(int dimension, std::int64_t batch_size, Momentum momentum) {
    CellProgram p = base(dimension);
    p.oracle = Oracle::gaussian_regression;
    p.batch_size = batch_size;
    p.step_size = 0.1 / dimension;
    p.hessian = perturbed_identity(dimension, 0.7, 0.2, 8);
    p.noise_factor = lower_triangle(dimension, 0.8, 0.3, 9);
    p.label_noise = 0.6;
    set_momentum(p, momentum);
    return p;
}

inline CellProgram with_sampling(CellProgram p, BatchSampling sampling) {
    p.sampling = sampling;
    return p;
}

/// Gradients at the initial state, and steps of unequal sizes, one zero and one uphill.
inline CellProgram weighted_sum(CellProgram p) {
    p.frozen = true;
    p.step_weights.clear();
    for (std::int64_t t = 1; t <= p.steps(); ++t) {
        const auto place = static_cast<double>(t % 5);
        p.step_weights.push_back(t == 3 ? 0.0 : p.step_size * (t == 7 ? -0.6 : 0.4 + 0.3 * place));
    }
    return p;
}

inline CellProgram least_squares(int dimension, std::int64_t training_points, std::int64_t batch_size,
                                 Momentum momentum) {
    CellProgram p = base(dimension);
    p.oracle = Oracle::least_squares;
    p.batch_size = batch_size;
    p.step_size = 0.06 / dimension;
    p.training_points = training_points;
    p.ridge = 0.1;
    std::mt19937_64 generator(5);
    std::normal_distribution<double> normal;
    for (std::int64_t i = 0; i < training_points * dimension; ++i) p.features.push_back(normal(generator));
    for (std::int64_t i = 0; i < training_points; ++i) p.residuals.push_back(0.7 * normal(generator));
    for (int i = 0; i < dimension; ++i) p.ridge_gradient.push_back(0.03 * normal(generator));
    set_momentum(p, momentum);
    return p;
}

}  // namespace stationary::chain_programs

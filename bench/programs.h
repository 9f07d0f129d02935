#pragma once

#include "kernels/interface/cell_program.h"

#include <cstdint>

namespace stationary::bench {

// The workloads that the benchmarks, the instruction budgets and the peers have in common. Dense, so that no kernel can
// skip anything; well inside the stability limit; 8 draws, 100 steps apart, after 1000.

/// Langevin on a quadratic of dimension d: tridiagonal H, full lower-triangular noise factor F, step size 0.1.
CellProgram langevin_program(int dimension);

/// The same with diagonal H and F.
CellProgram diagonal_langevin_program(int dimension);

/// SGD on the same quadratic, F Fᵀ = Σ¹.
CellProgram quadratic_sgd_program(int dimension, std::int64_t batch_size, double momentum = 0.0);

/// SGD on least squares over N training points: features are plane waves, bounded and of full rank.
CellProgram least_squares_program(int dimension, int training_points, std::int64_t batch_size, double momentum = 0.0,
                                  BatchSampling sampling = BatchSampling::with_replacement);

/// SGD on the quadratic with N training points of equal curvature: residuals are plane waves.
CellProgram finite_quadratic_program(int dimension, int training_points, std::int64_t batch_size, double momentum = 0.0,
                                     BatchSampling sampling = BatchSampling::with_replacement);

/// SGD on streaming Gaussian regression: features of covariance F Fᵀ, label noise 1.
CellProgram gaussian_regression_program(int dimension, std::int64_t batch_size, double momentum = 0.0);

/// An SGD program with Nesterov's update in place of heavy ball's.
CellProgram nesterov(CellProgram program, double momentum);

}  // namespace stationary::bench

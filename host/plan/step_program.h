#pragma once

#include "host/experiment/experiment.h"
#include "host/model/cell.h"
#include "host/model/loss_model.h"
#include "kernels/interface/cell_program.h"

#include <vector>

namespace stationary {

/// The entries of a matrix row by row, as kernels read them.
std::vector<double> row_major(const Matrix& a);

/// Precision, normals, dimension, step and oracle of a cell: all of a program but what is planned from the moments
/// (start, fixed point, steps, shards) and the key.
///
/// Oracle: langevin and the quadratic with infinitely many training points H and a factor of the noise; SGD on a finite
/// set of training points that set and the sampling; Gaussian regression H = A, the Cholesky factor of A and σ.
/// Throws InputError for more than max_dimension parameters.
CellProgram program_of_step(const Experiment& experiment, const LossModel& model, const Cell& cell);

}  // namespace stationary

#pragma once

#include "bench/ceiling/port_table.h"
#include "kernels/interface/cell_program.h"

namespace stationary::bench {

/// Vector operations that one average step of one pack of chains needs, counted from the formulas of the step code for
/// the dimension d itself: padding to a compiled dimension, loop control, address arithmetic, spills and the moment
/// sums are not counted. Diagonal H and F count d products each.
///
/// langevin: d normals, Hδ, F z, two operations per component.
/// quadratic: B·d normals and their sum, F Σz, Hδ, one operation per component, the update.
/// least_squares: per training point its index, its row of d + 1 numbers, a dot product, an axpy; ridge and update.
/// finite_quadratic: per training point its index, its row of d, d additions; Hδ, one per component, the update.
/// gaussian_regression: per training point d + 1 normals, F z, a dot product, an axpy; scaling and update.
/// A row is read in quarters of four numbers and transposed in registers (kernels/lanes/pack_lanes.h), after one scalar
/// load of its index per lane.
PrimitiveCounts step_counts(const CellProgram& program, SimdLevel level);

/// Floating-point operations of the products Hδ and F z of one Langevin step of one chain: 2d² + d(d + 1), or 4d where
/// both are diagonal.
double matrix_operations(const CellProgram& program);

}  // namespace stationary::bench

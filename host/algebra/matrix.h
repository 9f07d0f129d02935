#pragma once

#include <Eigen/Core>

namespace stationary {

/// Storage of every host-side matrix and vector, in double. Arithmetic whose result a kernel reads never uses Eigen's
/// products or decompositions (their last bits depend on the machine): it uses the loops of fixed_order.h.
using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

}  // namespace stationary

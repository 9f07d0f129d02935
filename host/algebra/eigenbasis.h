#pragma once

#include "host/algebra/matrix.h"

#include <vector>

namespace stationary {

/// Small d×d algebra of the analytic laws runs in extended precision where the machine has it: at condition number κ a
/// double-precision eigensolver leaves a relative error of κ·2⁻⁵³ in the flattest modes, which dominate the covariance.
using Real = long double;
using RealMatrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
using RealVector = Eigen::Matrix<Real, Eigen::Dynamic, 1>;

/// Beyond so many parameters rounding is that of double all through: extended precision, done in software order, would
/// take minutes, and a relative error of κ·d·2⁻⁵² in the flattest modes is far below any tolerance until κ = 10⁹.
constexpr Eigen::Index most_extended_dimension = 128;

/// H = V diag(h) Vᵀ with h ascending: the coordinates in which every linear law decouples into pairs of modes.
struct Eigenbasis {
    RealVector curvature;   ///< h [d]
    RealMatrix directions;  ///< V [d×d], orthogonal, one eigenvector per column
    /// Of a diagonal H in more than 32 parameters: the coordinate that each mode is; rotations are then permutations.
    std::vector<Eigen::Index> coordinates;

    /// Vᵀ S V.
    [[nodiscard]] RealMatrix to_modes(const Matrix& symmetric) const;
    /// V S Vᵀ, rounded to double and exactly symmetric.
    [[nodiscard]] Matrix from_modes(const RealMatrix& symmetric) const;
    [[nodiscard]] double largest_curvature() const;
};

/// Diagonalises a symmetric H [d×d]. The last one of more than most_extended_dimension parameters is kept, because
/// limits, laws and invariance each ask for it. Throws std::domain_error unless H is positive definite.
Eigenbasis make_eigenbasis(const Matrix& hessian);

}  // namespace stationary

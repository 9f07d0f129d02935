#pragma once

#include "host/algebra/eigenbasis.h"
#include "host/laws/sgd_response.h"

namespace stationary {

/// Second moments of two modes of H under one linear recursion: the 2×2 blocks into which every linear law decouples.
/// A mode's state is z = (δ, u) as in SgdStep.
using Mode = Eigen::Matrix<Real, 2, 2>;
using ModeState = Eigen::Matrix<Real, 2, 1>;

/// D = M − I for one step on a mode with x = ηh: [[−a x, −w], [γ x, μ − 1]].
Mode mode_increment(const SgdStep& step, Real x);

/// The solution Z of Z = (I + A_i) Z (I + A_j)ᵀ + source, both I + A having spectral radius below 1.
/// It takes A, not I + A: the difference I − M_i ⊗ M_j would keep no digits where A is small.
Mode stationary_pair(const Mode& growth_i, const Mode& growth_j, const Mode& source);

}  // namespace stationary

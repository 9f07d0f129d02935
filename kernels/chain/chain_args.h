#pragma once

#include "kernels/interface/cell_program.h"
#include "kernels/lanes/platform.h"

#include <cstdint>

namespace stationary {

/// A CellProgram as the step code reads it: rounded to the state's precision and padded with zeros to a dimension D
/// (table_dimension). Plain data, passed to GPU kernels by value. The tables live in host or device memory.
template <class Scalar>
struct ChainArgs {
    const Scalar* hessian;             ///< H [D×D] row-major
    const Scalar* noise_factor;        ///< F [D×D] row-major, lower triangular
    const Scalar* features;            ///< X [N×D], rows row_stride apart; column D−1 holds e where residual_in_row
    const Scalar* residuals;           ///< e [N]; empty where residual_in_row
    const Scalar* gradient_residuals;  ///< r [N×D], rows row_stride apart
    const Scalar* step_weights;        ///< w_t, or null: every step has size step_size
    const Scalar* ridge_gradient;      ///< ridge·Φ* [D]
    const Scalar* initial;             ///< δ_0 [D]
    const Scalar* centre;              ///< [D]
    const Scalar* scale;               ///< [D]
    Scalar step_size;
    Scalar momentum;
    Scalar gradient_weight;
    Scalar direct_weight;
    Scalar velocity_weight;
    Scalar inverse_batch_size;
    Scalar ridge;
    Scalar label_noise;
    Scalar velocity_scale;
    Scalar pull_scale;  ///< 0: v·Hδ is not recorded
    std::int64_t batch_size;
    std::uint32_t training_points;
    BatchSampling sampling;
    bool residual_in_row;   ///< d < D: the last padding column of a row of features is its residual, read with the row
    bool diagonal_hessian;  ///< every entry of H off the diagonal is 0
    bool diagonal_noise_factor;  ///< of F too
    bool frozen;                 ///< gradients are taken at the initial state
    int dimension;               ///< d ≤ D
    std::uint64_t key;
    std::int64_t burn_in;
    std::int64_t stride;
    std::int64_t draws;
};

/// Position and velocity of one chain (or of one pack of chains): δ = Φ − Φ* and v, zero beyond the dimension. Arrays
/// of Lanes::Real, or what stands for them where they are too long for a GPU's registers (lanes.h).
template <class Lanes, int D>
struct ChainState {
    typename Lanes::template Position<D> position;
    typename Lanes::template Velocity<D> velocity;
};

}  // namespace stationary

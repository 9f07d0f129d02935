#pragma once

#include "kernels/chain/chain_args.h"
#include "kernels/interface/cell_program.h"
#include "kernels/interface/shard_moments.h"
#include "kernels/lanes/platform.h"

#include <cstdint>

namespace stationary {

/// Chains [first, last) of a cell.
struct ChainRange {
    std::int64_t first = 0;
    std::int64_t last = 0;
};

/// The work on a range of chains as a plain function: adds their draws, of a program whose tables are in `args`, to
/// moments that have their sizes. (Code compiled for a SIMD level makes and destroys no vectors:
/// the linker might take their functions from there for the whole program.)
template <class Scalar>
using ChainsFunction = void (*)(const ChainArgs<Scalar>& args, ChainRange chains, ShardMoments& moments);

/// The functions of one kind of step, compiled for one SIMD level. Each picks the compiled dimension itself, or is for
/// all dimensions beyond (wide).
struct StepFunctions {
    ChainsFunction<float> single_precision = nullptr;
    ChainsFunction<double> double_precision = nullptr;
};

#define STATIONARY_JOIN_(name, level) name##_##level
#define STATIONARY_JOIN(name, level) STATIONARY_JOIN_(name, level)
/// langevin_step → langevin_step_avx512: what a source compiled once per level exports.
#define STATIONARY_AT_LEVEL(name) STATIONARY_JOIN(name, STATIONARY_SIMD_LEVEL)

extern const StepFunctions langevin_step_generic, langevin_step_avx2, langevin_step_avx512;
extern const StepFunctions quadratic_step_generic, quadratic_step_avx2, quadratic_step_avx512;
extern const StepFunctions finite_quadratic_step_generic, finite_quadratic_step_avx2, finite_quadratic_step_avx512;
extern const StepFunctions gaussian_regression_step_generic, gaussian_regression_step_avx2,
    gaussian_regression_step_avx512;
extern const StepFunctions least_squares_step_generic, least_squares_step_avx2, least_squares_step_avx512;

extern const StepFunctions wide_langevin_step_generic, wide_langevin_step_avx2, wide_langevin_step_avx512;
extern const StepFunctions wide_quadratic_step_generic, wide_quadratic_step_avx2, wide_quadratic_step_avx512;
extern const StepFunctions wide_finite_quadratic_step_generic, wide_finite_quadratic_step_avx2,
    wide_finite_quadratic_step_avx512;
extern const StepFunctions wide_gaussian_regression_step_generic, wide_gaussian_regression_step_avx2,
    wide_gaussian_regression_step_avx512;
extern const StepFunctions wide_least_squares_step_generic, wide_least_squares_step_avx2,
    wide_least_squares_step_avx512;

}  // namespace stationary

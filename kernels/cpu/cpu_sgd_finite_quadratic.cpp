// Compiled once per SIMD level (kernels/CMakeLists.txt).
#include "kernels/cpu/cpu_shard.h"
#include "kernels/models/finite_quadratic_oracle.h"
#include "kernels/steps/sgd_stepper.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

template <class Lanes, int D>
using FiniteQuadraticSgdStepper = SgdStepper<Lanes, D, FiniteQuadraticOracle>;

}  // namespace STATIONARY_SIMD_LEVEL

extern const StepFunctions STATIONARY_AT_LEVEL(finite_quadratic_step){&run_chains<float, FiniteQuadraticSgdStepper>,
                                                                      &run_chains<double, FiniteQuadraticSgdStepper>};

}  // namespace stationary

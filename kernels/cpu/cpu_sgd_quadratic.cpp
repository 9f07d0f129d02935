// Compiled once per SIMD level (kernels/CMakeLists.txt).
#include "kernels/cpu/cpu_shard.h"
#include "kernels/models/quadratic_oracle.h"
#include "kernels/steps/sgd_stepper.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

template <class Lanes, int D>
using QuadraticSgdStepper = SgdStepper<Lanes, D, QuadraticOracle>;

}  // namespace STATIONARY_SIMD_LEVEL

extern const StepFunctions STATIONARY_AT_LEVEL(quadratic_step){&run_chains<float, QuadraticSgdStepper>,
                                                               &run_chains<double, QuadraticSgdStepper>};

}  // namespace stationary

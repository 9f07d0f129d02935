// Compiled once per SIMD level (kernels/CMakeLists.txt).
#include "kernels/cpu/cpu_shard.h"
#include "kernels/models/least_squares_oracle.h"
#include "kernels/steps/sgd_stepper.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

template <class Lanes, int D>
using LeastSquaresSgdStepper = SgdStepper<Lanes, D, LeastSquaresOracle>;

}  // namespace STATIONARY_SIMD_LEVEL

extern const StepFunctions STATIONARY_AT_LEVEL(least_squares_step){&run_chains<float, LeastSquaresSgdStepper>,
                                                                   &run_chains<double, LeastSquaresSgdStepper>};

}  // namespace stationary

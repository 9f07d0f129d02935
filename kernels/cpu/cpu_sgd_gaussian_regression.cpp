// Compiled once per SIMD level (kernels/CMakeLists.txt).
#include "kernels/cpu/cpu_shard.h"
#include "kernels/models/gaussian_regression_oracle.h"
#include "kernels/steps/sgd_stepper.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

template <class Lanes, int D>
using GaussianRegressionSgdStepper = SgdStepper<Lanes, D, GaussianRegressionOracle>;

}  // namespace STATIONARY_SIMD_LEVEL

extern const StepFunctions STATIONARY_AT_LEVEL(gaussian_regression_step){
    &run_chains<float, GaussianRegressionSgdStepper>, &run_chains<double, GaussianRegressionSgdStepper>};

}  // namespace stationary

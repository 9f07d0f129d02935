// Compiled once per SIMD level (kernels/CMakeLists.txt).
#include "kernels/cpu/cpu_wide.h"

namespace stationary {
extern const StepFunctions STATIONARY_AT_LEVEL(wide_quadratic_step){
    &run_wide_chains_of<float, WideQuadraticSgdStepper>, &run_wide_chains_of<double, WideQuadraticSgdStepper>};
extern const StepFunctions STATIONARY_AT_LEVEL(wide_finite_quadratic_step){
    &run_wide_chains_of<float, WideFiniteQuadraticSgdStepper>,
    &run_wide_chains_of<double, WideFiniteQuadraticSgdStepper>};
extern const StepFunctions STATIONARY_AT_LEVEL(wide_least_squares_step){
    &run_wide_chains_of<float, WideLeastSquaresSgdStepper>, &run_wide_chains_of<double, WideLeastSquaresSgdStepper>};
extern const StepFunctions STATIONARY_AT_LEVEL(wide_gaussian_regression_step){
    &run_wide_chains_of<float, WideGaussianRegressionSgdStepper>,
    &run_wide_chains_of<double, WideGaussianRegressionSgdStepper>};

}  // namespace stationary

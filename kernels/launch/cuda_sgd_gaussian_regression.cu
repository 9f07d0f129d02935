#include "kernels/launch/cuda_kernel.cuh"
#include "kernels/models/gaussian_regression_oracle.h"
#include "kernels/steps/sgd_stepper.h"

namespace stationary {
namespace {

template <class Lanes, int D>
using GaussianRegressionSgdStepper = SgdStepper<Lanes, D, GaussianRegressionOracle>;

}  // namespace

template <>
constexpr int normals_beside<GaussianRegressionSgdStepper> = 1;

const CudaStepFunctions cuda_gaussian_regression_step =
    cuda_step_functions<GaussianRegressionSgdStepper, Velocity::kept, Variants::padding>();

}  // namespace stationary

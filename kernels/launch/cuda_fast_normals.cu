#include "kernels/launch/cuda_kernel.cuh"
#include "kernels/models/gaussian_regression_oracle.h"
#include "kernels/models/quadratic_oracle.h"
#include "kernels/steps/langevin_stepper.h"
#include "kernels/steps/sgd_stepper.h"

namespace stationary {
namespace {

template <class Lanes, int D>
using QuadraticSgdStepper = SgdStepper<Lanes, D, QuadraticOracle>;
template <class Lanes, int D>
using GaussianRegressionSgdStepper = SgdStepper<Lanes, D, GaussianRegressionOracle>;

}  // namespace

template <>
constexpr int normals_beside<GaussianRegressionSgdStepper> = 1;

const CudaLaunchFunction<float> cuda_langevin_fast_normals =
    &launch_step<float, LangevinStepper, Velocity::none, Variants::padding, NormalMap::fast>;
const CudaLaunchFunction<float> cuda_quadratic_fast_normals =
    &launch_step<float, QuadraticSgdStepper, Velocity::kept, Variants::padding, NormalMap::fast>;
const CudaLaunchFunction<float> cuda_gaussian_regression_fast_normals =
    &launch_step<float, GaussianRegressionSgdStepper, Velocity::kept, Variants::padding, NormalMap::fast>;

}  // namespace stationary

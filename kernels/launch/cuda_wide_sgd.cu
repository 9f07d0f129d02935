#include "kernels/launch/cuda_wide_kernel.cuh"

namespace stationary {

const CudaWideFunctions cuda_wide_quadratic = cuda_wide_functions<WideQuadraticSgdStepper, NormalMap::fast>();
const CudaWideFunctions cuda_wide_gaussian_regression =
    cuda_wide_functions<WideGaussianRegressionSgdStepper, NormalMap::fast>();
// These draw no normals.
const CudaWideFunctions cuda_wide_least_squares =
    cuda_wide_functions<WideLeastSquaresSgdStepper, NormalMap::reproducible>();
const CudaWideFunctions cuda_wide_finite_quadratic =
    cuda_wide_functions<WideFiniteQuadraticSgdStepper, NormalMap::reproducible>();

}  // namespace stationary

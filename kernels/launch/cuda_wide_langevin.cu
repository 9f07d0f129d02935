#include "kernels/launch/cuda_wide_kernel.cuh"

namespace stationary {

const CudaWideFunctions cuda_wide_langevin = cuda_wide_functions<WideLangevinStepper, NormalMap::fast>();

}  // namespace stationary

#include "kernels/cuda_kernel.cuh"
#include "kernels/langevin_stepper.h"

namespace stationary {

const CudaStepFunctions cuda_langevin_step = cuda_step_functions<LangevinStepper, Velocity::none, Variants::padding>();

}  // namespace stationary

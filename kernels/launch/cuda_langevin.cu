#include "kernels/launch/cuda_kernel.cuh"
#include "kernels/steps/langevin_stepper.h"

namespace stationary {

const CudaStepFunctions cuda_langevin_step = cuda_step_functions<LangevinStepper, Velocity::none, Variants::padding>();

}  // namespace stationary

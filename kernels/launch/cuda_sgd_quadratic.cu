#include "kernels/launch/cuda_kernel.cuh"
#include "kernels/models/quadratic_oracle.h"
#include "kernels/steps/sgd_stepper.h"

namespace stationary {
namespace {

template <class Lanes, int D>
using QuadraticSgdStepper = SgdStepper<Lanes, D, QuadraticOracle>;

}  // namespace

const CudaStepFunctions cuda_quadratic_step =
    cuda_step_functions<QuadraticSgdStepper, Velocity::kept, Variants::padding>();

}  // namespace stationary

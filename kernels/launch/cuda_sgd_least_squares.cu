#include "kernels/launch/cuda_kernel.cuh"
#include "kernels/models/least_squares_oracle.h"
#include "kernels/steps/sgd_stepper.h"

namespace stationary {
namespace {

template <class Lanes, int D>
using LeastSquaresSgdStepper = SgdStepper<Lanes, D, LeastSquaresOracle>;

}  // namespace

const CudaStepFunctions cuda_least_squares_step =
    cuda_step_functions<LeastSquaresSgdStepper, Velocity::kept, Variants::table_place>();

}  // namespace stationary
